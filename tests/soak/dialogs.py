"""How the robot treats dialogs: it plays with them, and closes them one way or another."""

import random
from dataclasses import is_dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QListWidget,
    QToolButton,
    QWidget,
)
from shiboken6 import isValid

from dgn_explorer.gui.features.training.training_dialog import TrainingDialog
from dgn_explorer.gui.frame.close_dialog import CloseDialog
from dgn_explorer.gui.frame.permission_dialog import PermissionDialog

WORDS = ("", "ant", "bee", "dog eel", "fc:1", "fc:99", "conv1:2@1,1", "relu2", "éß火", "0.5", "7")
_REFUSED = (TrainingDialog, PermissionDialog, CloseDialog)  # would start something, or end it
_SUFFIXES = {"Animation": (".webp", ".gif"), "Picture or": (".png", ".pdf"), "PNG": (".png",)}


def open_dialogs() -> list[QDialog]:
    """The dialogs on the screen, newest last."""
    shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog)]
    return [dialog for dialog in shown if dialog.isVisible()]


def own_widgets(root: QWidget) -> list[QWidget]:
    """The widgets that the program's objects below ``root`` hold.

    `findChildren` would give Qt's own ones too, which nobody but Qt should use.
    """
    found: dict[int, QWidget] = {}
    waiting: list[object] = [root]
    records: set[int] = set()  # a desk, a feature, a page: they hold widgets and are none
    while waiting:
        for value in list(vars(waiting.pop()).values()):
            items = value.values() if isinstance(value, dict) else value
            for item in items if isinstance(value, list | tuple | dict) else (value,):
                if is_dataclass(item) and not isinstance(item, type) and id(item) not in records:
                    records.add(id(item))
                    waiting.append(item)
                if isinstance(item, QWidget) and isValid(item) and id(item) not in found:
                    found[id(item)] = item
                    if hasattr(item, "__dict__"):
                        waiting.append(item)
    return list(found.values())


def poke(root: QWidget, rng: random.Random, but: tuple[str, ...] = ()) -> str:
    """Use one of the visible controls below ``root``; what was used, or an empty string.

    Controls whose accessible name is in ``but`` are left alone.
    """
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QListWidget)
    found = [
        w
        for w in own_widgets(root)
        if isinstance(w, kinds)
        and w.isVisible()
        and w.isEnabled()
        and w.window() is root.window()
        and w.accessibleName() not in but
        and w.objectName() != "qt_toolbar_ext_button"
    ]
    if not found:
        return ""
    chosen = rng.choice(found)
    match chosen:
        case QAbstractButton():
            if isinstance(chosen, QToolButton) and chosen.menu() is not None:
                return ""  # a menu would wait for a choice
            chosen.click()
        case QAbstractSlider():
            chosen.setValue(rng.randint(chosen.minimum(), chosen.maximum()))
        case QComboBox():
            if chosen.count():
                row = rng.randrange(chosen.count())
                chosen.setCurrentIndex(row)
                chosen.activated.emit(row)
        case QLineEdit():
            if not chosen.isReadOnly():
                chosen.setText(rng.choice(WORDS))
                chosen.textEdited.emit(chosen.text())
                chosen.editingFinished.emit()
        case QListWidget():
            if chosen.count():
                chosen.setCurrentRow(rng.randrange(chosen.count()))
                if rng.random() < 0.3:
                    QTest.keyClick(chosen, Qt.Key.Key_Return)
    return chosen.accessibleName() or type(chosen).__name__


def deal_with(dialog: QDialog, rng: random.Random, files: Path) -> None:
    """Play with ``dialog`` or close it; files are written to and taken from ``files``."""
    if isinstance(dialog, QFileDialog):
        _choose_file(dialog, rng, files)
    elif isinstance(dialog, _REFUSED):
        dialog.reject()
    elif rng.random() < 0.6:
        poke(dialog, rng)
    elif rng.random() < 0.5:
        dialog.accept()
    else:
        dialog.reject()


def _choose_file(dialog: QFileDialog, rng: random.Random, files: Path) -> None:
    """Choose as if by name: `accept` would ask about files that are there, and wait."""
    if rng.random() < 0.3:
        dialog.reject()
        return
    kind = " ".join(dialog.nameFilters())
    if dialog.fileMode() is QFileDialog.FileMode.Directory:
        path = files
    elif dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave:
        suffixes = next(s for start, s in _SUFFIXES.items() if kind.startswith(start))
        path = files / f"saved-{rng.randrange(4)}{rng.choice(suffixes)}"
    else:
        path = rng.choice(sorted(files.glob("*.png")))
    dialog.fileSelected.emit(str(path))
    dialog.done(int(QDialog.DialogCode.Rejected))

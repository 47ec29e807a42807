"""One widget a kind of parameter, each with ``value``, `set_value`, ``edited`` and ``validity``."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QWidget,
)

from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import ElidedLabel, label
from dgn_explorer.gui.look.theme import TIGHT
from dgn_explorer.photos.files import PHOTO_SUFFIXES
from dgn_explorer.synthesis.inputs import CONCEPTS, PHOTOS
from dgn_explorer.synthesis.parameters import ParameterKind, ParameterSpec

_SETS = (PHOTOS, CONCEPTS)  # folders or zips

_WIDTH_PX = 88


class Number(NumberField):
    """A whole or real number."""

    def __init__(self, spec: ParameterSpec, value: float) -> None:
        kind = int if spec.kind is ParameterKind.INTEGER else float
        super().__init__(kind, spec.low, spec.high, value)
        self.setFixedWidth(_WIDTH_PX)


class Switch(QCheckBox):
    """On or off."""

    edited = Signal(object)
    validity = Signal(bool)

    def __init__(self, spec: ParameterSpec, value: bool) -> None:
        super().__init__()
        self.setChecked(value)
        self.clicked.connect(lambda on: self.edited.emit(on))  # PySide joins no bool to object

    @property
    def value(self) -> bool:
        """What is shown."""
        return self.isChecked()

    def set_value(self, value: bool) -> None:
        """Show another one."""
        self.setChecked(value)


class Choice(QComboBox):
    """One of a few words."""

    edited = Signal(object)
    validity = Signal(bool)

    def __init__(self, spec: ParameterSpec, value: str) -> None:
        super().__init__()
        self.addItems(list(spec.choices))
        self.setCurrentText(value)
        self.textActivated.connect(lambda text: self.edited.emit(text))

    @property
    def value(self) -> str:
        """What is shown."""
        return self.currentText()

    def set_value(self, value: str) -> None:
        """Show another one."""
        self.setCurrentText(value)


class Words(QLineEdit):
    """A text, taken over when typing has ended."""

    edited = Signal(object)
    validity = Signal(bool)

    def __init__(self, spec: ParameterSpec, value: str) -> None:
        super().__init__(value)
        self.setMaxLength(int(spec.high))
        self.editingFinished.connect(lambda: self.edited.emit(self.text()))

    @property
    def value(self) -> str:
        """What is shown."""
        return self.text()

    def set_value(self, value: str) -> None:
        """Show another one."""
        self.setText(value)


class Range(QWidget):
    """Two numbers, the lower one first."""

    edited = Signal(object)
    validity = Signal(bool)

    def __init__(self, spec: ParameterSpec, value: tuple[float, float]) -> None:
        super().__init__()
        self._ends = [NumberField(float, spec.low, spec.high, end) for end in value]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TIGHT)
        row.addWidget(self._ends[0])
        row.addWidget(label("to"))
        row.addWidget(self._ends[1])
        for end in self._ends:
            end.edited.connect(self._changed)

    @property
    def value(self) -> tuple[float, float]:
        """What is shown."""
        return self._ends[0].value, self._ends[1].value

    def set_value(self, value: tuple[float, float]) -> None:
        """Show another one."""
        for end, number in zip(self._ends, value, strict=True):
            end.set_value(number)

    def _changed(self) -> None:
        low, high = self.value
        self.validity.emit(low <= high)
        if low <= high:
            self.edited.emit((low, high))


class InputFile(QWidget):
    """A photograph or mask; ``edited`` gives the path of the file that was chosen."""

    edited = Signal(object)
    validity = Signal(bool)

    def __init__(self, spec: ParameterSpec, value: str) -> None:
        super().__init__()
        self._spec = spec
        self._shown = ElidedLabel("muted")
        self.button = QPushButton("Choose…")
        if spec.file in _SETS:
            menu = QMenu(self.button)
            menu.addAction("A folder…", self._choose_folder)
            menu.addAction("A zip…", self._choose)
            self.button.setMenu(menu)
        else:
            self.button.clicked.connect(self._choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TIGHT)
        row.addWidget(self._shown, 1)
        row.addWidget(self.button)
        self.value = value
        self.set_value(value)

    def set_value(self, value: str) -> None:
        """Show the name of what was given, or what is missing."""
        self.value = value
        self._shown.setText(value or ("needed" if self._spec.low else "none"))

    def _choose(self) -> None:
        chooser = QFileDialog(self.window(), f"Choose the {self._spec.name}")
        if self._spec.file in _SETS:
            chooser.setNameFilter("Zips (*.zip)")
        else:
            suffixes = " ".join(f"*{suffix}" for suffix in PHOTO_SUFFIXES)
            chooser.setNameFilter(f"Pictures ({suffixes})")
        self._open(chooser)

    def _choose_folder(self) -> None:
        chooser = QFileDialog(self.window(), f"Choose the {self._spec.name}")
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        self._open(chooser)

    def _open(self, chooser: QFileDialog) -> None:
        chooser.fileSelected.connect(lambda path: self.edited.emit(path))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()


Field = Number | Switch | Choice | Words | Range | InputFile
FIELDS: dict[ParameterKind, Callable[[ParameterSpec, Any], Field]] = {
    ParameterKind.INTEGER: Number,
    ParameterKind.NUMBER: Number,
    ParameterKind.SWITCH: Switch,
    ParameterKind.CHOICE: Choice,
    ParameterKind.TEXT: Words,
    ParameterKind.RANGE: Range,
    ParameterKind.INPUT: InputFile,
}

"""What both walks through the window do: keys, clicks, waiting, and a picture at every station."""

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDropEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog

from dgn_explorer.gui.features.results.grid_dialog import GridDialog
from dgn_explorer.gui.look.dragging import carry_units
from dgn_explorer.networks.address import UnitAddress
from tests.gui.conftest import Explorer

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier
PICTURES = os.environ.get("DGN_EXPLORER_WALK", "")


class Walk:
    """Does things to a window, and saves what it looks like if ``DGN_EXPLORER_WALK`` says where.

    ``name`` is the folder in it. ``patience_s`` is how long a step may take.
    """

    def __init__(self, explorer: Explorer, name: str, patience_s: float = 3) -> None:
        self.explorer, self.window = explorer, explorer.window
        self.folder = Path(PICTURES) / name if PICTURES else None
        self.stations: list[str] = []
        self._patience_s = patience_s

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true."""
        patience_ms = round(1000 * self._patience_s)
        self.explorer.qtbot.waitUntil(lambda: bool(condition()), timeout=patience_ms)

    def station(self, name: str) -> None:
        """One more station: the window with the dialogs over it."""
        self.explorer.qtbot.wait(30 if self.folder is None else 400)  # thumbnails load
        self.stations.append(name)
        picture = self.picture()
        assert picture.width() >= 1000
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            picture.save(str(self.folder / f"{len(self.stations):02d} {name}.png"))

    def picture(self) -> QPixmap:
        """What is on the screen now."""
        picture = self.window.grab()
        painter = QPainter(picture)
        for dialog in self.window.findChildren(QDialog):
            if dialog.isVisible():
                place = dialog.rect()
                place.moveCenter(self.window.rect().center())
                painter.drawPixmap(place, dialog.grab())
                painter.setPen(self.explorer.theme.colours.control_border)
                painter.drawRect(place)  # a desktop would draw a frame around it
        painter.end()
        return picture

    def press(self, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        """Press a key in the window."""
        held = PLAIN
        for modifier in modifiers:
            held |= modifier
        self.explorer.qtbot.keyClick(self.window, key, held)

    def search(self, text: str) -> None:
        """Go to the search box by key and type."""
        self.press(Qt.Key.Key_F, CTRL)
        assert QApplication.focusWidget() is self.explorer.browser.search.field
        self.explorer.qtbot.keyClicks(self.explorer.browser.search.field, text)

    def drop_unit(self, unit: UnitAddress) -> None:
        """Drag a unit into the combination."""
        data = carry_units([unit])  # the event does not keep it alive
        action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        event = QDropEvent(QPoint(9, 9).toPointF(), action, data, button, PLAIN)
        self.explorer.combine.dropEvent(event)

    def click_result(self, row: int, modifier: Qt.KeyboardModifier = PLAIN) -> None:
        """Click a picture of the gallery."""
        view = self.explorer.gallery.view
        index = self.explorer.gallery.model.index(row)
        view.scrollTo(index)
        place = view.visualRect(index).center()
        self.explorer.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)

    def back(self) -> None:
        """Wait until every dialog is gone and the window has the keys again."""
        self.until(lambda: not self.window.findChildren(QDialog))
        self.window.activateWindow()
        self.until(lambda: QApplication.activeWindow() is self.window)

    def file_chosen(self, path: Path) -> None:
        """Answer the file dialog."""
        chooser = self.window.findChild(QFileDialog)
        assert chooser is not None
        chooser.fileSelected.emit(str(path))
        chooser.close()
        self.until(path.exists)

    def export_grid(self, folder: Path) -> None:
        """Put what the gallery shows on one page, in ``folder``."""
        self.press(Qt.Key.Key_S, CTRL, SHIFT)
        dialog = self.window.findChild(GridDialog)
        assert dialog is not None
        self.explorer.qtbot.keyClicks(dialog.title, "A walk")
        self.station("export grid")
        dialog.accept()
        self.file_chosen(folder / "grid.png")
        self.back()
        if self.folder is not None:
            (self.folder / "grid.png").write_bytes((folder / "grid.png").read_bytes())

"""Saving maps as they are drawn, with their orders inside."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import file_name, free_path, save_png
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.studies.survey import Order


@dataclass(frozen=True)
class Drawn:
    """One picture (H, W, 3) uint8 on show, what it is of, and the order that makes its numbers."""

    name: str
    image: np.ndarray
    order: Order


class Saving(QObject):
    """Knows what of the lens is in sight."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._sources: list[tuple[QWidget, Callable[[], list[Drawn]]]] = []

    def add(self, widget: QWidget, drawn: Callable[[], list[Drawn]]) -> None:
        """Ask ``drawn`` while ``widget`` is in sight."""
        self._sources.append((widget, drawn))

    def on_show(self) -> list[Drawn]:
        """The maps that are in sight now."""
        return next((drawn() for widget, drawn in self._sources if widget.isVisible()), [])

    def choose(self) -> None:
        """Ask where, then save; several go beside each other under their own names."""
        shown = self.on_show()
        if not shown:
            self._desk.notify("No map is on show. Choose a question, or look at one side by side.")
            return
        several = len(shown) > 1
        stem = Path(self._desk.photo.name).stem
        name = file_name(stem, "maps" if several else shown[0].name, "", None)
        chooser = QFileDialog(self._desk.window, "Save maps" if several else "Save map", name)
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setNameFilter("PNG image (*.png)")
        chooser.setDefaultSuffix("png")
        chooser.fileSelected.connect(lambda path: self.save_to(Path(path), shown))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def save_to(self, path: Path, shown: list[Drawn]) -> None:
        """Write one to ``path``, or several beside it."""
        self._desk.flows.start(self._save(path, shown))

    async def _save(self, path: Path, shown: list[Drawn]) -> None:
        try:
            for one in shown:
                place = path
                if len(shown) > 1:
                    name = file_name(path.stem, one.name, "", None)
                    place = free_path(path.with_name(name), one.order)
                await self._desk.flows.on_disk(save_png, place, one.image, one.order)
        except DgnError as error:
            self._desk.session.problem.emit(error.message, error.hint, "")
        else:
            self._desk.notify(f"Saved {len(shown)} with their orders inside, at {path.name}.")

"""The images of one record as a list: each with its activation, to choose, sort and enlarge."""

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem

from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.theme import SMALL, TIGHT

_EDGE_PX = 104
_NumberRole = Qt.ItemDataRole.UserRole + 1


class ImageList(QListWidget):
    """Emits `opened` with the number of an image on Enter or a double-click."""

    opened = Signal(int)

    def __init__(self, edge_px: int = _EDGE_PX) -> None:
        super().__init__()
        self._edge_px = edge_px
        self.setAccessibleName("Images of this answer")
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(edge_px, edge_px))
        self.setGridSize(QSize(edge_px + 14, edge_px + 34))
        self.setViewportMargins(TIGHT, SMALL, TIGHT, SMALL)
        self.itemActivated.connect(lambda item: self.opened.emit(item.data(_NumberRole)))

    @property
    def chosen(self) -> list[int]:
        """The numbers of the images that are selected, in the order of the record."""
        return sorted(item.data(_NumberRole) for item in self.selectedItems())

    def show_images(
        self,
        images: np.ndarray | Mapping[int, np.ndarray],
        captions: Sequence[str] | Mapping[int, str],
        order: Sequence[int],
    ) -> None:
        """List ``images``, (H, W, 3) uint8 by their numbers, in this ``order``."""
        chosen = set(self.chosen)
        self.clear()
        for number in order:
            picture = to_pixmap(scaled(images[number], self._edge_px, self._edge_px))
            item = QListWidgetItem(QIcon(picture), plain(captions[number]))
            item.setData(_NumberRole, number)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            self.addItem(item)
            item.setSelected(number in chosen)

    def choose(self, numbers: Sequence[int]) -> None:
        """Select these images and bring the first of them into sight."""
        wanted = set(numbers)
        items = [self.item(row) for row in range(self.count())]
        for item in items:
            item.setSelected(item.data(_NumberRole) in wanted)
        first = next((item for item in items if item.data(_NumberRole) in wanted), None)
        if first is not None:
            self.scrollToItem(first)

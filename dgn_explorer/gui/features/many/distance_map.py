"""A map of a set: images that are alike for the network lie near each other."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.theme import SMALL, Theme

_EDGE_PX, _FEW = 40, 120  # more images than that are dots
_DOT_PX = 8


def placed(distances: np.ndarray) -> np.ndarray:
    """Places (N, 2) in [0, 1] whose distances follow ``distances`` (N, N).

    Classical multidimensional scaling (Torgerson, 1952): of each axis the sign is such that the
    first image lies on its lower side.

    >>> placed(np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]]))[:, 0].round(2).tolist()
    [0.0, 0.5, 1.0]
    """
    count = len(distances)
    if count < 2:
        return np.full((count, 2), 0.5)
    squares = distances.astype(np.float64) ** 2
    centred = squares - squares.mean(0) - squares.mean(1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    places = vectors[:, [-1, -2]] * np.sqrt(values[[-1, -2]].clip(0))
    places *= np.where(places[0] > 0, -1, 1)
    low, span = places.min(0), np.ptp(places, axis=0).max() or 1.0
    found: np.ndarray = (places - low) / span
    found += (1 - np.ptp(found, axis=0)) / 2 - found.min(0)
    return found


class DistanceMap(QWidget):
    """Shows images at their places; a click chooses the nearest one."""

    chose = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._places = np.zeros((0, 2))
        self._numbers: list[int] = []
        self._pictures: list[QPixmap] = []
        self._chosen: frozenset[int] = frozenset()
        self.setMinimumSize(180, 160)
        self.setAccessibleName("Map of the images by how alike they are")
        theme.changed.connect(self.update)

    def show_images(self, images: np.ndarray, places: np.ndarray, numbers: Sequence[int]) -> None:
        """Show ``images`` (N, H, W, 3) uint8 at ``places`` (N, 2) in [0, 1]; a click tells of their
        ``numbers``.
        """
        self._places, self._numbers = places, list(numbers)
        few = images if len(images) <= _FEW else ()
        self._pictures = [to_pixmap(scaled(image, _EDGE_PX, _EDGE_PX)) for image in few]
        self.update()

    def choose(self, numbers: Sequence[int]) -> None:
        """Frame these images."""
        self._chosen = frozenset(numbers)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw every image, the chosen ones last."""
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen_at = [number in self._chosen for number in self._numbers]
        for place in sorted(range(len(self._places)), key=chosen_at.__getitem__):
            centre, chosen = self._centre(place), chosen_at[place]
            painter.setPen(QPen(QColor(colours.accent if chosen else colours.border), 2))
            if self._pictures:
                box = QRectF(0, 0, _EDGE_PX, _EDGE_PX)
                box.moveCenter(centre)
                painter.drawPixmap(box.topLeft(), self._pictures[place])
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(box)
            else:
                painter.setBrush(QColor(colours.accent if chosen else colours.muted))
                painter.drawEllipse(centre, _DOT_PX / 2, _DOT_PX / 2)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the image that lies nearest."""
        if len(self._places):
            centres = [self._centre(place) for place in range(len(self._places))]
            away = [(event.position() - centre).manhattanLength() for centre in centres]
            self.chose.emit(self._numbers[int(np.argmin(away))])

    def _centre(self, place: int) -> QPointF:
        margin = (_EDGE_PX if self._pictures else _DOT_PX) / 2 + SMALL
        x, y = self._places[place]
        return QPointF(
            margin + x * (self.width() - 2 * margin), margin + y * (self.height() - 2 * margin)
        )

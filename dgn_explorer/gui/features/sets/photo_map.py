"""A map of photographs, coloured by the kind that each is of."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.look.theme import CAPTION_PT, MEDIUM, Theme, font
from dgn_explorer.synthesis.methods.facets.drawing import colour_of

_DOT_PX = 2.5


class PhotoMap(QWidget):
    """Dots, and the number of every kind at its middle."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._places = np.zeros((0, 2), np.float32)
        self._kinds = np.zeros(0, np.int32)
        self.setMinimumSize(180, 180)
        self.setAccessibleName("Map of the photos by how alike they are")
        theme.changed.connect(self.update)

    def show_places(self, places: np.ndarray, kinds: np.ndarray) -> None:
        """Show photographs at ``places`` (n, 2), each of one of ``kinds`` (n,)."""
        self._places, self._kinds = places, kinds
        self.setAccessibleDescription(f"{len(places)} photos of {len(set(kinds.tolist()))} kinds")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dots."""
        if not len(self._places):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot = QRectF(self.rect()).adjusted(MEDIUM, MEDIUM, -MEDIUM, -MEDIUM)
        low, span = self._places.min(0), np.ptp(self._places, axis=0).max() or 1.0
        side = min(plot.width(), plot.height())
        points = (self._places - low) / span * side + (plot.left(), plot.top())
        painter.setPen(Qt.PenStyle.NoPen)
        for (x, y), kind in zip(points.tolist(), self._kinds.tolist(), strict=True):
            painter.setBrush(QColor(*colour_of(kind)))
            painter.drawEllipse(QPointF(x, y), _DOT_PX, _DOT_PX)
        painter.setFont(font(CAPTION_PT))
        for kind in sorted(set(self._kinds.tolist())):
            x, y = np.median(points[self._kinds == kind], 0).tolist()
            box = QRectF(x - 10, y - 8, 20, 16)
            painter.setBrush(QColor(self._theme.colours.panel))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(QColor(self._theme.colours.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(kind + 1))
        painter.end()

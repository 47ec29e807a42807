"""What is left of a unit's answer as the top of its map is blurred, beside a random order."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from dgn_explorer.gui.look.theme import CAPTION_PT, MEDIUM, SMALL, Theme, font

HEIGHT = 96
_LEFT, _BOTTOM = 44, 18


class DeletionCurve(QWidget):
    """Two lines over the share of the pixels that is blurred: by the map, and at random."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shares = np.zeros(0)
        self._lines: tuple[np.ndarray, np.ndarray] = (np.zeros(0), np.zeros(0))
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Deletion curve")
        theme.changed.connect(self.update)

    def show_curve(self, shares: np.ndarray, left: np.ndarray, random: np.ndarray) -> None:
        """Show what is ``left`` (K,) at ``shares`` (K,), and what is in a ``random`` order."""
        self._shares, self._lines = shares, (left, random)
        self.setAccessibleDescription(
            f"Of {left[0]:.3g}, {left[-2]:.3g} is left with half of the map blurred,"
            f" {random[-2]:.3g} at random"
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both."""
        if not len(self._shares):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.colours
        plot = QRectF(self.rect()).adjusted(_LEFT, SMALL, -MEDIUM, -_BOTTOM)
        low = min(0.0, *(float(line.min()) for line in self._lines))
        high = max(float(line.max()) for line in self._lines) or 1.0
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawRect(plot)
        painter.setFont(font(CAPTION_PT))
        painter.setPen(QColor(colours.muted))
        right = Qt.AlignmentFlag.AlignRight
        for value, y in ((high, plot.top()), (low, plot.bottom() - 12)):
            painter.drawText(QRectF(0, y - 2, _LEFT - 4, 14), right, f"{value:.2g}")
        below = QRectF(plot.left(), plot.bottom() + 2, plot.width(), _BOTTOM)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "nothing blurred")
        painter.drawText(below, right, "all")
        for line, colour, style in zip(
            self._lines,
            (colours.accent, colours.muted),
            (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine),
            strict=True,
        ):
            # by rank of the share: the first per cents say most
            x = plot.left() + plot.width() * np.arange(len(line)) / (len(line) - 1)
            drop = plot.height() * (line - low) / (high - low or 1.0)
            points = [
                QPointF(float(a), plot.bottom() - float(b)) for a, b in zip(x, drop, strict=True)
            ]
            path = QPainterPath(points[0])
            for point in points[1:]:
                path.lineTo(point)
            painter.setPen(QPen(QColor(colour), 2, style))
            painter.drawPath(path)
        names = QRectF(plot).adjusted(0, 2, -SMALL, 0)
        painter.setPen(QColor(colours.accent))
        painter.drawText(names, right, "blurred by the map")
        painter.setPen(QColor(colours.muted))
        painter.drawText(names.translated(0, 14), right, "at random")
        painter.end()

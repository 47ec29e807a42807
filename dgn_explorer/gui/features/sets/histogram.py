"""How a unit's activations spread over photographs, and where single ones lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import CAPTION_PT, SMALL, Theme, font

_HEIGHT, _LINE = 120, 15


@dataclass(frozen=True)
class Mark:
    """One activation with what it is."""

    value: float
    name: str


class Histogram(QWidget):
    """Bars from the lowest to the highest activation, and marks with their names above."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._counts = np.zeros(0, np.int64)
        self._ends = (0.0, 1.0)
        self._marks: tuple[Mark, ...] = ()
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("How the activations of the photos spread")
        theme.changed.connect(self.update)

    def show_counts(
        self, counts: np.ndarray, low: float, high: float, marks: Sequence[Mark] = ()
    ) -> None:
        """Show ``counts`` (bins,) of equal steps from ``low`` to ``high``, and ``marks``."""
        self._counts, self._ends, self._marks = counts, (low, high), tuple(marks)
        said = "; ".join(mark.name for mark in marks)
        self.setAccessibleDescription(f"From {number_text(low)} to {number_text(high)}. {said}")
        self.update()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is marked."""
        return self._marks

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bars, axis and marks."""
        if not len(self._counts):
            return
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setFont(font(CAPTION_PT))
        head = _LINE * len(self._marks)
        plot = QRectF(self.rect()).adjusted(SMALL, head + 2, -SMALL, -_LINE)
        low, high = self._axis()
        span = (high - low) or 1.0

        def x(value: float) -> float:
            return plot.left() + plot.width() * (value - low) / span

        first, last = self._ends
        edges = np.linspace(first, last, len(self._counts) + 1)
        most = max(1.0, float(np.sqrt(self._counts.max())))
        for begin, end, count in zip(edges, edges[1:], self._counts.tolist(), strict=False):
            height = plot.height() * np.sqrt(count) / most  # so that single photographs are seen
            bar = QRectF(x(begin), plot.bottom() - height, max(1.0, x(end) - x(begin) - 1), height)
            painter.fillRect(bar, QColor(colours.control_border))
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.setPen(QColor(colours.muted))
        below = QRectF(plot.left(), plot.bottom(), plot.width(), _LINE)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, number_text(low))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, number_text(high))
        for place, mark in enumerate(self._marks):
            at, top = x(mark.value), place * _LINE
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawLine(QPointF(at, top + 2), QPointF(at, plot.bottom()))
            self._name(painter, mark.name, at, top)
        painter.end()

    def _name(self, painter: QPainter, name: str, at: float, top: float) -> None:
        """On the side of the line where there is more room."""
        painter.setPen(QColor(self._theme.colours.text))
        right = at > self.width() / 2
        box = QRectF(0, top, at - SMALL, _LINE) if right else QRectF(at + SMALL, top, 1e4, _LINE)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, name)

    def _axis(self) -> tuple[float, float]:
        values = [*self._ends, *(mark.value for mark in self._marks)]
        return min(values), max(values)

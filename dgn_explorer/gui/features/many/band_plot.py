"""The activations of a set's images, unit by unit, with the band that each was asked to lie in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import CAPTION_PT, SMALL, Theme, font

_ROW_PX, _DOT_PX, _NAME_PX = 34, 7, 120


@dataclass(frozen=True)
class Row:
    """One unit: its name, the activation of each image (N,), and its band if it has one."""

    name: str
    values: np.ndarray
    band: tuple[float, float] | None = None


class BandPlot(QWidget):
    """A line a unit; chosen images are filled, the others are rings."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: Sequence[Row] = ()
        self._chosen: frozenset[int] = frozenset()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Activations and their ranges")
        theme.changed.connect(self.update)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these units."""
        self._rows = rows
        self.setFixedHeight(_ROW_PX * len(rows) + SMALL)
        said = "; ".join(
            f"{row.name}: {number_text(float(row.values.min()))} to"
            f" {number_text(float(row.values.max()))}"
            for row in rows
            if len(row.values)
        )
        self.setAccessibleDescription(said)
        self.update()

    def choose(self, numbers: Sequence[int]) -> None:
        """Fill the dots of these images."""
        self._chosen = frozenset(numbers)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw names, bands and dots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(CAPTION_PT))
        for place, row in enumerate(self._rows):
            area = QRectF(0, place * _ROW_PX, self.width(), _ROW_PX)
            self._draw(painter, row, area)
        painter.end()

    def _draw(self, painter: QPainter, row: Row, area: QRectF) -> None:
        colours = self._theme.colours
        low, high = _axis(row)
        line = QRectF(area)
        line.setLeft(_NAME_PX)
        line.setRight(area.right() - SMALL)
        line.setBottom(area.bottom() - 14)
        span = (high - low) or 1.0

        def x(value: float) -> float:
            return line.left() + (value - low) / span * line.width()

        name = painter.fontMetrics().elidedText(
            row.name, Qt.TextElideMode.ElideMiddle, _NAME_PX - 2 * SMALL
        )
        painter.setPen(QColor(colours.text))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, line.top(), _NAME_PX, line.height()), left, name)
        middle = line.center().y()
        if row.band is not None:
            band = QRectF(x(row.band[0]), line.top() + 2, 0, line.height() - 4)
            band.setRight(max(x(row.band[1]), band.left() + 2))
            tint = QColor(colours.good)
            tint.setAlpha(48)
            painter.fillRect(band, tint)
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawLine(QPointF(line.left(), middle), QPointF(line.right(), middle))
        painter.setPen(QColor(colours.muted))
        below = QRectF(line.left(), line.bottom(), line.width(), 14)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, number_text(low))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, number_text(high))
        for number, value in enumerate(row.values.tolist()):
            chosen = number in self._chosen
            painter.setPen(QPen(QColor(colours.accent), 1.5))
            painter.setBrush(QColor(colours.accent if chosen else colours.panel))
            radius = _DOT_PX / 2 + (1.5 if chosen else 0)
            painter.drawEllipse(QPointF(x(value), middle), radius, radius)


def _axis(row: Row) -> tuple[float, float]:
    values = [*row.values.tolist(), *(row.band or ())]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin

"""The activations of a set's images, unit by unit, with the band that each was asked to lie in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import CAPTION_PT, SMALL, Theme, font
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import InRange

_ROW_PX, _DOT_PX, _NAME_PX = 34, 7, 120
_WORK_PX = 5  # a dot of what is in work


@dataclass(frozen=True)
class Row:
    """One unit: its name, the activation of each image (N,), and its band if it has one.

    ``numbers`` are those of the images, from 0 on if it is empty, and ``working`` (M,) the
    activations of images that are not there yet.
    """

    name: str
    values: np.ndarray
    band: tuple[float, float] | None = None
    numbers: Sequence[int] = ()
    working: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))


def rows_of(
    recipe: Recipe,
    network: NetworkInfo | None,
    values: np.ndarray,
    working: np.ndarray | None = None,
    numbers: Sequence[int] = (),
) -> list[Row]:
    """The rows of a chain's or a set's images with activations ``values`` (N, units).

    ``working`` (M, units) are those of images in work.
    """
    target = recipe.target
    if working is None:
        working = np.zeros((0, values.shape[1]), np.float32)
    if not isinstance(target, InRange):  # each sample of a plan has a target of its own
        return [Row("Activation", values[:, 0], None, numbers, working[:, 0])]
    bands, units = target.bands, recipe.units[: values.shape[1]]
    return [
        Row(
            (network.label(unit) if network else "") or str(unit),
            values[:, column],
            (bands[column].low, bands[column].high) if column < len(bands) else None,
            numbers,
            working[:, column],
        )
        for column, unit in enumerate(units)
    ]


class BandPlot(QWidget):
    """A line a unit; chosen images are filled, others are rings, and small dots are in work."""

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
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.muted))
        for value in row.working[np.isfinite(row.working)].tolist():
            painter.drawEllipse(QPointF(x(value), middle), _WORK_PX / 2, _WORK_PX / 2)
        numbers = row.numbers or range(len(row.values))
        for number, value in zip(numbers, row.values.tolist(), strict=True):
            chosen = number in self._chosen
            painter.setPen(QPen(QColor(colours.accent), 1.5))
            painter.setBrush(QColor(colours.accent if chosen else colours.panel))
            radius = _DOT_PX / 2 + (1.5 if chosen else 0)
            painter.drawEllipse(QPointF(x(value), middle), radius, radius)


def _axis(row: Row) -> tuple[float, float]:
    working = row.working[np.isfinite(row.working)].tolist()
    values = [*row.values.tolist(), *working, *(row.band or ())]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin

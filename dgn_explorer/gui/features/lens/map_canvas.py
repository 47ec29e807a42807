"""A sheet of all maps of a layer: zoom in, point at a map, click it, open its unit."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip

from dgn_explorer.export.heat import Look
from dgn_explorer.export.map_sheet import Sheet, map_sheet
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.theme import Theme

_CLICK_PX = 4.0  # a longer way between press and release was a drag


class MapCanvas(Canvas):
    """Shows a `Sheet`; says which map is under the mouse."""

    chosen = Signal(int)  # a map was clicked: the number of its unit
    opened = Signal(int)  # or double-clicked

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setAccessibleName("All maps of the layer")
        self.set_smooth(False)
        self.sheet: Sheet | None = None
        self._heights = np.zeros(0)
        self._down = QPointF()

    def show_maps(
        self,
        maps: np.ndarray,
        *,
        strongest: bool = False,
        scale: str,
        look: Look,
        moving: bool = False,
    ) -> None:
        """Draw ``maps`` (N, H, W), by number or the strongest first."""
        self._heights = maps.reshape(len(maps), -1).max(1)
        order = (-self._heights).argsort(kind="stable") if strongest else None
        self.sheet = map_sheet(maps, order, scale=scale, look=look)
        self.show_image(self.sheet.picture, moving)

    def unit_at(self, place: QPointF) -> int | None:
        """The unit whose map is at a place of the widget."""
        if self.sheet is None or self.image is None:
            return None
        target = self._target(self.image)
        point = (place - target.topLeft()) / self.zoom
        return self.sheet.unit_at(point.x(), point.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where."""
        self._down = event.position()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the map, unless the sheet was dragged."""
        super().mouseReleaseEvent(event)
        unit = self.unit_at(event.position())
        near = (event.position() - self._down).manhattanLength() < _CLICK_PX
        if unit is not None and near:
            self.chosen.emit(unit)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the unit; beside the maps it fits the sheet."""
        unit = self.unit_at(event.position())
        if unit is None:
            super().mouseDoubleClickEvent(event)
        else:
            self.opened.emit(unit)

    def event(self, event: QEvent) -> bool:
        """Say whose map is under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            unit = self.unit_at(QPointF(event.pos()))
            text = "" if unit is None else f"unit {unit}: highest {self._heights[unit]:.3g}"
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

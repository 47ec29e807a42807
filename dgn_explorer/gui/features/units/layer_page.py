"""The canvas of a layer: all its units side by side, at any size."""

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.units.browser import Browser
from dgn_explorer.gui.look.card_view import CardView
from dgn_explorer.gui.look.parts import panel
from dgn_explorer.gui.look.theme import LARGE, SMALL

EDGES = (32, 48, 64, 96, 128, 192)
DEFAULT_EDGE = 96


class LayerPage(QWidget):
    """The units of the browser's layer, with the browser's selection; Enter opens a unit."""

    def __init__(self, desk: Desk, browser: Browser) -> None:
        super().__init__()
        self._session, self._units = desk.session, browser.units
        self.grid = CardView(desk.theme, DEFAULT_EDGE)
        self.grid.setAccessibleName("Units of the layer")
        self.grid.setModel(browser.units)
        self.grid.setSelectionModel(browser.grid.selectionModel())
        self.grid.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.grid.setDragEnabled(True)
        self.grid.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.grid.started.connect(self._start)
        desk.context_menu(self.grid)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, 0, SMALL, SMALL)
        column.addWidget(self.grid)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)

    def resize_thumbnails(self, step: int) -> None:
        """Go to the next larger or smaller size."""
        at = EDGES.index(self.grid.edge) + step
        self.grid.set_edge(EDGES[min(max(at, 0), len(EDGES) - 1)])

    def _start(self, index: QModelIndex) -> None:
        unit = self._units.address(index)
        if unit is not None:
            self._session.visualise(unit)

"""The canvas of a layer: all its units side by side, in any order and at any size."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.units.browser import Browser
from dgn_explorer.gui.look.card_view import CardView
from dgn_explorer.gui.look.flow_layout import FlowLayout
from dgn_explorer.gui.look.parts import action_button, label, panel
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL

EDGES = (32, 48, 64, 96, 128, 192)
DEFAULT_EDGE = 96
_ORDERS = {
    "index": "By number",
    "label": "By name",
    "concept": "By concept",
    "activation": "Strongest first",
    "date": "Newest first",
    "favourite": "Favourites first",
}


class LayerPage(QWidget):
    """The units of the browser's layer, with the browser's selection; Enter opens a unit."""

    order_chosen = Signal(str)

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
        self.grid.went_on.connect(browser.step_layer)
        self.grid.ratio_known.connect(browser.units.draw_for)
        self.grid.zoomed.connect(self.resize_thumbnails)
        desk.context_menu(self.grid)
        self.order = QComboBox()
        self.order.setAccessibleName("Order of the units")
        for order, text in _ORDERS.items():
            self.order.addItem(text, order)
        self.order.activated.connect(lambda _row: self.order_chosen.emit(self.order.currentData()))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(EDGES) - 1)
        self.slider.setPageStep(1)
        self.slider.setFixedWidth(110)
        self.slider.setAccessibleName("Size of the units")
        self.slider.valueChanged.connect(lambda at: self.set_edge(EDGES[at]))
        row = FlowLayout(MEDIUM)
        row.addWidget(self.order)
        row.addWidget(label("Size", "muted"))
        row.addWidget(self.slider)
        row.addWidget(action_button(desk.table["compute_layer"]))
        self.examples = label("", "muted")
        row.addWidget(self.examples)
        library, examples = desk.session.library, desk.session.examples
        for news in (browser.units.modelReset, library.changed, library.added, examples.changed):
            news.connect(self._count_examples)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, 0, SMALL, SMALL)
        column.addLayout(row)
        column.addWidget(self.grid)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self.set_edge(DEFAULT_EDGE)

    def set_edge(self, edge: int) -> None:
        """Make thumbnails ``edge`` pixels wide, one of `EDGES`."""
        self.grid.set_edge(edge)
        self.slider.setValue(EDGES.index(edge))

    def show_order(self, order: str) -> None:
        """Say in which order the units are."""
        self.order.setCurrentIndex(max(0, self.order.findData(order)))

    def resize_thumbnails(self, step: int) -> None:
        """Go to the next larger or smaller size."""
        at = EDGES.index(self.grid.edge) + step
        self.set_edge(EDGES[min(max(at, 0), len(EDGES) - 1)])

    def _count_examples(self) -> None:
        """Say how many pictures nobody has made here."""
        count = self._units.examples
        which = "1 example" if count == 1 else f"{count:,} examples"
        self.examples.setText(f"{which}: double-click one to compute it in full")
        set_tip(self.examples, "Examples came with the program; they are not computed here")
        self.examples.setVisible(count > 0)

    def _start(self, index: QModelIndex) -> None:
        unit = self._units.address(index)
        if unit is not None:
            self._session.visualise(unit)

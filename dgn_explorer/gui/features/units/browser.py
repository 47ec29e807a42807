"""The navigator of units: the layers as a tree, and the units of the chosen one as a grid."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSplitter,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.typing_anywhere import TypingAnywhere
from dgn_explorer.gui.features.units.layer_model import LayerModel, PathRole
from dgn_explorer.gui.features.units.search_box import SearchBox
from dgn_explorer.gui.features.units.unit_model import UnitModel
from dgn_explorer.gui.look.card_view import CardView
from dgn_explorer.gui.look.parts import ElidedLabel, label, panel
from dgn_explorer.gui.look.theme import MEDIUM, SMALL, TIGHT, Theme
from dgn_explorer.gui.state.networks.search_index import Hit
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo

EDGES = (48, 64, 76, 96, 128)
DEFAULT_EDGE = 64


class Browser(QWidget):
    """Select with one click, visualise with two or with Enter."""

    layer_shown = Signal(str)
    layer_chosen = Signal()  # by the search
    unit_wanted = Signal()  # by the search, for the mix on show

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session, theme = desk.session, desk.theme
        self._session, self._selection, self._book = session, desk.selection, desk.book
        self.search = SearchBox(session, desk.notes, theme, desk.window)
        TypingAnywhere(desk.window, self.search.field)
        self.tree = self._make_tree()
        self.units = UnitModel(session, desk.notes, self)
        self.grid = self._make_grid(theme)
        self._tree_title = ElidedLabel("section")
        self._tree_title.setText("LAYERS")
        self._grid_title = ElidedLabel("section")
        self._grid_title.setText("UNITS")
        body, column = panel(margin=0, spacing=MEDIUM)
        column.setContentsMargins(MEDIUM, MEDIUM, SMALL, 0)
        self._split = self._make_split()
        self._fits = True  # the layers are as high as their rows
        self._nothing = label("The layers of the network appear here.", "muted", wrap=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._split.hide()
        column.addWidget(self._nothing, 1)
        column.addWidget(self._split, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self.search.chosen.connect(self._chosen)
        desk.book.page_changed.connect(self._turned)
        session.opened.connect(self._open)
        session.selected.connect(self._follow)

    def selected_units(self) -> list[UnitAddress]:
        """The units selected in the grid."""
        rows = self.grid.selectionModel().selectedIndexes()
        found = (self.units.address(index) for index in rows)
        return sorted(unit for unit in found if unit is not None)

    def resize_thumbnails(self, step: int) -> None:
        """Go to the next larger or smaller size."""
        at = EDGES.index(self.grid.edge) + step
        self.grid.set_edge(EDGES[min(max(at, 0), len(EDGES) - 1)])

    def _make_tree(self) -> QTreeView:
        tree = QTreeView()
        tree.setAccessibleName("Layers")
        tree.setUniformRowHeights(True)
        tree.setHeaderHidden(True)
        tree.setIndentation(14)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.expanded.connect(self._fit_tree)
        tree.collapsed.connect(self._fit_tree)
        return tree

    def _make_grid(self, theme: Theme) -> CardView:
        grid = CardView(theme, DEFAULT_EDGE)
        grid.setAccessibleName("Units")
        grid.setModel(self.units)
        grid.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        grid.setDragEnabled(True)
        grid.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        grid.selectionModel().currentChanged.connect(self._current_changed)
        grid.selectionModel().selectionChanged.connect(self._selection_changed)
        self.units.modelReset.connect(self._selection_changed)  # it clears without a word
        grid.started.connect(self._start)
        grid.zoomed.connect(self.resize_thumbnails)
        grid.went_on.connect(self.step_layer)
        grid.ratio_known.connect(self.units.draw_for)
        return grid

    def _make_split(self) -> QSplitter:
        self._parts: list[QWidget] = []
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.splitterMoved.connect(self._keep_split)
        for title, view, stretch in (
            (self._tree_title, self.tree, 0),
            (self._grid_title, self.grid, 1),
        ):
            part = QWidget()
            column = QVBoxLayout(part)
            column.setContentsMargins(0, TIGHT, 0, TIGHT)
            column.setSpacing(TIGHT)
            column.addWidget(title)
            column.addWidget(view, 1)
            split.addWidget(part)
            self._parts.append(part)
            split.setStretchFactor(split.count() - 1, stretch)
        return split

    def _turned(self) -> None:
        """The page of a layer shows its units itself."""
        self._parts[1].setVisible(self._book.page is not PageName.LAYER)

    def _keep_split(self) -> None:
        self._fits = False

    def _fit_tree(self) -> None:
        """Give the layers the height of their rows, at most half, until the user decides."""
        rows, index = 1, self.tree.model().index(0, 0)
        while (index := self.tree.indexBelow(index)).isValid():
            rows += 1
        if self._fits:
            height = self._split.height()
            rest = self._tree_title.sizeHint().height() + 4 * TIGHT
            wanted = rows * self.tree.sizeHintForRow(0) + rest + MEDIUM
            self._split.setSizes([min(wanted, height // 2), max(height - wanted, height // 2)])

    def _open(self, network: NetworkInfo, _prior: object) -> None:
        self._nothing.hide()
        self._split.show()
        self._tree_title.setText(f"{network.title.upper()} · {len(network.layers)} LAYERS")
        model = LayerModel(network)
        model.setParent(self.tree)
        self.tree.setModel(model)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, 100)
        self.tree.selectionModel().currentChanged.connect(self._layer_changed)
        self._go_to_layer(network.output_layer)
        self._fit_tree()
        self.search.open_network(network)  # last, because it may choose a unit at once
        self.search.field.setFocus()

    def step_layer(self, step: int) -> None:
        """Go to the next layer or the one before, as the network runs, and to its nearest unit."""
        network, layer = self._session.network, self.units.layer
        if network is None or layer is None:
            return
        paths = [one.path for one in network.layers]
        at = paths.index(layer.path) + step
        if 0 <= at < len(paths):
            self._go_to_layer(paths[at])
            row = 0 if step > 0 else self.units.rowCount() - 1
            self.grid.setCurrentIndex(self.units.index(row))

    def _go_to_layer(self, path: str) -> None:
        model = self.tree.model()
        item = model.item_of(path) if isinstance(model, LayerModel) else None
        if item is not None:
            self.tree.setCurrentIndex(item.index())
            self.tree.scrollTo(item.index())

    def _layer_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        path = current.siblingAtColumn(0).data(PathRole)
        network = self._session.network
        if path is None or network is None:
            return
        layer = network.layer(path)
        self.units.show_layer(layer)
        self._grid_title.setText(f"{path}  ·  {layer.channels:,} UNITS")
        self.layer_shown.emit(path)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        unit = self.units.address(current)
        if unit is None:
            return
        if self._book.page is PageName.UNIT:
            self._session.look_at(unit)
        else:  # the subject of the page on show is another, and stays
            self._session.select(unit)

    def _selection_changed(self) -> None:
        self._selection.select_units(tuple(self.selected_units()))

    def _start(self, index: QModelIndex) -> None:
        unit = self.units.address(index)
        if unit is not None:
            self._session.visualise(unit)

    def _chosen(self, hit: Hit) -> None:
        self._go_to_layer(hit.layer)
        if hit.unit is None:
            self._book.show_page(PageName.LAYER, self._book.first_view(PageName.LAYER))
            self.layer_chosen.emit()
        elif self._book.page is PageName.MIX:
            self._session.select(hit.unit)
            self.unit_wanted.emit()
        else:
            self._session.visualise(hit.unit)

    def _follow(self, unit: UnitAddress) -> None:
        """Show the selected unit, wherever the selection came from."""
        layer = self.units.layer
        if layer is None or layer.path != unit.layer:
            self._go_to_layer(unit.layer)
        index = self.units.index(self.units.row_of(unit))
        if index != self.grid.currentIndex():
            self.grid.setCurrentIndex(index)
            self.grid.scrollTo(index)

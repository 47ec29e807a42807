"""All stored results over the whole middle, with filters and an order."""

from dataclasses import replace

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.results.results_model import ResultModel, selected_keys
from dgn_explorer.gui.look.card_view import CardView
from dgn_explorer.gui.look.flow_layout import FlowLayout
from dgn_explorer.gui.look.parts import label, panel
from dgn_explorer.gui.look.plain import network_text, plain
from dgn_explorer.gui.look.theme import LARGE, SMALL
from dgn_explorer.results.filters import ORDERS, ResultFilter, layers_of
from dgn_explorer.results.summary import Summary

EDGE = 128
_COMBO_PX = 119  # the longest of the usual words
_STATES = (("done", "Finished"), ("stopped", "Stopped"), ("", "Any state"))
_ORDERS = {
    "date": "Newest first",
    "activation": "Strongest first",
    "index": "By unit",
    "favourite": "Favourites first",
}


class Gallery(QWidget):
    """Enter or a double-click shows a result; several can be selected for the commands below."""

    selection_changed = Signal()
    counted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session, notes, theme = desk.session, desk.notes, desk.theme
        self._session = session
        self.model = ResultModel(session.library, notes, self)
        self.model.set_filter(ResultFilter(state=_STATES[0][0]))  # stopped ones on request
        self.view = CardView(theme, EDGE)
        self.view.setAccessibleName("Gallery")
        self.view.setModel(self.model)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.started.connect(self._show)
        self.view.clicked.connect(self._look)
        self.view.ratio_known.connect(self.model.draw_for)
        self.view.zoomed.connect(self.resize_thumbnails)
        desk.context_menu(self.view)
        self.view.drag_out()
        self.view.drag_wanted.connect(lambda: desk.drag_out.drag_stored(self.view, self.selected()))
        self.view.selectionModel().selectionChanged.connect(self.selection_changed)
        self.model.modelReset.connect(self.selection_changed)  # it clears without a word
        self.text = QLineEdit()
        self.text.setPlaceholderText("Class, address, tag or note")
        self.text.setAccessibleName("Filter the gallery")
        self.text.setClearButtonEnabled(True)
        self.text.setMinimumWidth(80)
        self.text.textChanged.connect(self._filter)
        self.network = self._combo("Network")
        self.layer = self._combo("Layer")
        self.state = self._combo("State")
        for value, text in _STATES:
            self.state.addItem(text, value)
        self.order = self._combo("Order")
        for order in ORDERS:
            self.order.addItem(_ORDERS[order], order)
        self.favourites = QCheckBox("Favourites")
        self.favourites.setAccessibleName("Only favourites")
        self.favourites.clicked.connect(self._filter)
        self.count_text = ""
        self._method = ""
        self._empty = label("", "muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.view)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, 0, SMALL, SMALL)
        column.addLayout(self._make_filters())
        column.addWidget(self._pages, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self.model.modelReset.connect(self._counted)
        session.library.changed.connect(self._fill_choices)
        session.library.added.connect(self._added)
        self._fill_choices()
        self._counted()

    def selected(self) -> list[str]:
        """The keys of the selected results."""
        return selected_keys(self.view, self.model)

    def show_method(self, method: str) -> None:
        """Show the results of one method, or of all."""
        self._method = method
        self._filter()

    def resize_thumbnails(self, step: int) -> None:
        """Go to the next larger or smaller size."""
        self.view.set_edge(min(max(self.view.edge + 32 * step, 64), 256))

    def _make_filters(self) -> QVBoxLayout:
        top, below, both = QHBoxLayout(), FlowLayout(SMALL), QVBoxLayout()
        top.setSpacing(SMALL)
        both.addLayout(top)
        both.addLayout(below)
        top.addWidget(self.text, 1)
        top.addWidget(self.favourites)
        for combo in (self.network, self.layer, self.state, self.order):
            below.addWidget(combo)
        return both

    def _combo(self, name: str) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumWidth(_COMBO_PX)
        combo.activated.connect(self._filter)
        return combo

    def _filter(self) -> None:
        before = self.model.filter
        self.model.set_filter(
            ResultFilter(
                self.text.text(),
                self.network.currentData() or "",
                self.layer.currentData() or "",
                self.state.currentData() or "",
                self.favourites.isChecked(),
                self.order.currentData() or "date",
                self._method,
            )
        )
        if before.network != self.model.filter.network:
            self.model.set_filter(replace(self.model.filter, layer=""))
            self._fill_choices()

    def _added(self, item: Summary) -> None:
        shown = self.network.findData(item.network_fingerprint) >= 0
        if not shown or any(self.layer.findData(layer) < 0 for layer in layers_of(item)):
            self._fill_choices()
        else:
            self._counted()

    def _fill_choices(self) -> None:
        items = self._session.library.items
        chosen = self.model.filter
        networks = {item.network_fingerprint: network_text(item.network) for item in items}
        _fill(self.network, "All networks", networks, chosen.network)
        layers = {
            layer: plain(layer)
            for item in items
            if chosen.network in ("", item.network_fingerprint)
            for layer in layers_of(item)
        }
        _fill(self.layer, "All layers", dict(sorted(layers.items())), chosen.layer)
        self._counted()

    def _counted(self) -> None:
        shown, all_ = self.model.rowCount(), len(self._session.library.items)
        words = "1 result" if all_ == 1 else f"{all_:,} results"
        self.count_text = f"{shown:,} of {all_:,}" if shown != all_ else words
        self.counted.emit()
        self._empty.setText(
            "No result passes these filters."
            if all_
            else "Every picture you make is kept, and can be found here.\n"
            "Double-click a unit at the left to make the first."
        )
        self._pages.setCurrentIndex(1 if shown else 0)

    def _look(self, index: QModelIndex) -> None:
        """Tell of one result in the inspector, and stay."""
        if len(self.selected()) < 2:
            self._session.show_result(self.model.key(index), aside=True)

    def _show(self, index: QModelIndex) -> None:
        self._session.show_result(self.model.key(index))


def _fill(combo: QComboBox, every: str, choices: dict[str, str], chosen: str) -> None:
    if combo.view().isVisible():
        return  # an open list does not grow with its rows, and cuts the last ones
    wanted = [("", every), *choices.items()]
    if [(combo.itemData(i), combo.itemText(i)) for i in range(combo.count())] != [
        (value, text) for value, text in wanted
    ]:
        combo.clear()
        for value, text in wanted:
            combo.addItem(text, value)
    combo.setCurrentIndex(max(0, combo.findData(chosen)))

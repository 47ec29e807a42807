"""Layers and units at the left: finding, selecting, ordering, noting and computing them."""

from contextlib import suppress

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.book import PageTopic, View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.navigator import Guide
from dgn_explorer.gui.desk.top_bar import TopItem, TopPlace
from dgn_explorer.gui.features.units import layer_page
from dgn_explorer.gui.features.units.browser import DEFAULT_EDGE, EDGES, Browser
from dgn_explorer.gui.features.units.computing import AskLayer, ComputeLayer, missing_text
from dgn_explorer.gui.features.units.layer_page import LayerPage
from dgn_explorer.gui.features.units.note_dialog import NoteDialog
from dgn_explorer.gui.features.units.unit_model import CONCEPT, UNIT_ORDERS
from dgn_explorer.gui.look.texts import shape_text
from dgn_explorer.gui.state.answering.expecting import expected_seconds
from dgn_explorer.gui.state.asking import Asked
from dgn_explorer.gui.state.history import History
from dgn_explorer.gui.state.topics import OfLayer, PageName, Topic, page_of
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.plain_text import shell_command
from dgn_explorer.studies.survey import Order
from dgn_explorer.synthesis.question import Subject

_ORDERS = {
    "index": ("Units by index", "Order the unit grid by index"),
    "activation": (
        "Strongest units first",
        "Order the unit grid by the activation of their images",
    ),
    "label": ("Units by name", "Order the unit grid by the names of classes"),
    "date": ("Newest units first", "Order the unit grid by the date of their images"),
    "favourite": ("Favourite units first", "Order the unit grid by favourites"),
    CONCEPT: ("Units by concept", "Order the unit grid by the concepts that units answer to"),
}


def units_feature(desk: Desk) -> Feature:
    """Search, the navigator of layers and units, the page of a layer, and what units allow."""
    browser = Browser(desk)
    page = LayerPage(desk, browser)
    units = _Units(desk, browser, page)
    session = desk.session
    return Feature(
        name="units",
        actions=units.actions(),
        follows=(
            desk.session.selected,
            desk.session.opened,
            desk.notes.changed,
            desk.selection.changed,
            browser.layer_shown,
            session.library.added,
            session.library.changed,
            session.settings.changed,
        ),
        views=(View("units", page, (PageName.LAYER,), page.resize_thumbnails),),
        topics=(
            PageTopic(
                PageName.LAYER,
                units.topic,
                (
                    browser.layer_shown,
                    session.opened,
                    session.library.added,
                    session.library.changed,
                    session.labels.changed,
                    session.display_changed,
                    desk.selection.changed,
                ),
            ),
        ),
        guides=(Guide("units", browser, (PageName.UNIT, PageName.LAYER, PageName.MIX)),),
        top=(TopItem(TopPlace.SEARCH, browser.search),),
        tab_stops=(browser.search.field, browser.tree, browser.grid),
        remember=units.remember,
    )


class _Units(QObject):
    """What the actions do; a child of the window, so that Qt drops its connections with it."""

    def __init__(self, desk: Desk, browser: Browser, page: LayerPage) -> None:
        super().__init__(desk.window)
        self._desk, self._browser, self._page = desk, browser, page
        self._history = History()
        keep = desk.preferences
        edge, order = keep.get("thumbnail_px", DEFAULT_EDGE), keep.get("unit_order", "index")
        browser.grid.set_edge(edge if edge in EDGES else DEFAULT_EDGE)
        browser.units.set_order(order if order in UNIT_ORDERS else "index")
        large = keep.get("layer_thumbnail_px", layer_page.DEFAULT_EDGE)
        page.set_edge(large if large in layer_page.EDGES else layer_page.DEFAULT_EDGE)
        page.show_order(browser.units.order)
        page.order_chosen.connect(self._set_order)
        browser.unit_wanted.connect(desk.table["add_to_combination"].trigger)
        browser.layer_chosen.connect(page.grid.setFocus)
        desk.session.selected.connect(self._selected)
        desk.session.opened.connect(self._opened)

    def topic(self) -> Topic:
        """The layer on show; what is selected in it is what saving and deleting mean."""
        network, layer = self._desk.session.network, self._browser.units.layer
        if network is None or layer is None:
            return Topic("No layer yet", "The layers appear at the left")
        library, fingerprint, path = self._desk.session.library, network.fingerprint, layer.path
        found = [library.newest(fingerprint, unit) for unit in self._desk.selection.units]
        made = self._browser.units.made
        detectors = sum(one.detector for one in self._desk.session.labels.of_layer(path))
        named = f"  ·  {detectors:,} detectors" if detectors else ""
        return Topic(
            layer.path,
            f"{layer.kind}, {shape_text(layer)} units  ·  {made:,} made{named}",
            keys=tuple(item.key for item in found if item is not None),
            order=self._asked_of_layer(),
            asked=Asked(layer=path),
            owns=OfLayer(fingerprint, path),
        )

    def _asked_of_layer(self) -> Order | None:
        """What the answer on show was made by, if that is about a layer."""
        order = self._desk.session.display.order
        return order if order is not None and page_of(order) is PageName.LAYER else None

    def actions(self) -> tuple[Action, ...]:
        """Everything about units that is not a matter of their pictures."""
        session, browser, history = self._desk.session, self._browser, self._history

        def selected() -> bool:
            return session.unit is not None

        def opened() -> bool:
            return session.network is not None

        orders = tuple(
            Action(
                f"sort_{order}",
                "View",
                2,
                title,
                help,
                lambda order=order: self._set_order(order),  # type: ignore[misc]
                checked=lambda order=order: browser.units.order == order,  # type: ignore[misc]
            )
            for order, (title, help) in _ORDERS.items()
        )
        return (
            Action("copy_address", "File", 1, "Copy unit address",
                   "Copy network/layer:index of the selected unit", self._copy_address,
                   keys="Ctrl+Shift+C", enabled=selected, context=True,
                   pages=frozenset({PageName.UNIT, PageName.LAYER})),
            Action("copy_opening", "File", 1, "Copy the command that opens it",
                   "Copy a command line that opens the window at the selected unit",
                   self._copy_opening, keys="Ctrl+Alt+L", enabled=selected, context=True,
                   pages=frozenset({PageName.UNIT, PageName.LAYER})),
            Action("find", "Edit", 1, "Find a unit", "Search class names, layers and layer:index",
                   self._find, keys="Ctrl+F", icon="search", enabled=opened),
            Action("favourite", "Edit", 2, "Favourite", "Mark the selected unit as a favourite",
                   self._toggle_favourite, keys="Ctrl+B", icon="star", enabled=selected,
                   toolbar=20, pages=frozenset({PageName.UNIT}), context=True,
                   checked=lambda: self._desk.notes.of(session.unit).favourite),
            Action("note", "Edit", 2, "Tags and note…",
                   "Write tags and a note on the selected unit",
                   self._write, keys="Ctrl+T", enabled=selected, context=True,
                   pages=frozenset({PageName.UNIT, PageName.LAYER})),
            Action("compute_selection", "Run", 2, "Compute selected units",
                   "Queue the units selected in the grid",
                   lambda: self._compute(browser.selected_units()), keys="Ctrl+Shift+Return",
                   enabled=lambda: bool(self._desk.selection.units)),
            Action("compute_layer", "Run", 2, "Compute this layer",
                   "Make the pictures that the layer still lacks, one after another",
                   self._compute_layer, keys="Ctrl+L", titled=self._missing_text,
                   context=True, pages=frozenset({PageName.LAYER}),
                   enabled=lambda: browser.units.missing_count > 0),
            Action("back", "View", 0, "Back", "Go to the unit before this one",
                   lambda: self._go(-1), keys="Alt+Left", icon="back",
                   enabled=lambda: history.can_go(-1)),
            Action("forward", "View", 0, "Forward", "Go to the next unit again",
                   lambda: self._go(1), keys="Alt+Right", icon="forward",
                   enabled=lambda: history.can_go(1)),
            Action("next_layer", "View", 0, "Next layer", "Go on to the layer after this one",
                   lambda: browser.step_layer(1), keys="Ctrl+PgDown", enabled=opened),
            Action("previous_layer", "View", 0, "Layer before", "Go back to the layer before",
                   lambda: browser.step_layer(-1), keys="Ctrl+PgUp", enabled=opened),
            Action("thumbs_larger", "View", 2, "Larger thumbnails", "Enlarge the unit grid",
                   lambda: self._resize_thumbnails(1), keys="Ctrl+Alt++"),
            Action("thumbs_smaller", "View", 2, "Smaller thumbnails", "Reduce the unit grid",
                   lambda: self._resize_thumbnails(-1), keys="Ctrl+Alt+-"),
            *orders,
        )  # fmt: skip

    def remember(self) -> None:
        """Put size, order and unit into the preferences."""
        keep = self._desk.preferences
        keep.put("thumbnail_px", self._browser.grid.edge)
        keep.put("layer_thumbnail_px", self._page.grid.edge)
        keep.put("unit_order", self._browser.units.order)
        keep.put("unit", str(self._desk.session.unit or ""))
        keep.put("unit_network", self._desk.notes.fingerprint)

    def _set_order(self, order: str) -> None:
        self._browser.units.set_order(order)
        self._page.show_order(order)

    def _copy_address(self) -> None:
        unit, network = self._desk.session.unit, self._desk.session.network
        if unit is not None and network is not None:
            address = network.address_of(unit)
            QGuiApplication.clipboard().setText(address)
            self._desk.notify(f"{address} is on the clipboard.")

    def _copy_opening(self) -> None:
        """The command line is what reaches a unit from another program, a note or a mail."""
        unit, pair = self._desk.session.unit, self._desk.session.pair
        words = ["dgn-explorer", "open", "--network", pair[0]]
        words += ["--prior", pair[1]] if pair[1] != "default" else []
        QGuiApplication.clipboard().setText(shell_command([*words, "--unit", str(unit)]))
        self._desk.notify("The command that opens this unit is on the clipboard.")

    def _find(self) -> None:
        self._browser.search.field.setFocus()
        self._browser.search.field.selectAll()

    def _toggle_favourite(self) -> None:
        if self._desk.session.unit is not None:
            self._desk.notes.toggle_favourite(self._desk.session.unit)

    def _write(self) -> None:
        desk = self._desk
        unit, network = desk.session.unit, desk.session.network
        if unit is None or network is None:
            return
        dialog = NoteDialog(unit, network.label(unit), desk.notes.of(unit), desk.window)
        dialog.accepted.connect(lambda: desk.notes.write(unit, dialog.tags, dialog.text))
        dialog.open()

    def _compute(self, units: list[UnitAddress]) -> None:
        self._desk.panels.show("Queue")
        self._desk.session.compute(units)

    def _seconds(self, count: int) -> float:
        """How many seconds the pictures of so many units take."""
        session = self._desk.session
        each, _ = expected_seconds(session, session.settings.of(Subject.UNIT))
        return each * count

    def _missing_text(self) -> str:
        count = self._browser.units.missing_count
        return missing_text(count, self._seconds(count))

    def _compute_layer(self) -> None:
        """Ask, and queue what is missing as a step that can be undone."""
        layer, session = self._browser.units.layer, self._desk.session
        units = self._browser.units.missing()
        if layer is None or not units:
            return
        seconds = self._seconds(len(units))
        dialog = AskLayer(layer.path, len(units), seconds, self._desk.window)
        command = ComputeLayer(session, units, layer.path)
        dialog.accepted.connect(lambda: session.undo.push(command))
        dialog.open()

    def _go(self, step: int) -> None:
        unit = self._history.go(step)
        if unit is not None:
            self._desk.book.show_page(PageName.UNIT)
            self._desk.session.look_at(unit)

    def _resize_thumbnails(self, step: int) -> None:
        resize = self._desk.book.resize_thumbnails or self._browser.resize_thumbnails
        resize(step)

    def _selected(self, unit: UnitAddress) -> None:
        self._history.visit(unit)

    def _opened(self, network: NetworkInfo) -> None:
        """Go to the unit of the last session, unless another one was asked for."""
        self._history.clear()
        keep, session = self._desk.preferences, self._desk.session
        if session.unit is None and keep.get("unit_network", "") == network.fingerprint:
            with suppress(DgnError):  # a settings file may be edited by hand
                session.select(network.resolve(keep.get("unit", "")))

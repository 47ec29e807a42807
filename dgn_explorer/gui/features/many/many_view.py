"""What a chain or a set has made: its images, their activations, and how different they are."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.many.band_plot import BandPlot, rows_of
from dgn_explorer.gui.features.many.distance_map import DistanceMap, placed
from dgn_explorer.gui.features.many.image_list import ImageList
from dgn_explorer.gui.features.many.pick_buttons import PickButtons
from dgn_explorer.gui.features.many.picking import Picking
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.results.picks import Picks
from dgn_explorer.results.record import Record

FOUND, STRONGEST, UNLIKE = "in the order made", "strongest first", "least alike first"
MOST = 1_000  # images in the list: a chain may have ten times as many
_DISTANCES = "distances"


class ManyView(QWidget):
    """Follows one choice of images in the list, the plot of activations and the map."""

    def __init__(self, desk: Desk, picking: Picking) -> None:
        super().__init__()
        self._session, self._flows, self._picking = desk.session, desk.flows, picking
        self._selection = desk.selection
        self._record: Record | None = None
        self._shown: list[int] = []  # in the order of the list
        self._places = np.zeros((0, 2))  # of all images, on the map
        self.list = ImageList()
        self.large = Canvas(desk.theme)
        self.large.setAccessibleName("The chosen image")
        self.plot, self.map = BandPlot(desk.theme), DistanceMap(desk.theme)
        desk.context_menu(self.list)
        desk.context_menu(self.large)
        self.order = QComboBox()
        self.order.setAccessibleName("Order of the images")
        self.order.currentIndexChanged.connect(lambda _row: self._list())
        self.unlike = QPushButton("The two most different")
        self.unlike.setAccessibleName("The two most different")
        self.unlike.clicked.connect(self._choose_most_different)
        self.picks = PickButtons(picking, self.list)
        self.dropped = QCheckBox("Dropped ones")
        set_tip(self.dropped, "Show the images that were dropped, too")
        self.dropped.toggled.connect(lambda _on: self._list())
        picking.changed.connect(self._picked)
        self._text = label("", "muted")
        self.list.itemSelectionChanged.connect(self._chosen)
        self.map.chose.connect(lambda number: self.list.choose([number]))
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self._text, 1)
        row.addWidget(self.dropped)
        row.addWidget(self.picks)
        row.addWidget(self.unlike)
        row.addWidget(self.order)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(SMALL, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.large, 3)
        column.addWidget(self.map, 2)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(self.list)
        across.addWidget(side)
        across.setStretchFactor(0, 3)
        across.setStretchFactor(1, 2)
        across.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        outer.setSpacing(SMALL)
        outer.addLayout(row)
        outer.addWidget(across, 1)
        outer.addWidget(self.plot)

    def show_record(self, record: Record) -> None:
        """Show ``record``, a chain's or a set's."""
        self._record, self._places = record, np.zeros((0, 2))
        known = _DISTANCES in record.parts
        orders = (FOUND, STRONGEST, UNLIKE) if known else (FOUND, STRONGEST)
        self.order.blockSignals(True)
        self.order.clear()
        self.order.addItems(orders)
        self.order.blockSignals(False)
        self.map.setVisible(known)
        self.unlike.setVisible(known and record.count > 1)
        self.list.clearSelection()
        self.picks.follow(record.key)
        self._list()
        self.list.choose(self._shown[:1])
        if known:
            self._flows.start(self._place(record))

    async def _place(self, record: Record) -> None:
        places = await self._flows.on_disk(placed, record.array(_DISTANCES))
        if self._record is record:
            self._places = places
            self._map()

    def _list(self) -> None:
        record = self._record
        if record is None:
            return
        picks = self._picking.of(record.key)
        numbers = list(range(record.count))
        if self.order.currentText() == STRONGEST:
            numbers.sort(key=lambda n: -record.activation_of(n))
        elif self.order.currentText() == UNLIKE:
            numbers = _least_alike_first(record.array(_DISTANCES))
        self.dropped.setVisible(bool(picks.dropped))
        self._shown = picks.order(numbers, self.dropped.isChecked())[:MOST]
        captions = [
            f"{_marks(picks, number)}{number_text(record.activation_of(number))}"
            for number in range(record.count)
        ]
        self.list.show_images(record.images, captions, self._shown)
        shown = sorted(self._shown)
        if "activations" in record.parts:
            values, network = record.array("activations"), self._session.network
            self.plot.show_rows(rows_of(record.recipe, network, values[shown], None, shown))
        else:
            self.plot.show_rows([])
        self._map()

    def _map(self) -> None:
        record, shown = self._record, sorted(self._shown)
        if record is not None and len(self._places) == record.count:
            self.map.show_images(record.images[shown], self._places[shown], shown)

    def _picked(self, key: str) -> None:
        if self._record is not None and key == self._record.key:
            self._list()

    def _chosen(self) -> None:
        record, chosen = self._record, self.list.chosen
        if record is None:
            return
        self.plot.choose(chosen)
        self.map.choose(chosen)
        self._selection.choose_image(chosen[0] if chosen else 0)
        self.large.show_image(record.images[chosen[0]] if chosen else None)
        self._text.setText(self._said(record, chosen))

    def _said(self, record: Record, chosen: Sequence[int]) -> str:
        if len(chosen) == 2 and _DISTANCES in record.parts:
            away = record.array(_DISTANCES)[chosen[0], chosen[1]]
            return f"{record.count} images; these two are {number_text(float(away))} apart"
        if len(chosen) == 1:
            number = chosen[0]
            tops, network = record.tops, self._session.network
            seen = ""
            if tops and network is not None:
                index, share = tops[number][0]
                seen = f", seen as {network.labels[index]} ({share:.0%})"
            return f"Image {number + 1} of {record.count}{seen}"
        listed = f"the first {MOST:,} of " if len(self._shown) == MOST < record.count else ""
        said = f"{listed}{record.count:,} images{f', {len(chosen)} chosen' if chosen else ''}"
        return said[0].upper() + said[1:]

    def _choose_most_different(self) -> None:
        if self._record is not None:
            shown = sorted(self._shown)
            distances = self._record.array(_DISTANCES)[np.ix_(shown, shown)]
            self.list.choose(
                [shown[int(n)] for n in np.unravel_index(distances.argmax(), distances.shape)]
            )


def _marks(picks: Picks, number: int) -> str:
    if number in picks.pinned:
        return "pinned · "
    return "dropped · " if number in picks.dropped else ""


def _least_alike_first(distances: np.ndarray) -> list[int]:
    """Farthest point first: each next image is the one farthest from those before it."""
    count = len(distances)
    order = [int(distances.sum(1).argmax())]
    while len(order) < count:
        nearest = distances[:, order].min(1)
        nearest[order] = -1
        order.append(int(nearest.argmax()))
    return order

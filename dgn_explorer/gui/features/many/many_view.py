"""What a chain or a set has made: its images, their activations, and how different they are."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.many.band_plot import BandPlot, Row
from dgn_explorer.gui.features.many.distance_map import DistanceMap, placed
from dgn_explorer.gui.features.many.image_list import ImageList
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.targets import InRange

FOUND, STRONGEST, UNLIKE = "in the order made", "strongest first", "least alike first"
_DISTANCES = "distances"


class ManyView(QWidget):
    """Follows one choice of images in the list, the plot of activations and the map."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._flows = desk.session, desk.flows
        self._selection = desk.selection
        self._record: Record | None = None
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
        self._text = label("", "muted")
        self.list.itemSelectionChanged.connect(self._chosen)
        self.map.chose.connect(lambda number: self.list.choose([number]))
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self._text, 1)
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
        self._record = record
        known = _DISTANCES in record.parts
        orders = (FOUND, STRONGEST, UNLIKE) if known else (FOUND, STRONGEST)
        self.order.blockSignals(True)
        self.order.clear()
        self.order.addItems(orders)
        self.order.blockSignals(False)
        self.map.setVisible(known)
        self.unlike.setVisible(known and record.count > 1)
        self.plot.show_rows(self._rows(record))
        self.list.clearSelection()
        self._list()
        self.list.choose([0])
        if known:
            self._flows.start(self._place(record))

    async def _place(self, record: Record) -> None:
        places = await self._flows.on_disk(placed, record.array(_DISTANCES))
        if self._record is record:
            self.map.show_images(record.images, places)

    def _list(self) -> None:
        record = self._record
        if record is None:
            return
        numbers = list(range(record.count))
        if self.order.currentText() == STRONGEST:
            numbers.sort(key=lambda n: -record.activation_of(n))
        elif self.order.currentText() == UNLIKE:
            numbers = _least_alike_first(record.array(_DISTANCES))
        captions = [number_text(record.activation_of(number)) for number in range(record.count)]
        self.list.show_images(record, captions, numbers)

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
        return f"{record.count} images" + (f", {len(chosen)} chosen" if chosen else "")

    def _choose_most_different(self) -> None:
        if self._record is not None:
            distances = self._record.array(_DISTANCES)
            self.list.choose(
                [int(n) for n in np.unravel_index(distances.argmax(), distances.shape)]
            )

    def _rows(self, record: Record) -> list[Row]:
        network, target = self._session.network, record.recipe.target
        values = record.array("activations") if "activations" in record.parts else None
        if values is None:
            return []
        if not isinstance(target, InRange):  # each sample of a plan has a target of its own
            return [Row("Activation", values[:, 0])]
        bands, units = target.bands, record.order.units[: values.shape[1]]
        return [
            Row(
                (network.label(unit) if network else "") or str(unit),
                values[:, column],
                (bands[column].low, bands[column].high) if column < len(bands) else None,
            )
            for column, unit in enumerate(units)
        ]


def _least_alike_first(distances: np.ndarray) -> list[int]:
    """Farthest point first: each next image is the one farthest from those before it."""
    count = len(distances)
    order = [int(distances.sum(1).argmax())]
    while len(order) < count:
        nearest = distances[:, order].min(1)
        nearest[order] = -1
        order.append(int(nearest.argmax()))
    return order

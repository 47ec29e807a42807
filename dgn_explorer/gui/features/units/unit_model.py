"""The units of one layer as a flat list model, instant at any size."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
)

from dgn_explorer.gui.look.card import Card, CardRole, CardState
from dgn_explorer.gui.look.dragging import UNITS, carry_units
from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.plain import plain, tip_text
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.state.jobs import JobState
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.pictures.examples import NOT_COMPUTED
from dgn_explorer.gui.state.pictures.thumbnails import THUMBNAIL_PX
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import LayerInfo
from dgn_explorer.results.filters import ORDERS
from dgn_explorer.results.summary import Summary
from dgn_explorer.studies.dissection.labels import in_order

Index = QModelIndex | QPersistentModelIndex
CONCEPT = "concept"  # of dissections; units that answer most to one come first
UNIT_ORDERS = (*ORDERS, "label", CONCEPT)
_BATCH_MS = 50
_DOUBT = "its label does not hold in both halves of the pictures"
_ROOT = QModelIndex()


class UnitModel(QAbstractListModel):
    """Rows are unit indices; states come from the session's jobs and stored results."""

    def __init__(self, session: Session, notes: Notes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._notes = session, notes
        self.order = "index"
        self._order: list[int] | None = None  # rows to unit indices, None as they are
        self._rows: list[int] = []
        self._layer: LayerInfo | None = None
        self._dirty: set[int] = set()
        self._shown: dict[str, int] = {}  # key of a result to the row that shows it
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_BATCH_MS)
        self._timer.timeout.connect(self._flush)
        self.ratio = 1.0
        session.jobs.changed.connect(self._job_changed)
        session.jobs.structure_changed.connect(self._all_changed)
        session.library.changed.connect(self._all_changed)
        session.library.added.connect(self._added)
        session.library.thumbnail_ready.connect(self._thumbnail_ready)
        session.examples.changed.connect(self._examples_changed)
        session.examples.thumbnail_ready.connect(self._example_ready)
        notes.changed.connect(self._all_changed)
        session.labels.changed.connect(self._labels_changed)
        session.usual.changed.connect(self._all_changed)

    @property
    def layer(self) -> LayerInfo | None:
        """The layer on show."""
        return self._layer

    def show_layer(self, layer: LayerInfo | None) -> None:
        """Show another layer's units."""
        self.beginResetModel()
        self._layer = layer
        self._shown.clear()
        self._dirty.clear()
        self._sort()
        self.endResetModel()

    def draw_for(self, ratio: float) -> None:
        """Draw for a screen with so many pixels to a point."""
        if ratio != self.ratio:
            self.ratio = ratio
            self._all_changed()

    def set_order(self, order: str) -> None:
        """Order the units by one of `UNIT_ORDERS`."""
        self.order = order
        self.show_layer(self._layer)

    def row_of(self, unit: UnitAddress) -> int:
        """The row of a unit of the layer on show."""
        return unit.index if self._order is None else self._rows[unit.index]

    def _sort(self) -> None:
        self._order = None
        if self._layer is None or self.order == "index":
            return
        first = self._first(self._layer.path)
        known = set(first)
        self._order = first + [i for i in range(self._layer.channels) if i not in known]
        self._rows = [0] * len(self._order)
        for row, index in enumerate(self._order):
            self._rows[index] = row

    def _first(self, layer: str) -> list[int]:
        """The units that come before the others, which have nothing to be ordered by."""
        if self.order == "label":
            network = self._session.network
            count = self._layer.channels if self._layer is not None else 0
            names = {
                index: network.label(UnitAddress(layer, index)).lower()
                for index in range(count if network is not None else 0)
                if network is not None
            }
            return sorted((i for i, name in names.items() if name), key=names.__getitem__)
        if self.order == "favourite":
            units = [a for a, note in self._notes.book.units.items() if note.favourite]
            addresses = [UnitAddress.parse(text) for text in units]
            return sorted(a.index for a in addresses if a.layer == layer)
        if self.order == CONCEPT:
            labels = [one for one in self._session.labels.of_layer(layer) if one.detector]
            return [one.address.index for one in in_order(labels, "concept")]
        found = self._made(layer)
        if self.order == "date":
            return list(found)  # the library is in this order, newest first
        # each by the number that stands on its card: an example counts until there is a result
        values = {index: item.activation for index, item in found.items()}
        for index in self._session.examples.of_layer(layer):
            values.setdefault(index, self._session.examples.activation(UnitAddress(layer, index)))
        return sorted(values, key=lambda index: -values[index])

    @property
    def missing_count(self) -> int:
        """How many units of the layer have no picture; quick at any size."""
        return 0 if self._layer is None else self._layer.channels - self.made

    def missing(self) -> list[UnitAddress]:
        """The units of the layer that have no picture, in their order."""
        if self._layer is None:
            return []
        made = self._made(self._layer.path)
        found = (i for i in range(self._layer.channels) if i not in made)
        return [UnitAddress(self._layer.path, index) for index in found]

    def _made(self, layer: str) -> dict[int, Summary]:
        """The newest picture of each unit that has one, by the unit's index, newest first."""
        network = self._session.network
        fingerprint = network.fingerprint if network else ""
        found: dict[int, Summary] = {}
        for item in self._session.library.items:
            if item.network_fingerprint != fingerprint or len(item.units) != 1:
                continue
            (unit,) = item.units
            alone = unit.layer == layer and unit.position is None and item.address == str(unit)
            if alone and unit.index not in found:
                found[unit.index] = item
        return found

    @property
    def examples(self) -> int:
        """How many units of the layer show an example, as they have no picture of their own."""
        layer = self._layer.path if self._layer is not None else ""
        found = self._session.examples.of_layer(layer)
        made = self._made(layer) if found else {}
        return sum(index not in made for index in found)

    @property
    def made(self) -> int:
        """How many units of the layer have a picture."""
        return 0 if self._layer is None else len(self._made(self._layer.path))

    def address(self, index: Index) -> UnitAddress | None:
        """The unit of a row."""
        if self._layer is None or not index.isValid():
            return None
        row = index.row()
        return UnitAddress(self._layer.path, row if self._order is None else self._order[row])

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Units can be dragged."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags

    def mimeTypes(self) -> list[str]:
        """What is dragged."""
        return [UNITS]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The units to drag."""
        found = (self.address(index) for index in sorted(indexes, key=lambda i: i.row()))
        return carry_units([unit for unit in found if unit is not None])

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many rows there are."""
        return 0 if self._layer is None or parent.isValid() else self._layer.channels

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a row shows."""
        unit = self.address(index)
        if unit is None:
            return None
        if role == CardRole:
            return self.card(unit)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(unit)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.card(unit).spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(self.card(unit).spoken)
        return None

    def card(self, unit: UnitAddress) -> Card:
        """What the grid shows of ``unit``; a title that is a label in doubt is in grey."""
        network = self._session.network
        named = network is not None and network.label(unit)
        card = self._card(unit)
        if not self._session.labels.doubtful(unit):
            return card
        more = ", ".join(text for text in (card.more, _DOUBT) if text)
        return replace(card, more=more, quiet=not named)

    def _card(self, unit: UnitAddress) -> Card:
        session = self._session
        fingerprint = session.network.fingerprint if session.network else ""
        stored = session.library.newest(fingerprint, unit)
        pixmap = None
        if stored is not None:
            self._shown[stored.key] = self.row_of(unit)
            pixmap = session.library.thumbnail(stored.key, self.ratio)
        title, address = self._title(unit), str(unit)
        detail = address if title != address else ""
        named = session.network is not None and session.network.label(unit)
        if named and (said := session.labels.text(unit)):  # else the title says it
            detail = f"{said}, {detail}"
        star = self._notes.of(unit).favourite
        job = session.jobs.of_tile(fingerprint, unit)
        if job is not None:
            state = {
                JobState.QUEUED: CardState.QUEUED,
                JobState.FAILED: CardState.FAILED,
            }.get(job.state, CardState.RUNNING)
            frame = session.runs.frame_of(job.number)
            if frame is not None:  # it forms in its tile
                edge = round(THUMBNAIL_PX * self.ratio)
                pixmap = to_pixmap(scaled(frame.image, edge, edge), self.ratio)
            where = job.unit.position if job.unit is not None else None
            at = f"@{where[0]},{where[1]} " if where is not None else ""
            running = job.state is JobState.RUNNING and job.steps
            how = f"{job.step} of {job.steps}" if running else job.progress_text
            return Card(title, f"{at}{how}", state, pixmap, detail, star)
        if stored is None and unit in session.examples:
            pixmap = session.examples.thumbnail(unit, self.ratio)
            example = CardState.EXAMPLE
            text = f"{example.value} · {number_text(session.examples.activation(unit))}"
            more = f"{NOT_COMPUTED}; double-click or Enter computes it in full"
            short = example.value
            return Card(title, text, example, pixmap, detail, star, more, short=short)
        if stored is None:
            empty = CardState.NOT_COMPUTED
            return Card(title, empty.value, empty, None, detail, star)
        text = f"made · {number_text(stored.activation)}"
        if stored.state != "done":
            text = f"stopped at {stored.steps}"
        usual = session.usual.text(unit, stored.activation)
        return Card(title, text, CardState.CACHED, pixmap, detail, star, usual)

    def _title(self, unit: UnitAddress) -> str:
        label = self._session.network.label(unit) if self._session.network else ""
        said = self._session.labels.text(unit)
        return plain(label) or (f"{unit.index} {plain(said)}" if said else str(unit.index))

    def _labels_changed(self) -> None:
        if self.order == CONCEPT:
            self.show_layer(self._layer)
        else:
            self._all_changed()

    def _job_changed(self, number: int) -> None:
        job = self._session.jobs.get(number)
        for unit in job.recipe.units if job is not None else ():
            if self._layer is not None and unit.layer == self._layer.path:
                self._touch(self.row_of(unit))

    def _added(self, item: Summary) -> None:
        for unit in item.units:
            if self._layer is not None and unit.layer == self._layer.path:
                self._touch(self.row_of(unit))

    def _thumbnail_ready(self, key: str) -> None:
        row = self._shown.get(key)
        if row is not None:
            self._touch(row)

    def _examples_changed(self) -> None:
        if self.order == "activation":
            self.show_layer(self._layer)
        else:
            self._all_changed()

    def _example_ready(self, unit: UnitAddress) -> None:
        if self._layer is not None and unit.layer == self._layer.path:
            self._touch(self.row_of(unit))

    def _touch(self, row: int) -> None:
        self._dirty.add(row)
        if not self._timer.isActive():
            self._timer.start()

    def _flush(self) -> None:
        rows = [row for row in self._dirty if row < self.rowCount()]
        if rows:  # one for all of them: the view draws only what it shows
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))
        self._dirty.clear()

    def _all_changed(self) -> None:
        if self._layer is not None:
            self._touch(0)
            self._touch(self._layer.channels - 1)

"""What dissections say of the open network's units: labels for cards, titles and the search."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.library import Library
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.results.record import Record
from dgn_explorer.studies.dissection.about import DISSECTION, DissectionParameters
from dgn_explorer.studies.dissection.labels import UnitLabel, holding, labels_of
from dgn_explorer.studies.survey import Survey

_OfLayers = dict[str, dict[int, UnitLabel]]  # layer -> unit -> label
_MOST = 40  # dissections of one network that are read


class Labels(QObject):
    """The labels of one network: of every layer those of its newest dissection."""

    changed = Signal()

    def __init__(self, library: Library, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._flows = library, flows
        self._fingerprint = ""
        self._known: dict[str, tuple[str, _OfLayers]] = {}  # key -> when it was made, labels
        self._of: _OfLayers = {}
        library.changed.connect(self._refresh)

    def follow(self, network: NetworkInfo) -> None:
        """Know the labels of this network from now on."""
        if network.fingerprint != self._fingerprint:
            self._fingerprint = network.fingerprint
            self._known.clear()
            self._merge()
        self._refresh()

    def of(self, unit: UnitAddress) -> UnitLabel | None:
        """The label of a unit, whatever its position; None without one."""
        label = self._of.get(unit.layer, {}).get(unit.index)
        return label if label is not None and label.detector else None

    def text(self, unit: UnitAddress) -> str:
        """The label in a few words; empty without one."""
        label = self.of(unit)
        return "" if label is None else label.concept

    def doubtful(self, unit: UnitAddress) -> bool:
        """Whether there is a label, and it does not hold in both halves: it is shown in grey."""
        label = self.of(unit)
        return label is not None and not label.stable

    def find(self, words: str) -> list[UnitLabel]:
        """The units whose label holds all of ``words``, the largest overlap first."""
        return holding((one for layer in self._of.values() for one in layer.values()), words)

    def of_layer(self, layer: str) -> Sequence[UnitLabel]:
        """All labels of a layer, by unit; also those that are too weak for a detector."""
        return list(self._of.get(layer, {}).values())

    def take(self, record: Record) -> None:
        """Take up a dissection that has just been made."""
        order = record.order
        if not isinstance(order, Survey) or order.study != DISSECTION.name:
            return
        if order.network_fingerprint == self._fingerprint:
            self._known[record.key] = record.provenance.created, _labels(record)
            self._merge()

    def _merge(self) -> None:
        """Of every layer the labels of its newest dissection."""
        self._of = {}
        for _, layers in sorted(self._known.values(), key=lambda known: known[0]):
            self._of |= layers
        self.changed.emit()

    def _refresh(self) -> None:
        if self._fingerprint:
            self._flows.start(self._load(self._fingerprint))

    async def _load(self, fingerprint: str) -> None:
        wanted = [
            item.key
            for item in self._library.studies(DISSECTION.name)
            if item.network_fingerprint == fingerprint
        ][:_MOST]
        wanted = [key for key in wanted if key not in self._known]
        records = [await self._library.load(key) for key in wanted]
        if fingerprint != self._fingerprint or not wanted:
            return
        for record in records:
            if record is not None:
                self._known[record.key] = record.provenance.created, _labels(record)
        self._merge()


def _labels(record: Record) -> _OfLayers:
    order = record.order
    parameters = order.parameters
    assert isinstance(parameters, DissectionParameters)
    layers: _OfLayers = {}
    for label in labels_of(record.rows(), parameters.least):
        layers.setdefault(label.address.layer, {})[label.address.index] = label
    return layers

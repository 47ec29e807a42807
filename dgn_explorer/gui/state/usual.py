"""What is usual for a unit: where an activation lies among those of photographs."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.library import Library
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.top_photos import share_below, shares_below
from dgn_explorer.studies.top_photos.about import TOP_PHOTOS

_MOST = 20  # measured sets of one network that are read


@dataclass(frozen=True)
class _Layer:
    """Exact quantiles (units, levels) at ``levels`` of ``counted`` photographs."""

    made: str
    rows: dict[int, int]
    quantiles: np.ndarray
    levels: np.ndarray
    counted: int


@dataclass(frozen=True)
class Standing:
    """What a unit makes of a photograph, and the share of ``counted`` others that are below it.

    ``rarity`` goes from 0, above none, to 1, above all, in equal steps of the logarithm of how many
    others are above it.
    """

    unit: UnitAddress
    activation: float
    share: float
    counted: int

    @property
    def rarity(self) -> float:
        """From 0 to 1."""
        left = max(1 - self.share, 1 / (self.counted + 1))
        return float(np.log(left) / np.log(1 / (self.counted + 1)))

    @property
    def text(self) -> str:
        """``above 97 % of 2,400 photos``."""
        return _text(self.share, self.counted)


class Usual(QObject):
    """Of every layer of the open network the quantiles of the set that was measured last."""

    changed = Signal()

    def __init__(self, library: Library, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._flows = library, flows
        self._fingerprint = ""
        self._read: set[str] = set()
        self._layers: dict[str, _Layer] = {}
        library.changed.connect(self._refresh)

    def follow(self, network: NetworkInfo) -> None:
        """Know the photographs of this network from now on."""
        if network.fingerprint != self._fingerprint:
            self._fingerprint = network.fingerprint
            self._read.clear()
            self._layers.clear()
            self.changed.emit()
        self._refresh()

    def text(self, unit: UnitAddress, activation: float) -> str:
        """``above 97 % of 2,400 photos``; empty where none have been measured."""
        layer = self._layers.get(unit.layer)
        row = None if layer is None else layer.rows.get(unit.index)
        if layer is None or row is None or not np.isfinite(activation):
            return ""
        return _text(share_below(layer.quantiles[row], layer.levels, activation), layer.counted)

    @property
    def layers(self) -> dict[str, int]:
        """Layers of which photographs have been measured, with how many."""
        return {path: layer.counted for path, layer in self._layers.items()}

    def standings(self, path: str, values: np.ndarray, count: int) -> list[Standing]:
        """The ``count`` units of a measured layer for which ``values`` (units,) are least usual.

        The values are those of a photograph as sets are measured. Among units that it excites more
        than any other photograph did, those come first that it excites more by far.
        """
        layer = self._layers[path]
        units = [unit for unit in layer.rows if unit < len(values)]
        mine, rows = values[units], [layer.rows[unit] for unit in units]
        quantiles = layer.quantiles[rows]
        shares = shares_below(quantiles, layer.levels, mine)
        spread = quantiles[:, -1] - quantiles[:, 0]
        beyond = np.where(
            spread > 0, (mine - quantiles[:, -1]) / np.where(spread > 0, spread, 1), 0
        )
        best = np.lexsort((-beyond, -shares))[:count]
        return [
            Standing(UnitAddress(path, units[n]), float(mine[n]), float(shares[n]), layer.counted)
            for n in best.tolist()
        ]

    def take(self, record: Record) -> None:
        """Take up the quantiles of a measured set; any other record is left alone."""
        order = record.order
        if order.about.name != TOP_PHOTOS.name or order.network_fingerprint != self._fingerprint:
            return
        self._read.add(record.key)
        created, units = record.provenance.created, record.array("unit")
        names, quantiles = np.array(record.parts["layer"]), record.array("quantiles")
        for name in dict.fromkeys(record.parts["layer"]):
            known = self._layers.get(name)
            if known is not None and known.made > created:
                continue
            rows = np.flatnonzero(names == name)
            places = {int(units[row]): place for place, row in enumerate(rows.tolist())}
            levels, counted = record.array("levels"), int(record.array("counted")[0])
            self._layers[name] = _Layer(created, places, quantiles[rows], levels, counted)
        self.changed.emit()

    def _refresh(self) -> None:
        found = self._library.studies(TOP_PHOTOS.name)
        mine = [one.key for one in found if one.network_fingerprint == self._fingerprint][:_MOST]
        new = [key for key in mine if key not in self._read]
        if new:
            self._read.update(new)
            self._flows.start(self._load(self._fingerprint, new))

    async def _load(self, fingerprint: str, keys: list[str]) -> None:
        for key in keys:
            record = await self._library.load(key)
            if fingerprint == self._fingerprint and record is not None and record.state == DONE:
                self.take(record)


def _text(share: float, counted: int) -> str:
    what = "all" if share >= 1 else "none" if share <= 0 else f"{100 * share:.3g} %"
    return f"above {what} of {counted:,} photos"

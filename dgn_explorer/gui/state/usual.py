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
_STRONGEST = 0.995  # of the photographs are below a unit's strongest ones


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

    ``strength`` is 0 for what is usual among the others and 1 for what its strongest ones reach.
    """

    unit: UnitAddress
    activation: float
    share: float
    strength: float
    counted: int

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
        """The ``count`` units of a measured layer that ``values`` (units,) are strongest for.

        The values are those of a photograph as sets are measured. A unit's own range, from the
        median of the photographs to the strongest of them, is its measure; where that is less than
        is usual in the layer, as nothing in the set is of the unit's kind, the layer's is.
        """
        layer = self._layers[path]
        units = [unit for unit in layer.rows if unit < len(values)]
        mine, quantiles = values[units], layer.quantiles[[layer.rows[unit] for unit in units]]
        shares = shares_below(quantiles, layer.levels, mine)
        median, high = (
            quantiles[:, np.abs(layer.levels - level).argmin()] for level in (0.5, _STRONGEST)
        )
        ranges = np.maximum(high - median, np.median(high - median))
        strengths = (mine - median) / np.where(ranges > 0, ranges, 1)
        best = np.argsort(-strengths, kind="stable")[:count]
        return [
            Standing(
                UnitAddress(path, units[n]),
                float(mine[n]),
                float(shares[n]),
                float(strengths[n]),
                layer.counted,
            )
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

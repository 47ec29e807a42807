"""What a record of the study "top-photos" says of one unit; free of torch."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record

PROPOSED = ((0.05, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 0.95), (0.95, 0.995))


@dataclass(frozen=True)
class UnitPhotos:
    """A unit's row of a record; see `studies.top_photos`."""

    record: Record
    row: int

    @property
    def activations(self) -> np.ndarray:
        """Of its strongest photographs, best first, (k,)."""
        found: np.ndarray = self.record.array("activations")[self.row, : self._count]
        return found

    @property
    def photos(self) -> list[int]:
        """Numbers of the record's photographs, best first."""
        found: list[int] = self.record.array("photos")[self.row, : self._count].tolist()
        return found

    @property
    def fields(self) -> np.ndarray:
        """What the unit looks at of each, (k, 4): top, left, bottom, right as shares of a side."""
        boxes = self.record.array("fields")[self.row, : self._count]
        found: np.ndarray = boxes / self.record.array("side")[0]
        return found

    @property
    def histogram(self) -> tuple[np.ndarray, float, float]:
        """Counts of photographs in equal steps, and the activations where they begin and end."""
        quantiles = self.record.array("quantiles")[self.row]
        return self.record.array("histogram")[self.row], float(quantiles[0]), float(quantiles[-1])

    def quantile(self, level: float) -> float:
        """The activation that a share ``level`` of all photographs does not exceed."""
        levels = self.record.array("levels")
        return float(np.interp(level, levels, self.record.array("quantiles")[self.row]))

    def share_below(self, activation: float) -> float:
        """The share of all photographs that excite the unit less, to a percent."""
        quantiles = self.record.array("quantiles")[self.row]
        return share_below(quantiles, self.record.array("levels"), activation)

    def ranges(self) -> list[tuple[str, float, float]]:
        """Ranges of activations for inverse sets: what to call each, and its two ends."""
        found = []
        for low, high in PROPOSED:
            ends = self.quantile(low), self.quantile(high)
            if ends[0] < ends[1]:
                found.append((f"{100 * low:g}-{100 * high:g} % of the photographs", *ends))
        return found

    def thumbnail(self, number: int) -> np.ndarray | None:
        """The small picture (h, w, 3) uint8 of a photograph, None if there is none."""
        ends = self.record.array("thumbnail_ends")
        begin = int(ends[number - 1]) if number else 0
        data = self.record.array("thumbnails")[begin : int(ends[number])].tobytes()
        if not data:
            return None
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
            return np.array(picture.convert("RGB"))

    def lines(self) -> list[dict[str, Any]]:
        """One dictionary a photograph, for tables and JSON."""
        parts = self.record.parts
        names, folders, shas = parts["names"], parts["folders"], parts["sha256"]
        positions = self.record.array("positions")[self.row]
        boxes = self.record.array("fields")[self.row]
        return [
            {
                "rank": rank + 1,
                "activation": float(self.activations[rank]),
                "photo": names[number],
                "folder": folders[number],
                "position": positions[rank].tolist() if positions[rank][0] >= 0 else None,
                "field": boxes[rank].tolist(),
                "sha256": shas[number],
            }
            for rank, number in enumerate(self.photos)
        ]

    @property
    def _count(self) -> int:
        return int((self.record.array("photos")[self.row] >= 0).sum())


def share_below(quantiles: np.ndarray, levels: np.ndarray, activation: float) -> float:
    """The share of photographs with less than ``activation``, of ``quantiles`` at ``levels``.

    >>> share_below(np.array([0.0, 2.0, 10.0]), np.array([0.0, 0.5, 1.0]), 4.0)
    0.625
    """
    return float(shares_below(quantiles[None], levels, np.array([activation]))[0])


def shares_below(quantiles: np.ndarray, levels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`share_below` of a value for each of several units: (units, levels), (units,) to (units,)."""
    place = (quantiles < values[:, None]).sum(1)
    rows, after = np.arange(len(values)), place.clip(1, len(levels) - 1)
    low, high = quantiles[rows, after - 1], quantiles[rows, after]
    apart = high > low
    within = np.where(apart, (values - low) / np.where(apart, high - low, 1), 0)
    found = levels[after - 1] + within * (levels[after] - levels[after - 1])
    return np.select([place == 0, place == len(levels)], [0.0, 1.0], found)


def unit_photos(record: Record, unit: UnitAddress) -> UnitPhotos:
    """The row of ``unit``, whose position plays no part; raises `DgnError` if it has none."""
    layers = record.parts["layer"]
    indices = record.array("unit")
    for row, layer in enumerate(layers):
        if layer == unit.layer and indices[row] == unit.index:
            return UnitPhotos(record, row)
    raise DgnError(
        f"{unit.layer}:{unit.index} was not among what was measured.",
        f"Measure its layer: dgn-explorer photos measure SET --layer {unit.layer}",
    )

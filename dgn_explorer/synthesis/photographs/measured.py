"""`Measured`: what is asked of measured photographs, read a shard at a time.

A hundred thousand photographs of a layer of 1,280 units are half a gigabyte: never is more in
memory than a block of units, or what is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.photos.collection import Collection
from dgn_explorer.synthesis.photographs.shards import Shards

FEATURES = "\0features"  # no layer has such a path
_BLOCK_BYTES = 64 << 20


@dataclass(frozen=True)
class Top:
    """The strongest photographs of every unit of a layer, best first, all (units, k).

    ``photos`` are places in the collection, -1 where there are fewer than k; ``values`` what the
    unit makes of them, and ``places`` where in its map, -1 for a layer without maps.
    """

    photos: np.ndarray
    values: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class Measured:
    """Photographs of ``collection`` as a network sees them.

    ``kept`` are the places of those that could be measured; ``unreadable`` says of each other why
    not, one sentence.
    """

    collection: Collection
    info: NetworkInfo
    shards: Mapping[str, Shards]
    kept: tuple[int, ...]
    unreadable: tuple[str, ...]

    def features(self, places: Sequence[int] | None = None) -> np.ndarray:
        """Pooled features (n, D) float32 of the photographs at ``places``, else of all `kept`."""
        return self.values(FEATURES, places=places).T

    def values(
        self,
        layer: str,
        units: slice | Sequence[int] = slice(None),
        places: Sequence[int] | None = None,
    ) -> np.ndarray:
        """What ``units`` of ``layer`` make of photographs: (units, n) float32."""
        wanted = self._wanted(places)
        found: np.ndarray | None = None
        for numbers, (values,) in self.shards[layer].parts(wanted):
            assert values is not None  # every shard has values
            part = values[units]
            if found is None:
                found = np.empty((len(part), len(wanted)), np.float32)
            found[:, numbers] = part
        assert found is not None  # there is a photograph
        return found

    def where(self, layer: str, unit: int, places: Sequence[int]) -> np.ndarray:
        """Where in its map ``unit`` is strongest in the photographs at ``places``: (n,) int64.

        -1 for a layer without maps.
        """
        wanted = self._wanted(places)
        found = np.full(len(wanted), -1)
        for numbers, (where,) in self.shards[layer].parts(wanted, ("places",)):
            if where is not None:
                found[numbers] = where[unit]
        return found

    def blocks(self, layer: str) -> Iterator[tuple[int, np.ndarray]]:
        """The units of ``layer`` in blocks: the first unit's index, and (units, kept) float32."""
        count = self.info.layer(layer).channels
        size = max(1, _BLOCK_BYTES // (4 * len(self.kept)))
        for first in range(0, count, size):
            yield first, self.values(layer, slice(first, first + size))

    def top(self, layer: str, k: int, units: slice | Sequence[int] = slice(None)) -> Top:
        """The ``k`` strongest photographs of ``units``; of equal ones the first in the set."""
        best: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        kept = np.array(self.kept)
        for numbers, arrays in self.shards[layer].parts(self._wanted(), ("values", "places")):
            values, where = arrays
            assert values is not None  # every shard has values
            part = values[units]
            photos = np.broadcast_to(kept[numbers], part.shape)
            places = np.full(part.shape, -1) if where is None else where[units].astype(np.int64)
            if best is not None:
                photos = np.concatenate([best[0], photos], 1)
                part = np.concatenate([best[1], part], 1)
                places = np.concatenate([best[2], places], 1)
            order = np.lexsort((photos, -part))[:, :k]
            photos, part, places = (np.take_along_axis(a, order, 1) for a in (photos, part, places))
            best = photos, part, places
        assert best is not None  # there is a photograph
        missing = ((0, 0), (0, max(0, k - best[0].shape[1])))
        return Top(
            np.pad(best[0], missing, constant_values=-1).astype(np.int32),
            np.pad(best[1], missing).astype(np.float32),
            np.pad(best[2], missing, constant_values=-1).astype(np.int32),
        )

    def _wanted(self, places: Sequence[int] | None = None) -> list[str]:
        chosen = self.kept if places is None else places
        return [self.collection.listed[place].sha256 for place in chosen]

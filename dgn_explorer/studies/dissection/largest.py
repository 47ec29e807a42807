"""The largest values of many units with their places, exact, from a stream.

A threshold that a share q of all values exceeds is the value after the floor(q * n) largest, so
keeping that many and one is enough, whatever comes: the threshold is that of a full sort, and the
places above it are the unit's mask, so that no second pass over the pictures is needed.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

_ENTRY_BYTES = 8  # float32 and int32


class Largest:
    """Keeps the ``keep`` largest values of each of ``units``, on ``device``.

    Takes 8 bytes for each of ``units * room(keep, together)`` entries, however many values come;
    ``together`` is the most values a unit that `add` gets for one picture. Values that are not
    numbers are left out.
    """

    def __init__(self, units: int, keep: int, together: int, device: torch.device) -> None:
        self.keep = keep
        self._room = room(keep, together)
        self._values = torch.full((units, self._room), -torch.inf, device=device)
        self._places = torch.zeros((units, self._room), dtype=torch.int32, device=device)
        self._fill = torch.zeros(units, dtype=torch.int64, device=device)
        self._floor = torch.full((units,), -torch.inf, device=device)

    def add(self, maps: Tensor, numbers: Tensor) -> None:
        """Take values (N, units, P) of pictures with ``numbers`` (N,) in.

        The place of a value is its picture's number times P and its place in the map.
        """
        count, units, size = maps.shape
        values = maps.permute(1, 0, 2).reshape(units, count * size)
        above = values > self._floor[:, None]
        counts = above.sum(1)
        if int((self._fill + counts).max()) > self._room:
            self._compact()
            above = values > self._floor[:, None]
            counts = above.sum(1)
            if int((self._fill + counts).max()) > self._room:
                half = count // 2  # one map always has room
                self.add(maps[:half], numbers[:half])
                self.add(maps[half:], numbers[half:])
                return
        unit, place = above.nonzero(as_tuple=True)  # by unit
        before = counts.cumsum(0) - counts
        slot = torch.arange(len(unit), device=unit.device) - before[unit] + self._fill[unit]
        at = unit * self._room + slot
        self._values.view(-1)[at] = values[unit, place]
        picture = numbers[place.div(size, rounding_mode="floor")]
        self._places.view(-1)[at] = (picture * size + place % size).int()
        self._fill += counts

    def _compact(self) -> None:
        best = self._values.topk(self.keep, 1, sorted=False)
        self._values[:, : self.keep] = best.values
        self._values[:, self.keep :] = -torch.inf
        self._places[:, : self.keep] = self._places.gather(1, best.indices)
        self._fill.clamp_(max=self.keep)
        full = self._fill == self.keep
        self._floor = torch.where(full, best.values.min(1).values, -torch.inf)

    def above(self, count: int) -> Iterator[tuple[float, np.ndarray]]:
        """For every unit the largest value that ``count`` others reach or exceed, and the places
        (M,) int32 of those that exceed it, in no order; ``count`` is below ``keep``.

        The value is -inf if too few numbers came.
        """
        self._compact()
        values, places = self._values[:, : self.keep].cpu(), self._places[:, : self.keep].cpu()
        thresholds = values.topk(count + 1, 1).values[:, -1]
        for row, place, threshold in zip(values, places, thresholds, strict=True):
            yield float(threshold), place[row > threshold].numpy()

    def state(self) -> dict[str, np.ndarray]:
        """Everything that has come, as arrays for `restore`."""
        used = int(self._fill.max())
        return {
            "values": self._values[:, :used].cpu().numpy(),
            "places": self._places[:, :used].cpu().numpy(),
            "fill": self._fill.cpu().numpy(),
            "floor": self._floor.cpu().numpy(),
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from `state`; raises `ValueError` if that is another's."""
        values, places = state["values"], state["places"]
        used = values.shape[1] if values.ndim == 2 else self._room + 1
        if values.shape != places.shape or len(values) != len(self._fill) or used > self._room:
            raise ValueError("other units or places")
        device = self._values.device
        self._values.fill_(-torch.inf)
        self._values[:, :used] = torch.from_numpy(values).to(device)
        self._places[:, :used] = torch.from_numpy(places).to(device)
        self._fill = torch.from_numpy(state["fill"]).to(device)
        self._floor = torch.from_numpy(state["floor"]).to(device)


def room(keep: int, together: int) -> int:
    """Entries a unit for ``keep``: with slack, so that the least are thrown out now and then."""
    return keep + max(together, keep // 2)


def bytes_a_unit(keep: int, together: int) -> int:
    """What a unit takes."""
    return _ENTRY_BYTES * room(keep, together)

"""Which photographs a unit's facets are of, and what of each is looked at.

Of a class they are its photographs, whole. Of a hidden unit they are those that excite it most, cut
to the part that it looks at where it is strongest.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.photos.collection import Collection
from dgn_explorer.synthesis.methods.facets.about import FacetsParameters
from dgn_explorer.synthesis.photographs.fields import Box, fields_of
from dgn_explorer.synthesis.photographs.measured import FEATURES, Measured
from dgn_explorer.synthesis.photographs.measuring import BATCH, LayerReader, square_of
from dgn_explorer.synthesis.progress import Progress

LEAST_FACETS = 4  # of those that are tried
A_FACET = 4  # photographs at least, on average
CORE = 0.8  # of the gradient's energy lies in the part of a photograph that is cut out
_FINER = 2  # times the working size: photographs from which parts are cut


@dataclass(frozen=True)
class Gathered:
    """n photographs of a unit, the strongest first.

    ``features`` (n, D) are the network's pooled ones of what is looked at, ``values`` (n,) what the
    unit makes of each, and ``picture(number, size)`` (size, size, 3) uint8 shows what is looked at.
    """

    names: tuple[str, ...]
    features: np.ndarray
    values: np.ndarray
    picture: Callable[[int, int], np.ndarray]
    unreadable: tuple[str, ...]


def gather(
    network: Network, measured: Measured, unit: UnitAddress, p: FacetsParameters
) -> Generator[Progress[Any], None, Gathered]:
    """The photographs for ``unit``; raises `DgnError` if there are too few."""
    info = network.info
    of_class = unit.layer == info.output_layer
    places = _in_folder(measured, p.folder)
    if of_class and not p.folder:
        places = _of_class(measured, unit, info.label(unit), places)
    least = max(2 * A_FACET, A_FACET * (p.facets or LEAST_FACETS))
    name = info.label(unit) or str(unit)
    most = p.most if of_class else p.crops
    if (there := min(len(places), most)) < least:
        raise DgnError(
            f"{measured.collection.name} has {there} photograph{'s' * (there != 1)} for {name};"
            f" its facets need {least}.",
            "Give more photographs, or say in which folder those of it are (--folder).",
        )
    values = measured.values(unit.layer, [unit.index], places)[0]
    order = np.argsort(-values, kind="stable")[:most]
    places, values = [places[n] for n in order], values[order]
    collection = measured.collection
    names = tuple(collection.names[place] for place in places)
    boxes = None if of_class else _boxes(network, measured, unit, places)
    if boxes is None:
        features = measured.features(places)

        def picture(number: int, size: int) -> np.ndarray:
            place = places[number]
            return square_of(collection.read(place), collection.names[place], size)
    else:
        cut = _Cuts(collection, places, boxes, info.working_size)
        picture = cut.picture
        features = yield from _features(network, cut, len(places))
    return Gathered(names, features, values, picture, measured.unreadable)


def _in_folder(measured: Measured, folder: str) -> list[int]:
    collection = measured.collection
    if not folder:
        return list(measured.kept)
    places = [place for place in measured.kept if collection.listed[place].folder == folder]
    if not places:
        some = ", ".join(collection.folders[:8])
        raise DgnError(
            f"{collection.name} has no photographs in a folder {folder!r}.",
            f"Its folders are: {some}{' …' if len(collection.folders) > 8 else ''}.",
        )
    return places


def _of_class(measured: Measured, unit: UnitAddress, label: str, places: list[int]) -> list[int]:
    """The photographs in the class's own folder; without one, those that are seen as the class."""
    listed = measured.collection.listed
    own = [p for p in places if label and _plain(listed[p].folder) == _plain(label)]
    if own:
        return own
    best = np.full(len(measured.kept), -np.inf, np.float32)
    for first, values in measured.blocks(unit.layer):
        others = values.copy()
        if first <= unit.index < first + len(values):
            others[unit.index - first] = -np.inf
        best = np.maximum(best, others.max(0))
    mine = measured.values(unit.layer, [unit.index])[0]
    return [place for place, seen in zip(measured.kept, mine > best, strict=True) if seen]


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().lower()


def _boxes(
    network: Network, measured: Measured, unit: UnitAddress, places: Sequence[int]
) -> list[Box] | None:
    """What the unit looks at of each photograph; None for a layer without maps."""
    fields = fields_of(network, unit.layer, CORE)
    if fields is None:
        return None
    where = measured.where(unit.layer, unit.index, places)
    return [fields.box(int(place)) for place in where]


class _Cuts:
    """Square parts of photographs around boxes in their middle squares of ``side`` px."""

    def __init__(
        self, collection: Collection, places: Sequence[int], boxes: Sequence[Box], side: int
    ) -> None:
        self._collection, self._places, self._boxes, self._side = collection, places, boxes, side

    def picture(self, number: int, size: int) -> np.ndarray:
        """One part, (size, size, 3) uint8."""
        place, fine = self._places[number], _FINER * self._side
        data, name = self._collection.read(place), self._collection.names[place]
        whole = Image.fromarray(square_of(data, name, fine))
        cut = whole.crop(squared(self._boxes[number], self._side, _FINER))
        return np.array(cut.resize((size, size), Image.Resampling.BICUBIC))


def squared(box: Box, side: int, scale: int = 1) -> Box:
    """The square around ``box`` (top, left, bottom, right), moved into the picture, as left, top,
    right, bottom times ``scale``.

    >>> squared((0, 10, 40, 30), 100)
    (0, 0, 40, 40)
    """
    top, left, bottom, right = box
    edge = min(side, max(bottom - top, right - left))
    x = min(max(0, (left + right - edge) // 2), side - edge)
    y = min(max(0, (top + bottom - edge) // 2), side - edge)
    return scale * x, scale * y, scale * (x + edge), scale * (y + edge)


def _features(
    network: Network, cut: _Cuts, count: int
) -> Generator[Progress[Any], None, np.ndarray]:
    reader, size = LayerReader(network, [FEATURES]), network.info.working_size
    found = []
    step = min(BATCH, network.info.batch_limit or BATCH)
    for at in range(0, count, step):
        pictures = [cut.picture(n, size) for n in range(at, min(at + step, count))]
        found.append(reader(np.stack(pictures))[FEATURES][0].T)
        yield Progress(min(at + step, count), count + 1)
    return np.concatenate(found)

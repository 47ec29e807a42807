"""Which places of every picture have which name, on the grid; small enough to keep all of them."""

import zlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.concepts.colours import CATEGORY, COLOURS
from dgn_explorer.photos.concepts.concept_set import Concept, ConceptSet, Picture
from dgn_explorer.photos.concepts.masks import UNNAMED

EVERYWHERE = ""  # the source of colours: every picture has it
_TOGETHER = 32  # pictures between two reports


@dataclass(frozen=True)
class Named:
    """What is named in the pictures of a set.

    ``concepts`` are those that occur, then the colours if there are any. ``planes`` holds for
    every picture its planes (side, side) int32 of places in ``concepts`` or `UNNAMED`, packed;
    ``shapes`` the (H, W) of its mask files, and ``wrong`` why a picture cannot be used.
    """

    side: int
    concepts: tuple[Concept, ...]
    sources: tuple[tuple[str, ...], ...]
    halves: tuple[int, ...]
    planes: tuple[tuple[bytes, ...], ...]
    shapes: tuple[tuple[tuple[int, int], ...], ...]
    wrong: dict[int, str]
    coloured: bool

    def of(self, number: int, further: Sequence[bytes] = ()) -> list[np.ndarray]:
        """The planes of one picture, flat, and ``further`` packed ones."""
        return [unpacked(one) for one in (*self.planes[number], *further)]

    @property
    def first_colour(self) -> int:
        """The place of the first colour in ``concepts``."""
        return len(self.concepts) - len(COLOURS)


def packed(plane: np.ndarray) -> bytes:
    """A plane as `Named` holds it: a mask is mostly equal runs."""
    return zlib.compress(np.ascontiguousarray(plane).tobytes(), 1)


def unpacked(data: bytes) -> np.ndarray:
    """A plane flat, (cells,) int32."""
    return np.frombuffer(zlib.decompress(data), np.int32)


def name_places(
    found: ConceptSet, side: int, colours: bool
) -> Generator[tuple[int, int], None, Named]:
    """Read every mask of a set; yields how many pictures are done, of how many.

    A picture whose mask cannot be read or means nothing is left out with the reason; raises
    `DgnError` if that is every one. ``colours`` are left out if the set names its own.
    """
    counted = _Counted(found, side)
    for number, picture in enumerate(found.pictures):
        if number % _TOGETHER == 0:
            yield number, len(found.pictures)
        counted.take(number, picture)
    if len(counted.wrong) == len(found.pictures):
        raise DgnError(next(iter(counted.wrong.values())), "It is so for every picture of the set.")
    return counted.named(colours)


class _Counted:
    def __init__(self, found: ConceptSet, side: int) -> None:
        self._found, self._side = found, side
        self._occurs = np.zeros(len(found.concepts) + 1, bool)  # the last one: UNNAMED
        self._allowed: dict[tuple[str, ...], np.ndarray] = {}
        self._packed: list[list[bytes]] = []
        self._shapes: list[tuple[tuple[int, int], ...]] = []
        self.wrong: dict[int, str] = {}

    def take(self, number: int, picture: Picture) -> None:
        planes, shapes = [], []
        try:
            for one in picture.planes:
                plane, shape = one.on_grid(self._side)
                planes.append(self._allowed_in(picture)[plane])
                if shape is not None:
                    shapes.append(shape)
        except DgnError as error:
            self.wrong[number] = error.message
            planes, shapes = [], []
        for place, plane in enumerate(planes):
            for before in planes[:place]:  # two masks with one name at one place are one
                plane[plane == before] = UNNAMED
            self._occurs[plane] = True
        self._packed.append([packed(plane) for plane in planes])
        self._shapes.append(tuple(shapes))

    def _allowed_in(self, picture: Picture) -> np.ndarray:
        """Concept -> itself, or UNNAMED if it was not looked for in such pictures."""
        if picture.sources not in self._allowed:
            keeps = [
                place if one.source is None or one.source in picture.sources else UNNAMED
                for place, one in enumerate(self._found.concepts)
            ]
            self._allowed[picture.sources] = np.array([*keeps, UNNAMED], np.int32)
        return self._allowed[picture.sources]

    def named(self, colours: bool) -> Named:
        kept = np.flatnonzero(self._occurs[:-1])
        concepts = [self._found.concepts[place] for place in kept]
        renamed = np.full(len(self._occurs), UNNAMED, np.int32)
        renamed[kept] = np.arange(len(kept))
        planes = [
            tuple(packed(renamed[unpacked(one)]) for one in planes) for planes in self._packed
        ]
        own = any(one.category in ("color", CATEGORY) for one in concepts)
        coloured = colours and not own
        if coloured:
            concepts += [Concept(name, CATEGORY, EVERYWHERE) for name in COLOURS]
        pictures = self._found.pictures
        return Named(
            self._side,
            tuple(concepts),
            tuple((EVERYWHERE, *picture.sources) for picture in pictures),
            halves_of(pictures),
            tuple(planes),
            tuple(self._shapes),
            self.wrong,
            coloured,
        )


def halves_of(pictures: tuple[Picture, ...]) -> tuple[int, ...]:
    """0 or 1 for every picture: in turn within each source, so that both halves have all of them.

    Sets list what belongs together side by side, a class or a film, so every concept comes to
    both halves about equally often; frames of one film do so too, which agree more than strangers.
    """
    seen: dict[tuple[str, ...], int] = {}
    halves = []
    for picture in pictures:
        before = seen.get(picture.sources, 0)
        seen[picture.sources] = before + 1
        halves.append(before % 2)
    return tuple(halves)

"""What a concept set is: named concepts, and pictures with the planes that say what is where."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.concepts.masks import UNNAMED, on_grid, read_indices
from dgn_explorer.photos.concepts.set_files import SetFiles

_UNKNOWN = -2  # in a plane's places


@dataclass(frozen=True)
class Concept:
    """Something that was named in pictures.

    ``source`` says in which pictures it was looked for: those of this source alone count for it,
    since a tree in another source's picture may be there without anybody having named it. None is
    the sources in whose pictures it is named at all.
    """

    name: str
    category: str
    source: str | None = None


@dataclass(frozen=True)
class Plane:
    """One layer of names over a picture: those of a mask file, or one for all of it.

    ``places`` says for every index of the file which concept of the set it is: `UNNAMED` for an
    index that names nothing, and -2 for one that the set's table does not know.
    """

    name: str
    places: np.ndarray
    read: Callable[[], bytes] | None = None
    whole: int = UNNAMED

    def on_grid(self, side: int) -> tuple[np.ndarray, tuple[int, int] | None]:
        """The concepts (side, side) int32, and the file's (H, W); raises `DgnError`."""
        if self.read is None:
            return np.full((side, side), self.whole, np.int32), None
        indices = read_indices(self.read(), self.name)
        most = int(indices.max(initial=0))
        known = most < len(self.places) and int(indices.min(initial=0)) >= 0
        concepts = self.places[indices] if known else None
        if concepts is None or bool((concepts == _UNKNOWN).any()):
            wrong = most if concepts is None else int(indices[concepts == _UNKNOWN].max())
            raise DgnError(
                f"{self.name} holds the index {wrong}, which the set's table does not name.",
                "Name it in the table, or take it out of the mask.",
            )
        return on_grid(concepts, side), (indices.shape[0], indices.shape[1])


@dataclass(frozen=True)
class Picture:
    """A picture, the sources whose concepts were looked for in it, and its planes."""

    name: str
    sources: tuple[str, ...]
    read: Callable[[], bytes]
    planes: tuple[Plane, ...]


@dataclass(frozen=True)
class ConceptSet:
    """Concepts and pictures in a fixed order; close it to close a zip.

    ``used`` are the files that count, in the order in which they are hashed.
    """

    files: SetFiles
    concepts: tuple[Concept, ...]
    pictures: tuple[Picture, ...]
    used: tuple[str, ...]

    def close(self) -> None:
        """Close the zip."""
        self.files.close()

    def manifest(self) -> bytes:
        """What an order names the set by: short, and different for every other content."""
        values = {
            "concept_set": 1,
            "sha256": self.files.digest(self.used),
            "pictures": len(self.pictures),
            "concepts": len(self.concepts),
        }
        return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


class ConceptSets(Protocol):
    """What an order's concept sets are opened by."""

    @property
    def unfinished(self) -> Path:
        """The folder for what long work has done so far; losing it costs time alone."""

    def open(self, sha256: str) -> ConceptSet:
        """The set of this name; raises `DgnError` if it is not known, or has changed."""


def places_of(indices: dict[int, int]) -> np.ndarray:
    """The ``places`` of planes: index in a file -> place of the concept; 0 names nothing."""
    places = np.full(max(indices, default=0) + 1, _UNKNOWN, np.int32)
    places[0] = UNNAMED
    for index, place in indices.items():
        places[index] = place
    return places

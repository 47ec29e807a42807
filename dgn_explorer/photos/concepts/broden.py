"""The layout of Broden, the set of Network Dissection (Bau et al. 2017; CSAILVision/NetDissect).

``index.csv`` has a row a picture: image, split, ih, iw, sh, sw, then a column a category. A cell
lists, with semicolons between, files of indices and numbers that hold for the whole picture;
files lie below ``images/`` and hold red + 256 * green. ``label.csv`` (number, name) names the
numbers. A number that occurs in several categories is a concept in each, and a concept counts on
the pictures whose row says anything in its category.
"""

from functools import partial

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.concepts.concept_set import (
    Concept,
    ConceptSet,
    Picture,
    Plane,
    places_of,
)
from dgn_explorer.photos.concepts.masks import UNNAMED
from dgn_explorer.photos.concepts.set_files import WAY_OUT, SetFiles
from dgn_explorer.photos.concepts.tables import MOST_CONCEPTS, index_of, name_of, read_table

TABLE = "index.csv"
_LABELS = "label.csv"
_ABOUT = frozenset({"image", "split", "ih", "iw", "sh", "sw"})
_FOLDER = "images"


def read_set(files: SetFiles) -> ConceptSet:
    """The set in ``files``; raises `DgnError`."""
    names = _names(files)
    rows = read_table(files, TABLE, ("image",))
    categories = [column for column in rows[0] if column not in _ABOUT]
    if not categories:
        raise DgnError(f"{files.title}/{TABLE} has no column of a category.", WAY_OUT)
    if len(names) * len(categories) > MOST_CONCEPTS:
        raise DgnError(
            f"{files.title} has {len(names)} labels in {len(categories)} categories.",
            f"At most {MOST_CONCEPTS} concepts are read.",
        )
    labels = [_Labels(files, category, names, at) for at, category in enumerate(categories)]
    concepts = [
        Concept(name, name_of(category), category)
        for category in categories
        for name in names.values()
    ]
    pictures: dict[str, Picture] = {}
    used: set[str] = set()
    for row in rows:
        image = f"{_FOLDER}/{row['image']}"
        if image in pictures:
            raise DgnError(
                f"{files.title}/{TABLE} lists {row['image']!r} twice.", "Leave one of the two out."
            )
        cells = {one.category: _cells(row, one.category) for one in labels}
        planes = [one.plane(cell) for one in labels for cell in cells[one.category]]
        sources = tuple(category for category in categories if cells[category])
        read = partial(files.read, image)
        pictures[image] = Picture(f"{files.title}/{image}", sources, read, tuple(planes))
        masks = [cell for found in cells.values() for cell in found if not cell.isdecimal()]
        used |= {image, *(f"{_FOLDER}/{mask}" for mask in masks)}
    named = tuple(picture for picture in pictures.values() if picture.planes)
    if not named:
        raise DgnError(f"{files.title} holds no pictures with labels.", WAY_OUT)
    return ConceptSet(files, tuple(concepts), named, (_LABELS, TABLE, *sorted(used)))


class _Labels:
    """The labels of one category: their concepts begin at ``at`` times as many as there are."""

    def __init__(self, files: SetFiles, category: str, names: dict[int, str], at: int) -> None:
        self.category = category
        self._files = files
        self._place = {number: at * len(names) + i for i, number in enumerate(names)}
        self._places = places_of(self._place)

    def plane(self, cell: str) -> Plane:
        """What one entry of a cell says; raises `DgnError` for a number without a name."""
        where = f"{self._files.title}/{TABLE}"
        if not cell.isdecimal():
            mask = f"{_FOLDER}/{cell}"
            read = partial(self._files.read, mask)
            return Plane(f"{self._files.title}/{mask}", self._places, read)
        number = index_of(cell, where)
        if number and number not in self._place:
            raise DgnError(
                f"{where} holds the label {number}, which {_LABELS} does not name.",
                "Name it there, or take it out of the row.",
            )
        return Plane(where, self._places, whole=self._place.get(number, UNNAMED))


def _cells(row: dict[str, str], category: str) -> list[str]:
    return [cell.strip() for cell in row[category].split(";") if cell.strip()]


def _names(files: SetFiles) -> dict[int, str]:
    where = f"{files.title}/{_LABELS}"
    names: dict[int, str] = {}
    for row in read_table(files, _LABELS, ("number", "name")):
        number = index_of(row["number"], where)
        if number == 0:  # "-": nothing
            continue
        if number in names:
            raise DgnError(f"{where} holds the number {number} twice.", "Leave one of the two out.")
        names[number] = name_of(row["name"]) or str(number)
    if not names:
        raise DgnError(f"{where} names no concept.", WAY_OUT)
    return names

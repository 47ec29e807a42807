"""The simple layout: ``images/``, ``masks/`` of indices, and ``concepts.csv``.

``concepts.csv`` has the columns index, name, category, and on request source; index 0 is what
nobody has named. A mask is called like its picture and is its size, or that of a smaller copy.
``images.csv`` (image, and on request source and label) may say where a picture comes from, and the
one concept of a picture without a mask; ``counts.csv`` (index, source) where a concept was looked
for, if ``concepts.csv`` does not say so.
"""

from functools import partial
from pathlib import PurePosixPath

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.concepts.concept_set import (
    Concept,
    ConceptSet,
    Picture,
    Plane,
    places_of,
)
from dgn_explorer.photos.concepts.set_files import WAY_OUT, SetFiles
from dgn_explorer.photos.concepts.tables import MOST_CONCEPTS, index_of, name_of, read_table
from dgn_explorer.photos.files import is_photo_name

TABLE = "concepts.csv"
_IMAGES, _COUNTS = "images.csv", "counts.csv"


def read_set(files: SetFiles) -> ConceptSet:
    """The set in ``files``; raises `DgnError`."""
    concepts, places = _concepts(files)
    by_name = {concept.name: place for place, concept in enumerate(concepts)}
    lut = places_of(places)
    listed = _listed(files)
    images, masks = _by_stem(files, "images"), _by_stem(files, "masks")
    pictures, used = [], []
    for stem, name in images.items():
        if listed and stem not in listed:
            continue
        row = listed.get(stem, {})
        if stem in masks:
            mask = masks[stem]
            shown = f"{files.title}/{mask}"
            planes: tuple[Plane, ...] = (Plane(shown, lut, partial(files.read, mask)),)
            used.append(mask)
        elif label := name_of(row.get("label", "")):
            if label not in by_name:
                raise DgnError(
                    f"{files.title}/{_IMAGES} labels {stem} {label!r}, which is no concept.",
                    f"Name it in {TABLE}.",
                )
            planes = (Plane(name, lut, whole=by_name[label]),)
        else:
            continue  # nobody has said anything about it
        used.append(name)
        source = row.get("source", "") or "all"
        read = partial(files.read, name)
        pictures.append(Picture(f"{files.title}/{name}", (source,), read, planes))
    if not pictures:
        raise DgnError(f"{files.title} holds no pictures with masks.", WAY_OUT)
    tables = [name for name in (TABLE, _IMAGES, _COUNTS) if name in files.names]
    return ConceptSet(files, concepts, tuple(pictures), tuple(tables + sorted(used)))


def _concepts(files: SetFiles) -> tuple[tuple[Concept, ...], dict[int, int]]:
    rows = read_table(files, TABLE, ("index", "name", "category"))
    where = f"{files.title}/{TABLE}"
    if len(rows) > MOST_CONCEPTS:
        raise DgnError(f"{where} names {len(rows)} concepts.", f"At most {MOST_CONCEPTS} are read.")
    sources = _sources(files)
    concepts: list[Concept] = []
    places: dict[int, int] = {}
    names: set[tuple[str, str]] = set()
    for row in rows:
        index = index_of(row["index"], where)
        named = name, category = name_of(row["name"]), name_of(row["category"])
        if index == 0 or not name:
            what = "no name for the index" if index else "a name for the index"
            raise DgnError(f"{where} has {what} {index}.", "Index 0 is what nobody has named.")
        if index in places or named in names:
            what = f"the index {index}" if index in places else f"the concept {name!r}"
            raise DgnError(f"{where} holds {what} twice.", "Leave one of the two out.")
        places[index] = len(concepts)
        names.add(named)
        source = row.get("source") or sources.get(index)
        concepts.append(Concept(name, category, source or None))
    return tuple(concepts), places


def _sources(files: SetFiles) -> dict[int, str]:
    if _COUNTS not in files.names:
        return {}
    where = f"{files.title}/{_COUNTS}"
    rows = read_table(files, _COUNTS, ("index", "source"))
    return {index_of(row["index"], where): row["source"] for row in rows}


def _listed(files: SetFiles) -> dict[str, dict[str, str]]:
    if _IMAGES not in files.names:
        return {}
    listed: dict[str, dict[str, str]] = {}
    for row in read_table(files, _IMAGES, ("image",)):
        stem = _stem(row["image"])
        if stem in listed:
            raise DgnError(
                f"{files.title}/{_IMAGES} lists {stem!r} twice.", "Leave one of the two out."
            )
        listed[stem] = row
    return listed


def _by_stem(files: SetFiles, folder: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in files.named(folder):
        if not is_photo_name(name):
            continue
        stem = _stem(name.removeprefix(f"{folder}/"))
        if stem in found:
            raise DgnError(
                f"{files.title} holds both {found[stem]} and {name}.", "Keep one of the two."
            )
        found[stem] = name
    return found


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if is_photo_name(name) else str(path)

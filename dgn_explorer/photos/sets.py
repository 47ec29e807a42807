"""Labelled photographs: a folder or zip with one folder a class."""

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.files import is_photo_name, open_file, read_entry, read_file

_WAY_OUT = "Give a folder or zip of photographs with one folder a class."


@dataclass(frozen=True, slots=True)  # there may be a million
class Photo:
    """One photograph: its class folder, and how to read its bytes.

    ``read`` raises `DgnError` for what is no ordinary file or too large (see `files`). ``stamp``
    changes when the file does: its size with its time, or with the checksum that a zip lists.
    """

    name: str
    folder: str
    read: Callable[[], bytes]
    stamp: str


@dataclass(frozen=True)
class PhotoSet:
    """Photographs in a fixed order; close it to close a zip."""

    photos: tuple[Photo, ...]
    close: Callable[[], None]

    @property
    def folders(self) -> tuple[str, ...]:
        """The class folders, sorted."""
        return tuple(sorted({photo.folder for photo in self.photos}))


def open_photos(path: Path) -> PhotoSet:
    """List the photographs in a folder or zip; raises `DgnError` if there are none.

    No photograph is read before it is asked for, and then one at a time.
    """
    found = _in_folder(path) if path.is_dir() else _in_zip(path)
    if not found.photos:
        found.close()
        raise DgnError(f"{path} holds no photographs.", _WAY_OUT)
    return found


def photo_files(folder: Path) -> list[Path]:
    """Everything in and below ``folder`` that is called like a photograph, but folders; sorted."""
    return sorted(
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if is_photo_name(name)
    )


def _in_folder(path: Path) -> PhotoSet:
    files = photo_files(path)
    photos = [Photo(str(p), p.parent.name, partial(read_file, p, str(p)), _stamp(p)) for p in files]
    return PhotoSet(tuple(photos), lambda: None)


def _in_zip(path: Path) -> PhotoSet:
    file = open_file(path)
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:  # whatever a damaged list of contents makes of the reader
        file.close()
        raise DgnError(f"{path} cannot be read ({error}).", _WAY_OUT) from None

    def close() -> None:
        archive.close()
        file.close()

    # Of two entries with one name the last counts, as for every other program
    entries = {i.filename: i for i in archive.infolist() if not i.is_dir()}
    photos = [
        Photo(
            shown := f"{path}/{name}",
            _folder_of(name),
            partial(read_entry, archive, entries[name], shown),
            f"{entries[name].file_size} {entries[name].CRC:08x}",
        )
        for name in sorted(entries)
        if is_photo_name(name)
    ]
    return PhotoSet(tuple(photos), close)


def _folder_of(name: str) -> str:
    """Of an entry; without a path object, which keeps every name that it has seen for ever.

    >>> _folder_of("photos/cat/1.jpg"), _folder_of("1.jpg")
    ('cat', '')
    """
    return name.rpartition("/")[0].rpartition("/")[2]


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:  # whoever reads it is told why
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def spread(photos: tuple[Photo, ...], limit: int | None) -> tuple[Photo, ...]:
    """At most ``limit`` photographs, taken evenly over the classes."""
    if limit is None or limit >= len(photos):
        return photos
    return tuple(photos[i * len(photos) // limit] for i in range(limit))


def class_indices(
    folders: tuple[str, ...], labels: tuple[str, ...], classes: int
) -> dict[str, int]:
    """Which class each folder is: by name if every folder is a label, else by its sorted place.

    >>> class_indices(("cat", "dog"), ("bird", "cat", "dog"), 3)
    {'cat': 1, 'dog': 2}
    """
    by_name = {_plain(label): i for i, label in enumerate(labels)}
    if folders and all(_plain(folder) in by_name for folder in folders):
        return {folder: by_name[_plain(folder)] for folder in folders}
    if len(folders) == classes:
        return {folder: i for i, folder in enumerate(folders)}
    if folders and all(folder.isdecimal() and int(folder) < classes for folder in folders):
        return {folder: int(folder) for folder in folders}
    raise DgnError(
        f"There are {len(folders)} class folders for {classes} classes, and their names are not the"
        " class names.",
        "Name the folders like the classes, or by class index, or have one for each class.",
    )


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().lower()


def batches(items: tuple[Photo, ...], size: int) -> Iterator[tuple[Photo, ...]]:
    """Consecutive runs of at most ``size``."""
    for i in range(0, len(items), size):
        yield items[i : i + size]

"""The files beside an ONNX model that hold its large tensors.

The model names them, and whoever wrote the model chose the names: a path out of the folder, or a
link in it, would read any file that the user can read (CVE-2022-25882, CVE-2024-5187 in `onnx`).
So the check is our own, on what the file says, and the bytes are read from the very file that was
checked.
"""

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from dgn_explorer.errors import DgnError

_MOST_LETTERS = 1000
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

Entry = tuple[str, int | None, int | None]
"""Location, offset in bytes (None: 0) and length in bytes (None: to the end) of one tensor."""


def check_external_data(model_path: Path, entries: Iterable[Entry]) -> None:
    """Raise `DgnError` unless every entry lies within a plain file in the model's folder.

    ``location`` is relative to the folder of ``model_path``, with ``/`` between folders. Refused
    are absolute paths, ``..``, links (symbolic and hard ones), whatever is no regular file, and
    an offset or length beyond the end of the file.
    """
    sizes: dict[str, int] = {}
    for location, offset, length in entries:
        if location not in sizes:
            with _open(model_path, location) as file:
                sizes[location] = os.fstat(file.fileno()).st_size
        _extent(model_path, (location, offset, length), sizes[location])


def read_external_data(model_path: Path, entry: Entry) -> bytes:
    """The bytes of one entry, checked as by `check_external_data` on the very file that is read."""
    with _open(model_path, entry[0]) as file:
        offset, length = _extent(model_path, entry, os.fstat(file.fileno()).st_size)
        file.seek(offset)
        data = file.read(length)
    if len(data) != length:
        raise _outside(model_path, entry, offset + len(data))
    return data


def _open(model_path: Path, location: str) -> BinaryIO:
    """The file at ``location``; no part of its path below the model's folder is a link."""
    path = model_path.parent
    parts = _parts(model_path, location)
    try:
        for part in parts[:-1]:
            path = path / part
            if not stat.S_ISDIR(path.lstat().st_mode):
                raise _refused(model_path, location, f"{part!r} is no folder")
        path = path / parts[-1]
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise _refused(model_path, location, "that is no regular file")
        if found.st_nlink > 1:
            raise _refused(model_path, location, "that file has a second name elsewhere")
        descriptor = os.open(path, _FLAGS | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _refused(model_path, location, error.strerror or str(error)) from None
    try:
        opened = os.fstat(descriptor)
        if (opened.st_dev, opened.st_ino) != (found.st_dev, found.st_ino):
            raise _refused(model_path, location, "the file is being exchanged")
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _parts(model_path: Path, location: str) -> list[str]:
    if not isinstance(location, str) or not 0 < len(location) <= _MOST_LETTERS:
        raise _refused(model_path, str(location), "that is no file name")
    parts = location.removeprefix("./").split("/")
    if _UNPRINTABLE.search(location) or "\\" in location or ":" in location:
        raise _refused(model_path, location, "that is no plain file name")
    if any(part in ("", ".", "..") for part in parts):
        raise _refused(model_path, location, "that may lead out of its folder")
    return parts


def _extent(model_path: Path, entry: Entry, size: int) -> tuple[int, int]:
    """Offset and length of the entry in a file of ``size`` bytes."""
    _, offset, length = entry
    start = 0 if offset is None else offset
    count = size - start if length is None else length
    if start < 0 or count < 0 or start + count > size:
        raise _outside(model_path, entry, size)
    return start, count


def _outside(model_path: Path, entry: Entry, size: int) -> DgnError:
    location, offset, length = entry
    return DgnError(
        f"{model_path} wants {length} bytes at {offset} of {location[:100]!r}, which has {size}.",
        "The file beside it may be cut off, or of another network: copy both again.",
    )


def _refused(model_path: Path, location: str, why: str) -> DgnError:
    return DgnError(
        f"{model_path} keeps weights in {location[:100]!r}: {why}.",
        "Weights must lie in a plain file of the model's own folder: copy it there.",
    )

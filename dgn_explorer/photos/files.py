"""Which bytes are taken for a photograph: ordinary files and zip entries, up to a size.

A photograph may come from a stranger, and so may a zip of a million. What is no ordinary file
(a pipe, a device) would hang whoever opens it, and what claims or unpacks to gigabytes would take
the memory of the machine: both are refused before they can.
"""

import os
import stat
import zipfile
from pathlib import Path
from typing import BinaryIO

from dgn_explorer.disk import disk_error
from dgn_explorer.errors import DgnError

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm")
RESIZES = ("shorter", "warp")  # see `crops.middle_square`
LARGEST_BYTES = 64 * 2**20
LARGEST_PIXELS = 80_000_000  # below the number at which Pillow warns of a bomb
WAY_OUT = (
    f"Give a JPEG, PNG, WebP, BMP, GIF, TIFF or PPM of at most {LARGEST_BYTES >> 20} MB and"
    f" {LARGEST_PIXELS // 1_000_000} million pixels."
)
# Python's zipfile unpacks the others without a limit: 4 KB of bzip2 can be 4 GB
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHUNK_BYTES = 1 << 20
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def refused(name: str, reason: object) -> DgnError:
    """The one error for a photograph that is not taken, whoever asked for it.

    >>> print(refused("a.jpg", "it is empty").message)
    a.jpg is no picture that can be read (it is empty).
    """
    text = str(reason).strip().splitlines() or [type(reason).__name__]
    if text[0].startswith("cannot identify"):  # goes on with where in memory the bytes lie
        text = ["its bytes are of no known format"]
    return DgnError(f"{name} is no picture that can be read ({text[0][:200]}).", WAY_OUT)


def is_photo_name(name: str) -> bool:
    """Whether a file is called like a photograph; what macOS keeps beside one (``._a.jpg``) is not.

    >>> is_photo_name("a/b.JPG"), is_photo_name("a/._b.jpg"), is_photo_name("notes.txt")
    (True, False, False)
    """
    # without a path object, which keeps every name that it has seen for ever
    own = name.replace(os.sep, "/").rpartition("/")[2]
    stem, _, ending = own.rpartition(".")
    return bool(stem) and f".{ending.lower()}" in PHOTO_SUFFIXES and not own.startswith("._")


def open_file(path: Path) -> BinaryIO:
    """Open an ordinary file for reading; a link to one is followed.

    Never waits: raises `DgnError` for a pipe, a device, a socket or a folder, and for a file that
    is missing or may not be read.
    """
    try:
        _require_ordinary(path, path.stat().st_mode)
        # Somebody may have put a pipe in its place since: opened so, that cannot hang either
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(path, flags), "rb")
    except OSError as error:
        raise disk_error(error, f"read {path}", "choose another file") from error
    try:
        _require_ordinary(path, os.fstat(file.fileno()).st_mode)
    except BaseException:
        file.close()
        raise
    return file


def read_file(path: Path, name: str | None = None) -> bytes:
    """The bytes of a photograph's file; raises `DgnError` if it is no ordinary one or too large."""
    with open_file(path) as file:
        try:
            data = file.read(LARGEST_BYTES + 1)
        except OSError as error:
            raise disk_error(error, f"read {path}", "choose another file") from error
    return _bounded(data, name or path.name)


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    """The bytes of a photograph in a zip; ``name`` is for the error.

    Takes no more memory than `LARGEST_BYTES` and a little, whatever the entry claims or unpacks to.
    Raises `DgnError` for an entry that is too large, damaged, encrypted, a link, or packed
    otherwise than stored or deflated.
    """
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise refused(name, "it is a link")
    if entry.file_size > LARGEST_BYTES:
        raise refused(name, _too_large())
    if entry.compress_type not in _BOUNDED:
        raise refused(name, "it is packed by a method that may unpack to any size")
    data = bytearray()
    try:
        with archive.open(entry) as file:
            while len(data) <= LARGEST_BYTES and (piece := file.read(_CHUNK_BYTES)):
                data += piece
    except Exception as error:  # an encrypted zip, a damaged one, and each library's own errors
        raise refused(name, error) from None
    return _bounded(bytes(data), name)


def _require_ordinary(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = _KINDS.get(stat.S_IFMT(mode), "no ordinary file")
        raise DgnError(f"{path} is {what}.", "Give the path of an ordinary file.")


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > LARGEST_BYTES:
        raise refused(name, _too_large())
    return data


def _too_large() -> str:
    return f"it has more than {LARGEST_BYTES >> 20} MB"

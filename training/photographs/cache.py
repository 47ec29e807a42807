"""Photographs found in folders and zips, decoded once into a memory-mapped cache.

Each source becomes one file of raw pixels, (count, P, P, 3) uint8, squares that are an eighth
larger than the training images to leave room for random crops, and an index beside it that is
written last: without it the source is decoded again. Pages are read on demand, so a set may be
larger than memory.

No photograph is enlarged to make that room: one of fewer pixels fills the middle of its square, and
crops are taken from there. One smaller than a training image is enlarged to its size, because the
encoder must see it; the index says how many pixels it has of its own (`PhotoCache.sides`).
"""

import hashlib
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dgn_explorer.disk import LARGE_READ, read_text, replacing, write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.reading import decode
from dgn_explorer.photos.sets import open_photos, photo_files

_HINT = "Give a folder or a zip with photographs, such as JPEG, PNG or WebP files."
_DECODERS = min(8, os.cpu_count() or 1)
_DECODED = "own size"  # how; caches of versions that decoded otherwise are made again
OnStage = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PhotoCache:
    """Decoded photographs of one source; ``train`` and ``held_out`` are row numbers.

    ``sides`` are the photographs' own shorter sides in pixels, at most P.
    """

    pixels: np.ndarray  # (count, P, P, 3) uint8, memory-mapped
    sides: np.ndarray  # (count,) int64
    train: np.ndarray
    held_out: np.ndarray
    skipped: int


def padded_size(image_size: int) -> int:
    """Side of a cached square in pixels.

    >>> padded_size(128)
    144
    """
    return image_size + image_size // 8


def photo_bytes(image_size: int) -> int:
    """Bytes that one photograph takes in the cache.

    >>> photo_bytes(128)
    62208
    """
    return 3 * padded_size(image_size) ** 2


def count_photos(source: Path) -> int:
    """How many files of ``source`` (a folder or a zip) are called like photographs.

    Raises `DgnError` if there is no such source, it is neither a folder nor a zip, or holds none.
    """
    if not source.exists():
        raise DgnError(f"There is no file or folder {str(source)!r}.", "Check the path.")
    found = open_photos(source)
    found.close()
    return len(found.photos)


def open_source(
    source: Path, folder: Path, image_size: int, held_out_share: float, progress: OnStage
) -> PhotoCache:
    """Decode ``source`` (a folder or a zip) into ``folder``, or open what is there already.

    Damaged files are skipped and counted. Which photographs are held out depends on the bytes of
    each file alone, so that no copy of a held-out photograph is trained on.

    Raises `DgnError` if the source cannot be read, holds no photograph, or the disk is too full.
    """
    total = count_photos(source)
    side = padded_size(image_size)
    made = f"{source.resolve()} {_state(source)} {side} {_DECODED}"
    digest = hashlib.sha256(made.encode()).hexdigest()
    raw = folder / f"{source.stem}-{digest[:12]}.pixels"
    index = raw.with_suffix(".json")
    entry = _read_index(raw, index, side)
    if entry is None:
        _check_space(folder, total * photo_bytes(image_size))
        entry = _decode(source, total, raw, index, image_size, progress)
    count = len(entry["hashes"])
    if count == 0:
        skipped = entry["skipped"]
        raise DgnError(
            f"{str(source)!r} holds no readable photograph ({skipped} files skipped).", _HINT
        )
    pixels = np.memmap(raw, np.uint8, "r", shape=(count, side, side, 3))
    held = _numbers(entry["hashes"]) < held_out_share * 2**32
    sides = np.array(entry["sides"], np.int64)
    return PhotoCache(pixels, sides, np.flatnonzero(~held), np.flatnonzero(held), entry["skipped"])


def _state(source: Path) -> str:
    """Sizes and times of every file: a change anywhere below a folder means a new cache."""
    if source.is_file():
        state = source.stat()
        return f"{state.st_size} {state.st_mtime_ns}"
    states = ((path, path.lstat()) for path in photo_files(source))
    return "\n".join(f"{path} {state.st_size} {state.st_mtime_ns}" for path, state in states)


def _read_index(raw: Path, index: Path, side: int) -> dict[str, Any] | None:
    try:
        entry = json.loads(read_text(index, LARGE_READ))
        count = len(_numbers(entry["hashes"]))
        sides = [int(own) for own in entry["sides"]]
        if len(sides) != count or raw.stat().st_size != count * 3 * side**2:
            return None
        if not all(0 < own <= side for own in sides):
            return None
        return {**entry, "sides": sides, "skipped": int(entry["skipped"])}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _numbers(hashes: list[str]) -> np.ndarray:
    """The first 32 bits of each."""
    return np.array([int(h[:8], 16) for h in hashes], np.int64)


def _check_space(folder: Path, needed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DgnError(
            f"The decoded photographs take {needed / 1e9:.1f} GB, but {folder} has "
            f"{free / 1e9:.1f} GB left.",
            "Choose a --run folder on a larger disk, fewer photographs or a smaller image size.",
        )


def _decode(
    source: Path, total: int, raw: Path, index: Path, image_size: int, progress: OnStage
) -> dict[str, Any]:
    hashes: list[str] = []
    sides: list[int] = []
    skipped = 0
    with replacing(raw) as temporary, temporary.open("wb") as out:
        for done, item in enumerate(_squares(source, image_size), 1):
            if item is None:
                skipped += 1
            else:
                hashes.append(item.digest)
                sides.append(item.own)
                out.write(item.pixels)
            if done % 100 == 0 or done == total:
                progress(f"Decoding {source.name}", done, total)
    entry = {"hashes": hashes, "sides": sides, "skipped": skipped}
    write_file(index, json.dumps(entry).encode())
    return entry


class _Square(NamedTuple):
    digest: str  # of the file's bytes
    pixels: bytes  # (P, P, 3)
    own: int  # the photograph's shorter side in pixels, at most P


def _squares(source: Path, image_size: int) -> Iterator[_Square | None]:
    """Decode in threads, in order, with no more than a few files in memory at a time."""
    waiting: deque[Future[_Square | None]] = deque()
    with ThreadPoolExecutor(_DECODERS) as pool:
        for data in _read(source):
            waiting.append(pool.submit(_square, data, image_size))
            if len(waiting) > 4 * _DECODERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _square(data: bytes, image_size: int) -> _Square | None:
    side = padded_size(image_size)
    try:
        picture = decode(data, "", at_least=2 * side)
    except DgnError:  # the file is skipped and counted
        return None
    own = min(*picture.size, side)
    shown = max(own, image_size)
    square = middle_square(picture, shown)
    before = (side - shown) // 2
    rim = (before, side - shown - before)
    pixels = np.pad(square, (rim, rim, (0, 0)), "edge").tobytes()
    return _Square(hashlib.sha256(data).hexdigest(), pixels, own)


def _read(source: Path) -> Iterator[bytes]:
    """The bytes of every photograph, one at a time; none of what cannot be taken."""
    found = open_photos(source)
    try:
        for photo in found.photos:
            try:
                yield photo.read()
            except DgnError:
                yield b""
    finally:
        found.close()

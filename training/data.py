"""Photographs: found in folders and zips, decoded once into a memory-mapped cache, drawn at random.

Each source becomes one file of raw pixels, (count, P, P, 3) uint8, squares that are an eighth
larger than the training images to leave room for random crops. Pages are read on demand, so a set
may be larger than memory. Drawing depends on (seed, step) alone, which makes resuming exact.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from dgn_explorer.errors import DgnError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
MAX_FILE_BYTES = 64 * 2**20  # a larger "photograph" is taken for a decompression bomb
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PhotoCache:
    """Decoded photographs of one source; ``train`` and ``held_out`` are row numbers."""

    pixels: np.ndarray  # (count, P, P, 3) uint8, memory-mapped
    train: np.ndarray
    held_out: np.ndarray
    skipped: int


def padded_size(image_size: int) -> int:
    """Side of a cached square in pixels.

    >>> padded_size(128)
    144
    """
    return image_size + image_size // 8


def open_source(
    source: Path, folder: Path, image_size: int, held_out_share: float, progress: Progress
) -> PhotoCache:
    """Decode ``source`` (a folder or a zip) into ``folder``, or open what is there already.

    Damaged files are skipped and counted. Which photographs are held out depends on the bytes of
    each file alone, so that no copy of a held-out photograph is trained on.
    """
    if not source.exists():
        raise DgnError(f"There is no file or folder {str(source)!r}.", "Check the path.")
    side = padded_size(image_size)
    state = source.stat()
    identity = f"{source.resolve()} {state.st_size} {state.st_mtime_ns} {side}"
    stem = f"{source.stem}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    raw, index = folder / f"{stem}.pixels", folder / f"{stem}.json"
    if not index.exists():
        _decode(source, raw, index, side, progress)
    entry = json.loads(index.read_text())
    count = len(entry["hashes"])
    if count == 0:
        raise DgnError(
            f"{str(source)!r} holds no readable photograph ({entry['skipped']} files skipped).",
            "Give a folder or a zip with JPEG, PNG or WebP files.",
        )
    pixels = np.memmap(raw, np.uint8, "r", shape=(count, side, side, 3))
    hashes = np.array([int(h[:8], 16) for h in entry["hashes"]], np.int64)
    held = hashes < held_out_share * 2**32
    return PhotoCache(pixels, np.flatnonzero(~held), np.flatnonzero(held), entry["skipped"])


def _decode(source: Path, raw: Path, index: Path, side: int, progress: Progress) -> None:
    folder = raw.parent
    folder.mkdir(parents=True, exist_ok=True)
    hashes: list[str] = []
    skipped = 0
    total = _count(source)
    temporary = raw.with_suffix(".part")
    with temporary.open("wb") as out, ThreadPoolExecutor(2) as pool:
        for done, item in enumerate(pool.map(lambda data: _square(data, side), _read(source)), 1):
            if item is None:
                skipped += 1
            else:
                hashes.append(item[0])
                out.write(item[1])
            if done % 100 == 0 or done == total:
                progress(f"Decoding {source.name}", done, total)
    temporary.replace(raw)
    index.write_text(json.dumps({"hashes": hashes, "skipped": skipped}))


def _square(data: bytes, side: int) -> tuple[str, bytes] | None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > 100_000_000:
                return None
            image.draft("RGB", (2 * side, 2 * side))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            square = ImageOps.fit(upright, (side, side), Image.Resampling.BICUBIC)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return hashlib.sha256(data).hexdigest(), square.tobytes()


def _names(source: Path) -> list[Path]:
    return sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES)


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    wanted = (i for i in archive.infolist() if Path(i.filename).suffix.lower() in SUFFIXES)
    return sorted(wanted, key=lambda i: i.filename)


def _count(source: Path) -> int:
    if source.is_dir():
        return len(_names(source))
    try:
        with zipfile.ZipFile(source) as archive:
            return len(_members(archive))
    except zipfile.BadZipFile:
        raise DgnError(
            f"{str(source)!r} is neither a folder nor a zip.",
            "Give a folder or a zip with JPEG, PNG or WebP files.",
        ) from None


def _read(source: Path) -> Iterator[bytes]:
    if source.is_dir():
        for path in _names(source):
            yield path.read_bytes() if path.stat().st_size <= MAX_FILE_BYTES else b""
        return
    with zipfile.ZipFile(source) as archive:
        for member in _members(archive):
            try:
                yield archive.read(member) if member.file_size <= MAX_FILE_BYTES else b""
            except (zipfile.BadZipFile, OSError, RuntimeError):
                yield b""


class PhotoSet:
    """Several sources with weights, from which batches are drawn."""

    def __init__(self, caches: list[PhotoCache], weights: list[float], image_size: int) -> None:
        self._caches = caches
        sizes = np.array([len(cache.train) for cache in caches], float)
        share = np.array(weights) * sizes
        self._share = share / share.sum()
        self._image_size = image_size
        self.count = int(sizes.sum())
        self.held_out_count = sum(len(cache.held_out) for cache in caches)

    def batch(self, size: int, seed: int, step: int) -> Tensor:
        """Draw ``size`` photographs: (size, 3, S, S) uint8, flipped and cropped at random.

        The draw is a pure function of ``seed`` and ``step``.
        """
        rng = np.random.default_rng((seed, step))
        sources = rng.choice(len(self._caches), size, p=self._share)
        out = np.empty((size, self._image_size, self._image_size, 3), np.uint8)
        margin = padded_size(self._image_size) - self._image_size
        for i, s in enumerate(sources):
            cache = self._caches[s]
            row = cache.train[rng.integers(len(cache.train))]
            top, left, flip = rng.integers(margin + 1), rng.integers(margin + 1), rng.integers(2)
            crop = cache.pixels[row, top:, left:][: self._image_size, : self._image_size]
            out[i] = crop[:, ::-1] if flip else crop
        return torch.from_numpy(out).permute(0, 3, 1, 2)

    def held_out(self, most: int) -> Tensor:
        """Up to ``most`` held-out photographs, centre crops, (n, 3, S, S) uint8."""
        margin = (padded_size(self._image_size) - self._image_size) // 2
        rows = [(c, r) for c in self._caches for r in c.held_out]
        rows = rows[:: max(1, len(rows) // most)][:most]
        end = margin + self._image_size
        crops = [c.pixels[r, margin:end, margin:end] for c, r in rows]
        if not crops:
            return torch.empty(0, 3, self._image_size, self._image_size, dtype=torch.uint8)
        return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)

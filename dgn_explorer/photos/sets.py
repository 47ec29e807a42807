"""Labelled photographs: a folder or zip with one folder a class."""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from dgn_explorer.errors import DgnError

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".gif", ".tif", ".tiff"})
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
_WAY_OUT = "Give a folder or zip of photographs with one folder a class."


@dataclass(frozen=True)
class Photo:
    """One photograph: its class folder, and how to read its bytes."""

    name: str
    folder: str
    read: Callable[[], bytes]


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
    """List the photographs in a folder or zip; raises `DgnError` if there are none."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in _SUFFIXES)
        photos = [Photo(str(p), p.parent.name, p.read_bytes) for p in files]
        close: Callable[[], None] = lambda: None  # noqa: E731
    else:
        try:
            archive = zipfile.ZipFile(path)
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
            raise DgnError(f"{path} cannot be read ({error}).", _WAY_OUT) from None
        names = sorted(n for n in archive.namelist() if Path(n).suffix.lower() in _SUFFIXES)
        photos = [
            Photo(f"{path}/{n}", PurePosixPath(n).parent.name, partial(archive.read, n))
            for n in names
        ]
        close = archive.close
    if not photos:
        close()
        raise DgnError(f"{path} holds no photographs.", _WAY_OUT)
    return PhotoSet(tuple(photos), close)


def spread(photos: tuple[Photo, ...], limit: int | None) -> tuple[Photo, ...]:
    """At most ``limit`` photographs, taken evenly over the classes."""
    if limit is None or limit >= len(photos):
        return photos
    return tuple(photos[i * len(photos) // limit] for i in range(limit))


def load_photo(photo: Photo, size: int, crop: float, interpolation: str) -> Tensor:
    """RGB (3, size, size) in [0, 1]: shorter side to ``size / crop``, the middle cut out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(photo.read()))
            rgb = image.convert("RGB")
    except (
        OSError,
        ValueError,
        SyntaxError,
        RuntimeError,  # an encrypted zip
        EOFError,
        MemoryError,  # a damaged file may claim a part of any size
        zlib.error,
        UnidentifiedImageError,
        zipfile.BadZipFile,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ) as error:
        raise DgnError(
            f"The photograph {photo.name} cannot be read ({error}).", "Remove or replace it."
        ) from None
    side = max(size, round(size / crop))
    width, height = rgb.size
    factor = side / min(width, height)
    if factor != 1:
        rgb = rgb.resize(
            (max(size, round(width * factor)), max(size, round(height * factor))),
            _FILTERS[interpolation],
        )
    left, top = (rgb.width - size) // 2, (rgb.height - size) // 2
    rgb = rgb.crop((left, top, left + size, top + size))
    return torch.from_numpy(np.array(rgb)).permute(2, 0, 1).float().div(255)


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

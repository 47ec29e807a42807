"""Small concept sets that tests write themselves."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

CONCEPTS = (("1", "square", "shape"), ("2", "stripe", "shape"), ("3", "dog", "animal"))


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([header, *rows])
    return buffer.getvalue()


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def picture(seed: int, height: int = 32, width: int = 32) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def simple_files(
    pictures: Mapping[str, np.ndarray],
    masks: Mapping[str, np.ndarray],
    concepts: Sequence[Sequence[object]] = CONCEPTS,
    sources: Mapping[str, str] | None = None,
    belongs: Mapping[object, str] | None = None,
) -> dict[str, bytes]:
    """The files of a set in the simple layout; masks (H, W) uint8."""
    files = {"concepts.csv": table(("index", "name", "category"), concepts).encode()}
    files |= {f"images/{name}.png": png(pixels) for name, pixels in pictures.items()}
    files |= {f"masks/{name}.png": png(mask) for name, mask in masks.items()}
    if sources is not None:
        rows = [(name, sources[name]) for name in pictures]
        files["images.csv"] = table(("image", "source"), rows).encode()
    if belongs is not None:
        files["counts.csv"] = table(("index", "source"), list(belongs.items())).encode()
    return files


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def packed(path: Path, files: Mapping[str, bytes], top: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(top + name, data)
    return path


def some_files(count: int = 6, seed: int = 0) -> dict[str, bytes]:
    """Random pictures with blocks of every concept, of two sources."""
    random = np.random.default_rng(seed)
    pictures, masks, sources = {}, {}, {}
    for number in range(count):
        name = f"p{number}"
        pictures[name] = picture(100 * seed + number)
        masks[name] = np.kron(random.integers(0, 4, (4, 4)), np.ones((8, 8))).astype(np.uint8)
        sources[name] = "b" if number % 3 == 2 else "a"
    return simple_files(pictures, masks, sources=sources)

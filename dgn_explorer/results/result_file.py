"""One `Result` as the content of one HDF5 file.

Datasets: ``image`` (H, W, 3) uint8, ``code`` (K,) float32, ``trace`` (steps,) float32,
``thumbnail`` (h, w, 3) uint8 and ``metadata``, a JSON text with the recipe and everything else.
The recipe hashes to the file's name, which is how a file under a wrong name is found out.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.results.hdf5_file import DamagedFileError, Reader, encode, open_reader
from dgn_explorer.results.result import Result
from dgn_explorer.results.thumbnails import THUMBNAIL_PX, fit
from dgn_explorer.synthesis.recipe import NAMES, Recipe

FORMAT = 1
STATES = ("done", "stopped")
_MAX_IMAGE_BYTES = 3 * 8192 * 8192
_MAX_CODE_ENTRIES = 1 << 24
_MAX_STEPS = 1 << 20
_MAX_METADATA_BYTES = 1 << 20


@dataclass(frozen=True)
class StoredResult:
    """What lists show of a result in the store; read without its image.

    ``address`` names the objective, such as ``fc:980`` or ``fc:980 + -0.5*fc:3``; ``steps`` is
    the number of steps done, ``activation`` the one at the last step, ``seconds`` how long the
    ascent took, ``created`` ISO 8601 UTC, ``bytes`` the size of the file.
    """

    key: str
    path: Path
    network: str
    network_fingerprint: str
    prior: str
    address: str
    label: str
    seed: int
    method: str
    state: str
    steps: int
    activation: float
    seconds: float
    created: str
    bytes: int


class NewerFileError(Exception):
    """A file of a later version of this program, which may well be in order."""


@dataclass(frozen=True)
class RawResult:
    """What a file holds, checked, but with a recipe that this version need not know.

    ``metadata`` is the parsed text of the same name in ``datasets``, which `encode` makes into the
    file's content.
    """

    metadata: dict[str, Any]
    datasets: dict[str, np.ndarray | str]

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The datasets but for the text."""
        return {k: v for k, v in self.datasets.items() if not isinstance(v, str)}


def encode_result(result: Result) -> bytes:
    """The file for ``result``.

    Raises `DgnError` if its numbers are not finite, and `ValueError` if it is no proper `Result`.
    """
    _check_types(result)
    scalars = np.array([result.seconds, *(p for _, p in result.top)])
    if not all(np.isfinite(v).all() for v in (result.code, result.trace, scalars)):
        raise DgnError(
            f"The result for {_objective(result.recipe.to_dict())} holds numbers that are not "
            "finite, so it was not stored.",
            "Try a smaller first step.",
        )
    metadata = {
        "format": FORMAT,
        "recipe": result.recipe.to_dict(),
        "state": result.state,
        "steps": result.steps,
        "activation": result.activation,
        "seconds": float(result.seconds),
        "device": result.device,
        "created": result.created,
        "top": [[int(index), float(probability)] for index, probability in result.top],
        "label": result.label,
        "versions": dict(result.versions),
    }
    text = json.dumps(metadata, allow_nan=False, ensure_ascii=False, sort_keys=True)
    if len(text.encode()) > _MAX_METADATA_BYTES:
        raise ValueError("label, device or versions of the result are too long")
    return encode(
        {
            "metadata": text,
            "image": result.image,
            "code": result.code,
            "trace": result.trace,
            "thumbnail": fit(result.image, THUMBNAIL_PX),
        }
    )


def read_result(path: Path, key: str) -> Result:
    """The result in ``path``, whose recipe must have ``key``; every checksum is checked.

    Raises `OSError`, `DamagedFileError`, `NewerFileError`, or `DgnError` for a recipe that this
    version of the program does not know.
    """
    raw = read_raw(path, key)
    metadata, arrays = raw.metadata, raw.arrays
    recipe = Recipe.from_json(json.dumps(metadata["recipe"]))
    with _clauses():
        return Result(
            recipe=recipe,
            image=arrays["image"],
            code=arrays["code"],
            trace=arrays["trace"],
            state=metadata["state"],
            seconds=float(metadata["seconds"]),
            device=str(metadata["device"]),
            created=str(metadata["created"]),
            top=tuple((int(index), float(p)) for index, p in metadata["top"]),
            label=str(metadata["label"]),
            versions={str(k): str(v) for k, v in metadata["versions"].items()},
        )


def read_raw(path: Path, key: str) -> RawResult:
    """Everything in ``path``; raises what `read_result` raises, but for unknown recipes."""
    with open_reader(path) as reader:
        datasets = read_datasets(reader)
    return check_datasets(datasets, key)


def read_datasets(reader: Reader) -> dict[str, np.ndarray | str]:
    """The datasets of a result, each within its limits; raises `DamagedFileError`."""
    return {
        "metadata": reader.text("metadata", _MAX_METADATA_BYTES),
        "image": reader.array("image", "|u1", 3, _MAX_IMAGE_BYTES),
        "code": reader.array("code", "<f4", 1, _MAX_CODE_ENTRIES),
        "trace": reader.array("trace", "<f4", 1, _MAX_STEPS),
        "thumbnail": reader.array("thumbnail", "|u1", 3, 3 * THUMBNAIL_PX**2),
    }


def check_datasets(datasets: dict[str, np.ndarray | str], key: str) -> RawResult:
    """Whether ``datasets`` fit each other and ``key``; raises what `read_raw` raises."""
    raw = RawResult(_parse(str(datasets["metadata"]), key), datasets)
    _check_rgb(raw.arrays["image"])
    _check_rgb(raw.arrays["thumbnail"])
    if len(raw.arrays["trace"]) != raw.metadata["steps"]:
        raise DamagedFileError("its trace and its number of steps differ")
    return raw


def read_summary(path: Path, key: str) -> StoredResult:
    """The summary of the result in ``path``; raises what `read_raw` raises."""
    with open_reader(path) as reader:
        text = reader.text("metadata", _MAX_METADATA_BYTES)
    metadata = _parse(text, key)
    with _clauses():
        recipe = metadata["recipe"]
        return StoredResult(
            key=key,
            path=path,
            network=str(recipe["network"]),
            network_fingerprint=str(recipe["network_fingerprint"]),
            prior=str(recipe["prior"]),
            address=_objective(recipe),
            label=str(metadata["label"]),
            seed=int(recipe["seed"]),
            method=str(recipe["method"]),
            state=metadata["state"],
            steps=int(metadata["steps"]),
            activation=float(metadata["activation"]),
            seconds=float(metadata["seconds"]),
            created=str(metadata["created"]),
            bytes=path.stat().st_size,
        )


def read_thumbnail(path: Path, size: int) -> np.ndarray:
    """The image in ``path``, at most ``size`` px long; raises what `read_raw` raises."""
    with open_reader(path) as reader:
        if size <= THUMBNAIL_PX:
            image = reader.array("thumbnail", "|u1", 3, 3 * THUMBNAIL_PX**2)
        else:
            image = reader.array("image", "|u1", 3, _MAX_IMAGE_BYTES)
    _check_rgb(image)
    return fit(image, size)


def _parse(text: str, key: str) -> dict[str, Any]:
    with _clauses():
        metadata: dict[str, Any] = json.loads(text)
        if metadata["format"] > FORMAT:
            raise NewerFileError(f"it has result format {metadata['format']}, not {FORMAT}")
        if _key(metadata["recipe"]) != key:
            raise DamagedFileError("its recipe belongs to another file name")
        if metadata["state"] not in STATES or metadata["steps"] < 1:
            raise DamagedFileError("its state is unknown")
        return metadata


def _key(recipe: dict[str, Any]) -> str:
    # As Recipe.key, but for recipes of later versions too, so that those do not count as damaged.
    values = {name: value for name, value in recipe.items() if name not in NAMES}
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _objective(recipe: dict[str, Any]) -> str:
    terms = ((str(term["unit"]), float(term["weight"])) for term in recipe["objective"])
    return " + ".join(unit if weight == 1 else f"{weight:g}*{unit}" for unit, weight in terms)


def _check_rgb(image: np.ndarray) -> None:
    if image.shape[2] != 3 or image.size == 0:
        raise DamagedFileError(f"its image has the shape {image.shape}")


def _check_types(result: Result) -> None:
    image, code, trace = result.image, result.code, result.trace
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"image must be (H, W, 3) uint8, not {image.shape} {image.dtype}")
    if not 0 < image.size <= _MAX_IMAGE_BYTES:
        raise ValueError(f"an image of {image.shape} cannot be stored")
    for name, array, low, high in (
        ("code", code, 0, _MAX_CODE_ENTRIES),
        ("trace", trace, 1, _MAX_STEPS),
    ):
        if array.dtype != np.float32 or array.ndim != 1 or not low <= array.size <= high:
            raise ValueError(f"{name} must be 1-D float32, not {array.shape} {array.dtype}")
    if result.state not in STATES:
        raise ValueError(f"state must be one of {STATES}, not {result.state!r}")
    if datetime.fromisoformat(result.created).utcoffset() is None:
        raise ValueError(f"created must be ISO 8601 UTC, not {result.created!r}")


@contextmanager
def _clauses() -> Iterator[None]:
    # Content that passes its checksums and is still not what this module writes: a foreign file.
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as e:
        raise DamagedFileError(f"its metadata is not complete ({e})") from None

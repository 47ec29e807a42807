"""One `Record` as the content of one HDF5 file.

Format 1 is one image of a schema-1 recipe: datasets ``image`` (H, W, 3) uint8, ``code`` (K,)
float32, ``trace`` (steps,) float32, ``thumbnail`` (h, w, 3) uint8 and ``metadata``, a JSON text
with the recipe and everything else. Format 2 is every other record: ``metadata``, ``trace``, a
``thumbnail`` if it has images, and one dataset for each of its parts, by the part's name; a list of
texts is a JSON text. The order hashes to the file's name, which is how a file under a wrong name is
found out.

**The rule for later versions:** files belong to users and are read for ever; what format 1 can hold
is written as format 1, byte for byte, so that earlier programs on the same store read it. What
changes the meaning of a field or adds one that a reader must know gets a new format, which earlier
programs leave alone as newer; a new part or kind is declared (`synthesis.kinds`) before it is read.
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.results.hdf5_file import (
    DamagedFileError,
    NewerFileError,
    Reader,
    open_bytes,
    open_reader,
)
from dgn_explorer.results.record import (
    STATES,
    Provenance,
    Record,
    declared_parts,
)
from dgn_explorer.results.summary import Summary, summary_of
from dgn_explorer.results.thumbnails import THUMBNAIL_PX, fit
from dgn_explorer.studies.study import Study
from dgn_explorer.studies.survey import order_from_dict
from dgn_explorer.studies.table import study_named
from dgn_explorer.synthesis.kinds import TEXTS, Part, top_parts
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.methods.table import method_named
from dgn_explorer.synthesis.recipe import Recipe, key_of, not_an_order

FORMAT = 2
_ONE_IMAGE = {"images", "codes", "top_classes", "top_probabilities"}  # what format 1 can hold
_MAX_IMAGE_BYTES = 3 * 8192 * 8192
_MAX_CODE_ENTRIES = 1 << 24
_MAX_STEPS = 1 << 20
_MAX_METADATA_BYTES = 1 << 20

Datasets = dict[str, np.ndarray | str]


@dataclass(frozen=True)
class RawRecord:
    """What a file holds, checked, but with an order that this version need not know.

    ``metadata`` is the parsed text of the same name in ``datasets``, which
    `hdf5_file.encode` makes into the file's content.
    """

    metadata: dict[str, Any]
    datasets: Datasets

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The datasets but for the texts."""
        return {k: v for k, v in self.datasets.items() if not isinstance(v, str)}


def raw_of(record: Record) -> RawRecord:
    """What the file for ``record`` holds.

    Raises `DgnError` if its numbers are not finite, and `ValueError` if it is no proper `Record`.
    """
    declared = declared_parts(record.order.about.makes, record.order.about.parts)
    _check_record(record, declared)
    arrays = [v for v in record.parts.values() if isinstance(v, np.ndarray)]
    floats = [v for v in (*arrays, record.trace) if v.dtype.kind == "f"]
    finite = all(bool(np.isfinite(v).all()) for v in floats)
    if not finite or not math.isfinite(record.provenance.seconds):
        raise DgnError(
            f"The result for {_title(record)} holds numbers that are not finite, so it was not "
            "stored.",
            "Try a smaller first step.",
        )
    first = _is_format_1(record)
    metadata = _metadata(record, first)
    text = json.dumps(metadata, allow_nan=False, ensure_ascii=False, sort_keys=True)
    if len(text.encode()) > _MAX_METADATA_BYTES:
        raise ValueError("label, device or versions of the record are too long")
    datasets: Datasets = {"metadata": text}
    if first:
        datasets |= {"image": record.image, "code": record.code}
    else:
        datasets |= {
            name: value if isinstance(value, np.ndarray) else json.dumps(value, ensure_ascii=False)
            for name, value in record.parts.items()
        }
    datasets["trace"] = record.trace
    if "images" in record.parts and record.count:
        datasets["thumbnail"] = fit(record.picture, THUMBNAIL_PX)
    return RawRecord(metadata, datasets)


def read_record(path: Path, key: str) -> Record:
    """The record in ``path``, whose order must have ``key``; every checksum is checked.

    Raises `OSError`, `DamagedFileError`, `NewerFileError`, or `DgnError` for an order that this
    version of the program does not know.
    """
    raw = read_raw(path, key)
    metadata = raw.metadata
    with not_an_order("an order"):
        order = order_from_dict(_order(metadata))
    with _clauses():
        parts: dict[str, np.ndarray | tuple[str, ...]]
        if metadata["format"] == 1:
            top = tuple((int(index), float(p)) for index, p in metadata["top"])
            parts = {
                "images": raw.arrays["image"][None],
                "codes": raw.arrays["code"][None],
                **top_parts((top,)),
            }
        else:
            parts = {name: _part(raw.datasets[name]) for name in metadata["parts"]}
        return Record(
            order=order,
            parts=parts,
            trace=raw.arrays["trace"],
            state=metadata["state"],
            provenance=Provenance(
                seconds=float(metadata["seconds"]),
                device=str(metadata["device"]),
                created=str(metadata["created"]),
                versions={str(k): str(v) for k, v in metadata["versions"].items()},
            ),
            label=str(metadata["label"]),
        )


def read_raw(path: Path, key: str) -> RawRecord:
    """Everything in ``path``; raises what `read_record` raises, but for unknown orders."""
    with open_reader(path) as reader:
        return read_datasets(reader, key)


def raw_from_bytes(data: bytes, key: str) -> RawRecord:
    """As `read_raw`, of a file's bytes, and every number has to be finite as `raw_of` asks."""
    with open_bytes(data) as reader:
        raw = read_datasets(reader, key)
    for name, array in raw.arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DamagedFileError(f"its {name} holds numbers that are not finite")
    return raw


def read_datasets(reader: Reader, key: str) -> RawRecord:
    """The datasets of the record ``key``, each within its limits; raises what `read_raw` raises.

    What cannot be listed is damaged too: an order without a name, a unit that is no address.
    """
    text = reader.text("metadata", _MAX_METADATA_BYTES)
    metadata = _parse(text, key)
    with _clauses():
        summary_of(metadata, key, Path(), 0)
    datasets: Datasets = {"metadata": text}  # in the order in which they are written
    if metadata["format"] == 1:
        datasets["image"] = reader.array("image", "|u1", 3, _MAX_IMAGE_BYTES)
        datasets["code"] = reader.array("code", "<f4", 1, _MAX_CODE_ENTRIES)
        _check_rgb(datasets["image"])
    else:
        _read_parts(reader, metadata, datasets)
    trace = datasets["trace"] = reader.array("trace", "<f4", 1, _MAX_STEPS)
    if "image" in datasets or "images" in datasets:
        datasets["thumbnail"] = reader.array("thumbnail", "|u1", 3, 3 * THUMBNAIL_PX**2)
        _check_rgb(datasets["thumbnail"])
    if len(trace) != metadata["steps"]:
        raise DamagedFileError("its trace and its number of steps differ")
    return RawRecord(metadata, datasets)


def read_summary(path: Path, key: str) -> Summary:
    """The summary of the record in ``path``; raises what `read_raw` raises."""
    with open_reader(path) as reader:
        text = reader.text("metadata", _MAX_METADATA_BYTES)
    metadata = _parse(text, key)
    with _clauses():
        return summary_of(metadata, key, path, path.stat().st_size)


def read_thumbnail(path: Path, size: int) -> np.ndarray:
    """The first image in ``path``, at most ``size`` px long; raises what `read_raw` raises."""
    with open_reader(path) as reader:
        if size <= THUMBNAIL_PX:
            image = reader.array("thumbnail", "|u1", 3, 3 * THUMBNAIL_PX**2)
        elif reader.holds("image"):
            image = reader.array("image", "|u1", 3, _MAX_IMAGE_BYTES)
        else:
            image = reader.first("images", "|u1", 4, _MAX_IMAGE_BYTES)
    _check_rgb(image)
    return fit(image, size)


def _read_parts(reader: Reader, metadata: Mapping[str, Any], datasets: Datasets) -> None:
    about = _about(_order(metadata))
    declared = declared_parts(about.makes, about.parts)
    with _clauses():
        if metadata["kind"] != about.makes:
            raise DamagedFileError(f"it says that it is of the kind {metadata['kind']!r}")
        names = [str(name) for name in metadata["parts"]]
        unknown = [name for name in names if name not in declared]
        if unknown:
            raise DamagedFileError(f"it holds {unknown[0]!r}, which {about.name} does not declare")
        missing = [p.name for p in declared.values() if not p.optional and p.name not in names]
        if missing:
            raise DamagedFileError(f"its {missing[0]} is missing")
        counts = set()
        for name in names:
            part = declared[name]
            if part.dtype == TEXTS:
                datasets[name] = reader.text(name, 4 * part.most)
                texts = json.loads(str(datasets[name]))
                if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts):
                    raise DamagedFileError(f"its {name} is not a list of texts")
                count = len(texts)
            else:
                array = reader.array(name, part.dtype, part.ndim, part.most)
                datasets[name], count = array, len(array)
            if part.each:
                counts.add(count)
        if counts != {metadata["count"]} and (counts or metadata["count"] != 0):
            raise DamagedFileError("its parts are not equally long")
    if "images" in datasets and (datasets["images"].shape[3] != 3 or not datasets["images"].size):  # type: ignore[union-attr]
        raise DamagedFileError(f"its images have the shape {datasets['images'].shape}")  # type: ignore[union-attr]


def _about(order: Mapping[str, Any]) -> Method | Study:
    survey = "survey" in order
    with _clauses():
        name = str(order["study" if survey else "method"])
    try:
        return study_named(name) if survey else method_named(name)
    except DgnError as error:
        raise NewerFileError(f"{error.message[:-1]} in this version") from None


def _part(value: np.ndarray | str) -> np.ndarray | tuple[str, ...]:
    return tuple(json.loads(value)) if isinstance(value, str) else value


def _is_format_1(record: Record) -> bool:
    order = record.order
    one = isinstance(order, Recipe) and order.schema == 1 and record.kind.name == "images"
    return one and record.count == 1 and set(record.parts) <= _ONE_IMAGE


def _metadata(record: Record, first: bool) -> dict[str, Any]:
    common: dict[str, Any] = {
        "state": record.state,
        "steps": record.steps,
        "activation": record.activation if record.steps else None,
        "seconds": float(record.provenance.seconds),
        "device": record.provenance.device,
        "created": record.provenance.created,
        "label": record.label,
        "versions": dict(record.provenance.versions),
    }
    if first:
        top = [[index, probability] for index, probability in record.top]
        return {**common, "format": 1, "recipe": record.order.to_dict(), "top": top}
    return {
        **common,
        "format": FORMAT,
        "order": record.order.to_dict(),
        "kind": record.kind.name,
        "count": record.count,
        "parts": sorted(record.parts),
    }


def _parse(text: str, key: str) -> dict[str, Any]:
    with _clauses():
        metadata: dict[str, Any] = json.loads(text)
        if metadata["format"] > FORMAT:
            raise NewerFileError(f"it has result format {metadata['format']}, not {FORMAT}")
        order = _order(metadata)
        if key_of(order) != key:
            raise DamagedFileError("its recipe belongs to another file name")
        steps = metadata["steps"]
        if metadata["state"] not in STATES or steps < (0 if metadata["format"] == 2 else 1):
            raise DamagedFileError("its state is unknown")
        return metadata


def _order(metadata: Mapping[str, Any]) -> dict[str, Any]:
    with _clauses():
        order: dict[str, Any] = metadata["recipe" if metadata["format"] == 1 else "order"]
        return order


def _title(record: Record) -> str:
    order = record.order
    return order.target.text() if isinstance(order, Recipe) else order.study


def _check_rgb(image: np.ndarray | str) -> None:
    assert isinstance(image, np.ndarray)
    if image.shape[2] != 3 or image.size == 0:
        raise DamagedFileError(f"its image has the shape {image.shape}")


def _check_record(record: Record, declared: Mapping[str, Part]) -> None:
    for name, value in record.parts.items():
        if name not in declared:
            raise ValueError(f"{name} is no declared part of {record.kind.name}")
        part = declared[name]
        if isinstance(value, np.ndarray):
            dtype = value.dtype.newbyteorder("<").str
            if dtype != part.dtype or value.ndim != part.ndim or value.size > part.most:
                raise ValueError(f"{name} must be {part}, not {value.shape} {value.dtype}")
        elif part.dtype != TEXTS:
            raise ValueError(f"{name} must be an array")
        if part.each and len(value) != record.count:
            raise ValueError(f"{name} has {len(value)} entries for {record.count}")
    missing = [p.name for p in declared.values() if not p.optional and p.name not in record.parts]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    if "images" in record.parts:
        images = record.images
        if not images.size or images.shape[3] != 3 or images[0].size > _MAX_IMAGE_BYTES:
            raise ValueError(f"images must be (N, H, W, 3), not {images.shape}")
    trace = record.trace
    least = 1 if _is_format_1(record) else 0
    if trace.dtype != np.float32 or trace.ndim != 1 or not least <= trace.size <= _MAX_STEPS:
        raise ValueError(f"trace must be 1-D float32, not {trace.shape} {trace.dtype}")
    if record.state not in STATES:
        raise ValueError(f"state must be one of {STATES}, not {record.state!r}")
    if datetime.fromisoformat(record.provenance.created).utcoffset() is None:
        raise ValueError(f"created must be ISO 8601 UTC, not {record.provenance.created!r}")


@contextmanager
def _clauses() -> Iterator[None]:
    # Content that passes its checksums and is still not what this module writes: a foreign file.
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as e:
        raise DamagedFileError(f"its metadata is not complete ({e})") from None
    except DgnError as error:  # a unit that is no address, say
        raise DamagedFileError(f"its metadata is not complete ({error.message})") from None

"""What `Store.list` remembers between two starts, so that it need not open every result again.

A cache and never the truth: an entry counts only while time, size and inode of its result's file
are the same, and an index that is missing, damaged or of another version is as good as an empty
one. It is written as a whole in one step, so that programs that share a store cannot mix theirs.
"""

import gc
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from dgn_explorer.disk import FileSystem, read_file, write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.methods.table import METHODS

INDEX = ".index"
_HEADER = "dgn-explorer index 5 "
_MAX_BYTES = 1 << 30
_TYPES: dict[str, type] = {
    "key": str,
    "kind": str,
    "network": str,
    "network_fingerprint": str,
    "prior": str,
    "units": list,
    "address": str,
    "label": str,
    "seed": int,
    "method": str,
    "state": str,
    "count": int,
    "steps": int,
    "activation": float,
    "seconds": float,
    "created": str,
    "bytes": int,
    "inputs": list,
    "quality": str,
    "starts": int,
}
_SIGNATURE = ("time", "size", "inode")

Signature = tuple[int, int, int]
Known = tuple[Signature, Summary]


def signature_of(status: os.stat_result) -> Signature:
    """What changes when another file is put in place of a result's: time, size and inode."""
    return status.st_mtime_ns, status.st_size, status.st_ino


def read_index(folder: Path) -> dict[str, Known]:
    """The index of the store in ``folder`` by key; empty if there is none that can be used."""
    path = folder / INDEX
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return {}
        header, _, body = read_file(path, _MAX_BYTES).partition(b"\n")
        if header != _header(body):
            return {}
        with _no_garbage_collection():
            return _decode(folder, json.loads(body))
    except (OSError, ValueError, TypeError, LookupError, RecursionError, DgnError):
        return {}


def write_index(folder: Path, known: Mapping[str, Known], fs: FileSystem) -> None:
    """Write the index of the store in ``folder``; raises `OSError` if that is not possible."""
    body = json.dumps(_encode(known), separators=(",", ":")).encode()
    write_file(folder / INDEX, _header(body) + b"\n" + body, fs)


def _header(body: bytes) -> bytes:
    # what is called quick or best is in the lines, so lines of other presets are of another version
    words = json.dumps({x.name: x.quality_values for x in METHODS})
    return (_HEADER + hashlib.sha256(words.encode() + body).hexdigest()).encode()


def _encode(known: Mapping[str, Known]) -> dict[str, list[Any]]:
    # A list a field and not one a result: JSON reads few long lists twice as fast.
    columns = {n: [getattr(item, n) for _, item in known.values()] for n in _TYPES}
    columns["units"] = [[str(unit) for unit in item.units] for _, item in known.values()]
    columns["inputs"] = [list(item.inputs) for _, item in known.values()]
    for place, name in enumerate(_SIGNATURE):
        columns[name] = [signature[place] for signature, _ in known.values()]
    return columns


def _decode(folder: Path, columns: dict[str, list[Any]]) -> dict[str, Known]:
    for name, kind in (_TYPES | dict.fromkeys(_SIGNATURE, int)).items():
        if not {*map(type, columns[name])} <= {kind}:
            raise TypeError(name)
    keys = columns["key"]
    # Joining one name is twice as quick as parsing a whole path, and there are 256 folders.
    folders = {start: folder / start for start in {key[:2] for key in keys}}
    paths = [folders[key[:2]] / f"{key}.h5" for key in keys]
    parse = lru_cache(None)(UnitAddress.parse)  # a layer's units come up again and again
    columns["units"] = [tuple(map(parse, texts)) for texts in columns["units"]]
    columns["inputs"] = [tuple(map(str, hashes)) for hashes in columns["inputs"]]
    fields = [columns[name] for name in _TYPES]
    signatures = zip(*(columns[name] for name in _SIGNATURE), strict=True)
    items = map(Summary, keys, paths, *fields[1:])  # _TYPES has the order of its fields
    return dict(zip(keys, zip(signatures, items, strict=True), strict=True))


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    # Nothing here is garbage, and looking for it among so many objects takes half of the time.
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()

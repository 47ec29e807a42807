"""Archives and programs: what is let through means one thing to every reader, and stays as it is.

A parser that only must not crash would let two archives in one pass. So what is accepted is read
with Python's and torch's own readers too, which must find the same.
"""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch

from dgn_explorer.networks.programs import exported, scripted
from dgn_explorer.networks.weights.archive import read_archive
from dgn_explorer.networks.weights.checkpoints import read_pickle
from tests.networks import hostile_files as hostile

SMALL = {"version": b"3\n", "byteorder": b"little", "data.pkl": b"\x80\x02}q\0.", "data/0": b"1234"}


def read_alike(path: Path) -> object:
    """Read an archive; whatever is accepted is the same for all readers of the very file."""
    with path.open("rb") as file:
        contents = read_archive(file, str(path))
    for reader in (_with_zipfile, _with_torch):
        try:
            others = reader(path)
        except Exception:  # stricter than ours
            continue
        assert others == contents, f"{reader.__name__} reads something else"
    return contents


def _with_zipfile(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}


def _with_torch(path: Path) -> dict[str, bytes]:
    reader = torch._C.PyTorchFileReader(str(path))
    return {name: reader.get_record(name) for name in reader.get_all_records()}


def read_script(path: Path) -> object:
    """Look through a TorchScript archive; what comes of it is let through, unchanged."""
    return _stable(scripted.harmless, path)


def read_exported(path: Path) -> object:
    """Look through a torch.export archive; what comes of it is let through, unchanged."""
    return _stable(exported.harmless, path)


def _stable(harmless: Callable[[bytes, str], io.BytesIO], path: Path) -> object:
    once = harmless(path.read_bytes(), str(path)).getvalue()
    twice = harmless(once, str(path)).getvalue()
    assert hostile.entries(once) == hostile.entries(twice), "it says something else each time"
    assert b"from_file" not in once and b'guards_code": ["' not in once
    return once


def read_polyglot(path: Path) -> object:
    """Read weights that may be a pickle and an archive."""
    return read_pickle(path)


def archives() -> dict[str, tuple[bytes, Callable[[bytes], bytes], Callable[[Path], object]]]:
    """By name: a part to damage, what is built around it, and how it is read."""
    torch_made = io.BytesIO()
    torch.save({"x": torch.arange(3)}, torch_made)
    packed = hostile.packed(SMALL)
    deflated = io.BytesIO()
    with zipfile.ZipFile(deflated, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in SMALL.items():
            archive.writestr(f"a/{name}", data * 9 if name == "data/0" else data)
    directory = packed.index(b"PK\x01\x02")
    return {
        "archive stored": (packed, bytes, read_alike),
        "archive deflated": (deflated.getvalue(), bytes, read_alike),
        "archive of torch": (torch_made.getvalue(), bytes, read_alike),
        "archive directory": (packed[directory:], lambda end: packed[:directory] + end, read_alike),
        "archive behind another": (packed, lambda other: _joined(other, packed), read_alike),
        "archive before another": (packed, lambda other: _joined(packed, other), read_alike),
        "archive behind a pickle": (b"\x80\x02}q\0.", lambda p: _joined(p, packed), read_polyglot),
    }


def _joined(first: bytes, second: bytes) -> bytes:
    """Two in one; the sound one alone where the other is as it was, so that one case is sound."""
    sound = first in (second, b"\x80\x02}q\0.")
    return second if sound else first + second

"""Reading weights from files without running what is in them."""

import hashlib
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.weights.archive import (
    MOST_END,
    hides_archive,
    is_archive,
    read_archive,
    rebuilt,
)
from dgn_explorer.networks.weights.old_pickles import checked_length
from dgn_explorer.networks.weights.pickles import check_pickle
from dgn_explorer.networks.weights.stand_ins import STAND_INS
from dgn_explorer.networks.weights.state_dicts import flatten

SAFETENSORS = ".safetensors"


def read_weights(path: Path) -> dict[str, Tensor]:
    """Every tensor in a safetensors file or a pickle, by its path of keys (see `flatten`).

    Pickles are read with torch's restricted unpickler; one that needs more is refused.
    """
    require_file(path)
    data = _read_safetensors(path) if _is_safetensors(path) else read_pickle(path)
    return flatten(data, str(path))


def require_file(path: Path) -> None:
    """Raise `DgnError` if there is no file at ``path``."""
    if not path.is_file():
        what = "is no plain file" if path.exists() else "does not exist"
        what = "is a folder" if path.is_dir() else what
        raise DgnError(f"{path} {what}.", "Give the path of a file.")


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def zip_names(path: Path) -> frozenset[str]:
    """The names in a zip archive without their first folder; empty if it is no zip archive.

    They tell which reader may try the file; each looks through it again, and trusts nothing.
    """
    try:
        with path.open("rb") as file:
            if not is_archive(file.read(4)):
                return frozenset()
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return frozenset()
    return frozenset(name.split("/", 1)[-1] for name in names)


def unpacked_bytes(path: Path) -> int:
    """What the entries of a zip archive take in memory; 0 if it is no zip archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return 0


def read_pickle(path: Path) -> Any:
    """``torch.load`` with ``weights_only``; raises `DgnError` for anything it does not take.

    An archive is read by `read_archive`, its pickle is looked through, and torch gets a new
    archive of what was read; of the form before torch 1.6 it gets the bytes that were looked
    through. Raises `DgnError` for a file that is a pickle and an archive at once.
    """
    try:
        with path.open("rb") as file:
            source = _checked(file, path)
            with torch.serialization.safe_globals(STAND_INS):
                return torch.load(source, map_location="cpu", weights_only=True)
    except DgnError:
        raise
    except pickle.UnpicklingError as error:
        wanted = _unsupported_global(str(error))
        if wanted:
            raise DgnError(
                f"{path} holds more than weights: to open it, Python would have to run {wanted}.",
                "A pickle can run anything, so it is not opened. Load it where you trust it and"
                " save torch.save(model.state_dict(), FILE), or a .safetensors file.",
            ) from None
        raise _damaged(path, error) from None
    # A damaged pickle can raise nearly anything from deep inside the unpickler.
    except Exception as error:
        raise _damaged(path, error) from None


def _checked(file: BinaryIO, path: Path) -> BinaryIO:
    """What torch reads instead of ``file``."""
    start = file.read(4)
    file.seek(max(0, file.seek(0, io.SEEK_END) - MOST_END))
    end = file.read()
    file.seek(0)
    if not is_archive(start):
        if hides_archive(end):
            raise DgnError(
                f"{path} is two files in one: an archive behind something else.",
                "torch writes no such file: save it again, or do not trust it.",
            )
        data = file.read()
        return io.BytesIO(data[: checked_length(data)])
    contents = read_archive(file, str(path))
    sizes = {n.removeprefix("data/"): len(d) for n, d in contents.items() if n.startswith("data/")}
    check_pickle(contents["data.pkl"], sizes)
    return rebuilt(contents)


def _is_safetensors(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix == SAFETENSORS or file.read(9)[8:] == b"{"


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> DgnError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return DgnError(
        f"{path} cannot be read as weights ({lines[0][:200]}).",
        "It may be cut off or of another kind: compare its size with the original.",
    )


def _unsupported_global(message: str) -> str:
    """The name that the restricted unpickler refused, or an empty string.

    >>> _unsupported_global("Unsupported global: GLOBAL os.system was not an allowed global")
    'os.system'
    """
    for marker in ("GLOBAL ", "global "):
        _, found, rest = message.partition(marker)
        if found and rest:
            return rest.split()[0].strip("'`.,")
    return ""

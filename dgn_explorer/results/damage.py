"""Damaged results: how they are found out, and what is said of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dgn_explorer.results.hdf5_file import DamagedFileError, NewerFileError
from dgn_explorer.results.index import Known
from dgn_explorer.results.record_file import read_raw, read_summary
from dgn_explorer.results.summary import Summary

KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class DamagedResult:
    """A file that `Store.verify` found fault with: why, and where it was moved.

    ``quarantined`` is None if it stayed where it was, because it could not be moved. ``lost`` is
    what is still known of the result in it.
    """

    path: Path
    reason: str
    quarantined: Path | None
    lost: Summary | None = None


@dataclass(frozen=True)
class VerifyReport:
    """What `Store.verify` found.

    ``results`` counts the files in order; ``newer`` those of a later version of the program,
    which are left alone.
    """

    results: int
    damaged: tuple[DamagedResult, ...]
    newer: int = 0


def is_at_home(key: str, folder: str) -> bool:
    """Whether a file of the name ``key`` belongs in a folder of the name ``folder``."""
    return bool(KEY.fullmatch(key)) and key[:2] == folder


def check_file(path: Path) -> None:
    """Read everything in ``path``; raises what `read_raw` raises."""
    if not is_at_home(path.stem, path.parent.name):
        raise DamagedFileError("its name is not the key of a result")
    read_raw(path, path.stem)


def is_damaged(path: Path) -> bool:
    """Whether `check_file` finds fault with the content; raises `OSError`."""
    try:
        check_file(path)
    except DamagedFileError:
        return True
    return False


def lost(path: Path, remembered: Mapping[str, Known]) -> Summary | None:
    """What is still known of the result in a damaged file."""
    # The text may be whole where the image is not; if not, the last list may have known it.
    try:
        return read_summary(path, path.stem)
    except (OSError, DamagedFileError, NewerFileError):
        known = remembered.get(path.stem)
        return known[1] if known else None

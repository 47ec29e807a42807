"""What a dissection has done so far, on the disk: a kill or Stop loses half a minute at most."""

import io
import json
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from dgn_explorer.disk import FileSystem, keep_file, read_file

_FORMAT = 1
_INTERVAL_S = 30.0
_SHARE = 20  # writing takes at most this part of the time
_OLD_S = 60 * 24 * 3600.0


class Checkpoint:
    """The state of the survey ``key`` below ``folder``; losing it costs time alone.

    Whatever goes wrong with the disk only means that work has to be done again.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._path = folder / f"{key}.npz"
        self._next = time.monotonic() + _INTERVAL_S
        _remove_old(folder)

    def read(self) -> dict[str, np.ndarray] | None:
        """The arrays that `write` got last, or None."""
        try:
            with np.load(
                io.BytesIO(read_file(self._path, sys.maxsize - 1)), allow_pickle=False
            ) as file:
                state = dict(file)
            return state if int(state.pop("format")) == _FORMAT else None
        except Exception:  # whatever a damaged file makes of zipfile and numpy
            return None

    @property
    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() >= self._next

    def write(self, state: Mapping[str, np.ndarray]) -> None:
        """Keep ``state`` in place of the one before."""
        began = time.monotonic()
        buffer = io.BytesIO()
        np.savez(buffer, format=np.array(_FORMAT), **state)  # type: ignore[arg-type]
        with suppress(OSError):
            keep_file(self._path, buffer.getvalue(), FileSystem())
        now = time.monotonic()
        self._next = now + max(_INTERVAL_S, _SHARE * (now - began))

    def remove(self) -> None:
        """All is done."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def texts_array(texts: Mapping[int, str]) -> np.ndarray:
    """Texts by number as an array of bytes."""
    return np.frombuffer(json.dumps({str(k): v for k, v in texts.items()}).encode(), np.uint8)


def texts_of(array: np.ndarray) -> dict[int, str]:
    """Read `texts_array` back; raises `ValueError`."""
    return {int(k): str(v) for k, v in json.loads(array.tobytes()).items()}


def bytes_array(pieces: Mapping[int, bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Pieces by number as (number, length) pairs (N, 2) and all bytes."""
    pairs = np.array([(k, len(v)) for k, v in pieces.items()], np.int64).reshape(-1, 2)
    return pairs, np.frombuffer(b"".join(pieces.values()), np.uint8)


def bytes_of(pairs: np.ndarray, data: np.ndarray) -> dict[int, bytes]:
    """Read `bytes_array` back."""
    whole, pieces, at = data.tobytes(), {}, 0
    for number, length in pairs.tolist():
        pieces[number] = whole[at : at + length]
        at += length
    return pieces


def _remove_old(folder: Path) -> None:
    with suppress(OSError):  # no such folder yet
        for path in folder.iterdir():
            if path.suffix == ".npz" and time.time() - path.stat().st_mtime > _OLD_S:
                path.unlink()

"""`Shards`: what one layer of a network made of photographs, by the photograph's SHA-256.

A shard is an ``.npz`` of some hundred photographs: ``ids`` (n, 32) uint8, ``values`` (units, n)
float32 and, where a layer has maps, ``places`` (units, n). It is written whole, so a kill loses the
photographs of the newest one alone; which set a photograph belongs to plays no part, so a set that
grows, or shares photographs with another, measures only what is new. Losing the folder costs time
and nothing else.
"""

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from dgn_explorer.disk import disk_error, keep_file
from dgn_explorer.errors import DgnError

_OTHERWISE = "choose another folder with DGN_EXPLORER_HOME"


class Shards:
    """The shards in one folder, which is made by the first `add`."""

    def __init__(self, folder: Path, units: int) -> None:
        """A shard of another number of ``units`` is no shard of this layer, and is left alone."""
        self._folder, self._units = folder, units
        self._where: dict[str, tuple[Path, int]] = {}
        for path in sorted(folder.glob("*.npz")):
            ids = _read(path, "ids")
            if ids is not None and ids.dtype == np.uint8 and ids.ndim == 2 and ids.shape[1] == 32:
                for column, one in enumerate(ids):
                    self._where.setdefault(one.tobytes().hex(), (path, column))

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._where

    def add(self, shas: list[str], values: np.ndarray, places: np.ndarray | None) -> None:
        """Keep ``values`` (units, n) float32 and ``places`` (units, n) of n photographs.

        Raises `DgnError` if the disk is full or may not be written.
        """
        ids = np.frombuffer(bytes.fromhex("".join(shas)), np.uint8).reshape(-1, 32)
        values = np.ascontiguousarray(values, np.float32)
        buffer = io.BytesIO()
        if places is None:
            np.savez(buffer, ids=ids, values=values)
        else:
            small = places.astype(np.min_scalar_type(int(places.max(initial=0))))
            np.savez(buffer, ids=ids, values=values, places=small)
        path = self._folder / f"{hashlib.sha256(ids.tobytes()).hexdigest()[:32]}.npz"
        try:
            keep_file(path, buffer.getvalue())
        except OSError as error:
            raise disk_error(error, f"write {path}", _OTHERWISE) from error
        for column, sha256 in enumerate(shas):
            self._where[sha256] = (path, column)

    def forget(self, path: Path) -> None:
        """Drop a shard that cannot be read, so that its photographs are measured again."""
        self._where = {sha: at for sha, at in self._where.items() if at[0] != path}
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)

    def damaged(self) -> list[Path]:
        """The shards that cannot be read whole."""
        return [path for path in self._paths() if not self._whole(path)]

    def parts(
        self, wanted: Sequence[str], names: tuple[str, ...] = ("values",)
    ) -> Iterator[tuple[np.ndarray, tuple[np.ndarray | None, ...]]]:
        """One shard after another: the numbers of its photographs, and its arrays of those.

        A number is a place in ``wanted``, SHA-256 that are all here. Yields numbers (m,) and for
        every one of ``names`` an array (units, m), None where the layer has no such. Raises
        `DgnError` for a shard that has been damaged since it was looked at.
        """
        by_path: dict[Path, tuple[list[int], list[int]]] = {}
        for number, sha256 in enumerate(wanted):
            path, column = self._where[sha256]
            numbers, columns = by_path.setdefault(path, ([], []))
            numbers.append(number)
            columns.append(column)
        for path, (numbers, columns) in by_path.items():
            arrays = []
            for name in names:
                array = _read(path, name)
                if array is None and name == "values":
                    raise DgnError(
                        f"What was measured of photographs is damaged ({path}).",
                        "Run it again: those photographs will be measured anew.",
                    )
                arrays.append(None if array is None else array[:, columns])
            yield np.array(numbers), tuple(arrays)

    def _paths(self) -> list[Path]:
        return sorted({path for path, _ in self._where.values()})

    def _whole(self, path: Path) -> bool:
        ids, values = _read(path, "ids"), _read(path, "values")
        shape = (self._units, -1 if ids is None else len(ids))
        return values is not None and values.shape == shape and values.dtype == np.float32


def _read(path: Path, name: str) -> np.ndarray | None:
    """One array of a shard; None if there is none or the file is damaged."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            array: np.ndarray = file[name]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return array

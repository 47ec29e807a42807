"""The store: one small HDF5 file a result, so that no accident can hurt more than one of them.

A single HDF5 file that is kept open loses everything at a kill; a file that is written under a
temporary name, synced and renamed is there as a whole or not at all.
"""

import contextlib
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.results.disk import (
    FileSystem,
    discard,
    disk_error,
    make_folder,
    remove_dead_temporaries,
    write_temporary,
)
from dgn_explorer.results.hdf5_file import DamagedFileError
from dgn_explorer.results.lock import locked
from dgn_explorer.results.result import Result
from dgn_explorer.results.result_file import (
    NewerFileError,
    StoredResult,
    check_file,
    encode_result,
    read_result,
    read_summary,
    read_thumbnail,
)

_KEY = re.compile(r"[0-9a-f]{64}")
_FOLDER = re.compile(r"[0-9a-f]{2}")
_SUFFIX = ".h5"
_LOCK = ".lock"
_QUARANTINE = "quarantine"
_OTHERWISE = "choose another folder with DGN_EXPLORER_HOME"


@dataclass(frozen=True)
class DamagedResult:
    """A file that `Store.verify` found fault with: why, and where it was moved.

    ``quarantined`` is None if it stayed where it was, because it could not be moved.
    """

    path: Path
    reason: str
    quarantined: Path | None


@dataclass(frozen=True)
class VerifyReport:
    """What `Store.verify` found.

    ``results`` counts the files in order; ``newer`` those of a later version of the program,
    which are left alone.
    """

    results: int
    damaged: tuple[DamagedResult, ...]
    newer: int = 0


class Store:
    """All results in ``folder``, each in ``folder/<key[:2]>/<key>.h5``.

    ``key`` is always `Recipe.key`, 64 hexadecimal digits. Any number of programs may use one
    store at once. Every method may be called from any thread but the window's: h5py and the disk
    make their caller wait. What a user can put right is raised as `DgnError`.
    """

    def __init__(self, folder: Path, fs: FileSystem | None = None) -> None:
        """Open the store; the folder is created by the first `put`, never by looking."""
        self.folder = folder
        self._fs = fs or FileSystem()
        self._summaries: dict[Path, tuple[tuple[int, int, int], StoredResult]] = {}
        remove_dead_temporaries(folder, self._fs)

    def path(self, key: str) -> Path:
        """Where the result ``key`` is or would be; raises `DgnError` if that is no key."""
        if not _KEY.fullmatch(key):
            raise DgnError(
                f"{key!r} is not the key of a result.",
                "List the keys of all results with: dgn-explorer cache list",
            )
        return self.folder / key[:2] / f"{key}{_SUFFIX}"

    def get(self, key: str) -> Result | None:
        """The result ``key``, or None; raises `DgnError` if its file is damaged."""
        path = self.path(key)
        try:
            return read_result(path, key)
        except FileNotFoundError:
            return None
        except DamagedFileError as error:
            raise DgnError(
                f"The stored result {path} is damaged: {error}.",
                "Set damaged results aside with: dgn-explorer cache verify",
            ) from None
        except NewerFileError as error:
            raise DgnError(
                f"The stored result {path} is from a newer dgn-explorer: {error}.",
                "Update dgn-explorer to read it.",
            ) from None
        except OSError as error:
            raise disk_error(error, f"read the result {path}", _OTHERWISE) from error

    def put(self, result: Result) -> Path:
        """Keep ``result`` and return its path; once this returns, a power cut cannot lose it.

        A stopped result replaces only a shorter stopped one of the same recipe, a finished one
        replaces any. Raises `DgnError` if the disk is full, may not be written or fails, or if
        the result is not finite; what the store held before is unharmed then.
        """
        path = self.path(result.key)
        data = encode_result(result)
        try:
            make_folder(path.parent, self._fs)
            temporary = write_temporary(self.folder, data, self._fs)
            try:
                with locked(self.folder / _LOCK, self._fs):
                    if self._is_better(result, path):
                        self._fs.replace(temporary, path)
                    else:
                        self._fs.remove(temporary)
            except BaseException:
                discard(temporary, self._fs)
                raise
            self._fs.sync_folder(path.parent)
        except OSError as error:
            raise disk_error(error, f"write the result {path}", _OTHERWISE) from error
        return path

    def delete(self, key: str) -> bool:
        """Remove the result ``key``, damaged or not; whether there was one."""
        path = self.path(key)
        try:
            self._fs.remove(path)
            self._fs.sync_folder(path.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise disk_error(error, f"delete the result {path}", _OTHERWISE) from error
        return True

    def keys(self) -> frozenset[str]:
        """The keys of all results; only names are read, so this is quick."""
        return frozenset(path.stem for path, _ in self._files() if _is_well_named(path))

    def list(self) -> tuple[StoredResult, ...]:
        """Summaries of all results, newest first; damaged files are left out.

        What was read is remembered by time and size, so that the next call opens new files only.
        """
        found = {}
        for path, entry in self._files():
            if not _is_well_named(path):
                continue
            try:
                status = entry.stat()
                signature = (status.st_mtime_ns, status.st_size, status.st_ino)
                known = self._summaries.get(path)
                if known is None or known[0] != signature:
                    known = signature, read_summary(path, path.stem)
                found[path] = known
            except (OSError, DamagedFileError, NewerFileError):
                continue
        self._summaries = found
        summaries = (summary for _, summary in found.values())
        return tuple(sorted(summaries, key=lambda s: (s.created, s.key), reverse=True))

    def thumbnail(self, key: str, size: int) -> np.ndarray | None:
        """The image of ``key`` (h, w, 3) uint8, its longer side at most ``size`` px.

        Up to 96 px only the small copy in the file is read. None if there is no such result or
        its file is damaged.
        """
        try:
            return read_thumbnail(self.path(key), size)
        except (OSError, DamagedFileError, NewerFileError):
            return None

    def verify(self) -> VerifyReport:
        """Read every result, check all checksums, and move damaged files to ``quarantine/``."""
        results = newer = 0
        damaged = []
        for path, _ in self._files():
            try:
                self._check(path)
                results += 1
            except FileNotFoundError:  # deleted meanwhile
                continue
            except NewerFileError:
                newer += 1
            except DamagedFileError as error:
                damaged.append(DamagedResult(path, str(error), self._quarantine(path)))
            except OSError as error:
                damaged.append(DamagedResult(path, f"it cannot be read ({error.strerror})", None))
        return VerifyReport(results, tuple(damaged), newer)

    def _check(self, path: Path) -> None:
        if not _is_well_named(path):
            raise DamagedFileError("its name is not the key of a result")
        check_file(path, path.stem)

    def _quarantine(self, path: Path) -> Path | None:
        folder = self.folder / _QUARANTINE
        moved = None
        with contextlib.suppress(OSError):  # a store that may only be read is reported all the same
            make_folder(folder, self._fs)
            with locked(self.folder / _LOCK, self._fs):
                if self._is_damaged(path):  # another program may have put a good one here meanwhile
                    target = _free_name(folder / path.name)
                    self._fs.replace(path, target)
                    moved = target
            self._fs.sync_folder(folder)
            self._fs.sync_folder(path.parent)
        return moved

    def _is_damaged(self, path: Path) -> bool:
        try:
            self._check(path)
        except DamagedFileError:
            return True
        return False

    def _is_better(self, result: Result, path: Path) -> bool:
        try:
            stored = read_summary(path, result.key)
        except (FileNotFoundError, DamagedFileError):
            return True
        except NewerFileError:
            return False
        if result.state == "done":
            return True
        return stored.state == "stopped" and stored.steps < result.steps

    def _files(self) -> Iterator[tuple[Path, os.DirEntry[str]]]:
        try:
            folders = [f for f in self.folder.iterdir() if _FOLDER.fullmatch(f.name) and f.is_dir()]
            for folder in folders:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.name.endswith(_SUFFIX) and not entry.name.startswith("."):
                            yield Path(entry.path), entry
        except FileNotFoundError:
            return
        except OSError as error:
            raise disk_error(error, f"list the results in {self.folder}", _OTHERWISE) from error


def _is_well_named(path: Path) -> bool:
    return bool(_KEY.fullmatch(path.stem)) and path.parent.name == path.stem[:2]


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.stem}.{count}{path.suffix}") for count in itertools.count(1))
    return next(candidate for candidate in itertools.chain([path], names) if not candidate.exists())

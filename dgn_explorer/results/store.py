"""The store: one small HDF5 file a record, so that no accident can hurt more than one of them.

A single HDF5 file that is kept open loses everything at a kill; a file that is written under a
temporary name, synced and renamed is there as a whole or not at all.
"""

import contextlib
import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from dgn_explorer.disk import (
    FileSystem,
    disk_error,
    make_folder,
    remove_dead_temporaries,
    temporary_file,
)
from dgn_explorer.errors import DgnError
from dgn_explorer.paths import data_folder
from dgn_explorer.results.concept_sets import KeptConcepts
from dgn_explorer.results.damage import (
    KEY,
    DamagedResult,
    VerifyReport,
    check_file,
    is_at_home,
    is_damaged,
    lost,
)
from dgn_explorer.results.drafts import Drafts
from dgn_explorer.results.hdf5_file import DamagedFileError, NewerFileError, encode
from dgn_explorer.results.index import Known, read_index, signature_of, write_index
from dgn_explorer.results.inputs import InputStore
from dgn_explorer.results.photo_sets import PhotoSets
from dgn_explorer.results.record import DONE, STOPPED, Record, where_made
from dgn_explorer.results.record_file import (
    RawRecord,
    raw_of,
    read_record,
    read_summary,
    read_thumbnail,
)
from dgn_explorer.results.summary import Summary, summary_of
from dgn_explorer.results.trash import Trash
from dgn_explorer.sharing import locked
from dgn_explorer.synthesis.draft import Draft, begun_by
from dgn_explorer.synthesis.progress import Made
from dgn_explorer.synthesis.recipe import Recipe

_FOLDER = re.compile(r"[0-9a-f]{2}")
_SUFFIX = ".h5"
_LOCK = ".lock"
_QUARANTINE = "quarantine"
_OTHERWISE = "choose another folder with DGN_EXPLORER_HOME"
_FEW = 200  # so many files are opened as fast as an index is written
_MANY = 20_000  # opening so many takes 10 s

OnCount = Callable[[int, int], None]  # how many are done, of how many


class Store:
    """All results in ``folder``, each in ``folder/<key[:2]>/<key>.h5``.

    ``key`` is always an order's, 64 hexadecimal digits. Any number of programs may use one
    store at once. Every method may be called from any thread but the window's: h5py and the disk
    make their caller wait. What a user can put right is raised as `DgnError`.
    """

    def __init__(self, folder: Path, fs: FileSystem | None = None) -> None:
        """Open the store; the folder is created by the first `put`, never by looking."""
        self.folder = folder
        self._fs = fs or FileSystem()
        self._known: dict[str, Known] = {}  # what was listed last
        self._unwritten = 0  # how much of it the index lacks
        self.inputs = InputStore(folder / "inputs", self._fs)
        self.sets = PhotoSets(folder, self.inputs, self._fs)
        self.trash = Trash(folder, self._fs)
        self.drafts = Drafts(folder / "drafts", self._fs)
        self.concepts = KeptConcepts(folder, self.inputs, self._fs)
        remove_dead_temporaries(folder, self._fs)

    def path(self, key: str) -> Path:
        """Where the result ``key`` is or would be; raises `DgnError` if that is no key."""
        if not KEY.fullmatch(key):
            raise DgnError(
                f"{key!r} is not the key of a result.",
                "List the keys of all results with: dgn-explorer cache list",
            )
        return self.folder / key[:2] / f"{key}{_SUFFIX}"

    def get(self, key: str) -> Record | None:
        """The result ``key``, or None; raises `DgnError` if its file is damaged."""
        path = self.path(key)
        try:
            return read_record(path, key)
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

    def place_of(self, sha256: str) -> Path:
        """The file of an input, or where the files of a set are; raises `DgnError`."""
        place = self.sets.place(sha256) or self.concepts.place(sha256) or self.inputs.path(sha256)
        if not place.exists():
            raise DgnError(
                f"The input {sha256[:16]}… is not in the store.",
                "Give the photograph again, or unpack the pack that it came with.",
            )
        return place

    def put(self, record: Record) -> Summary:
        """Keep ``record``; once this returns, a power cut cannot lose it.

        A finished record is never replaced; a stopped one is, by a finished one and by a longer
        stopped one of the same order. Returns the summary of what the store holds now. Raises
        `DgnError` if the disk is full, may not be written or fails, or if the record is not finite;
        what the store held before is unharmed then.
        """
        return self._put(record.key, raw_of(record))[0]

    def put_raw(self, key: str, raw: RawRecord) -> bool:
        """Keep a record that came from another store, as `put`; whether it was taken.

        A stopped one never takes the place of another: its number of steps is only what it says.
        """
        return self._put(key, raw, own=False)[1]

    def _put(self, key: str, raw: RawRecord, own: bool = True) -> tuple[Summary, bool]:
        path, data = self.path(key), encode(raw.datasets)
        mine = summary_of(raw.metadata, key, path, len(data))
        try:
            make_folder(path.parent, self._fs)
            with temporary_file(self.folder, self._fs) as temporary:
                temporary.write(data)
                with locked(self.folder / _LOCK, self._fs):
                    kept = self._kept(mine, own)
                    if kept is None:
                        temporary.replace(path)
            self._fs.sync_folder(path.parent)
        except OSError as error:
            raise disk_error(error, f"write the result {path}", _OTHERWISE) from error
        return (mine, True) if kept is None else (kept or mine, False)

    def _kept(self, new: Summary, own: bool) -> Summary | Literal[False] | None:
        """The stored record that stays although ``new`` came; None if it makes room.

        False is one of a later version of the program, which stays too.
        """
        try:
            stored = read_summary(new.path, new.key)
        except (FileNotFoundError, DamagedFileError):
            return None
        except NewerFileError:
            return False
        longer = own and stored.steps < new.steps
        better = stored.state == STOPPED and (new.state == DONE or longer)
        return None if better else stored

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

    def delete_listed(self, item: Summary) -> bool:
        """Remove the result that was listed as ``item``, unless a better one has replaced it."""
        try:
            with locked(self.folder / _LOCK, self._fs):
                if read_summary(item.path, item.key) != item:
                    return False
                return self.delete(item.key)
        except (FileNotFoundError, DamagedFileError, NewerFileError):
            return False
        except OSError as error:
            raise disk_error(error, f"delete the result {item.path}", _OTHERWISE) from error

    def keys(self) -> frozenset[str]:
        """The keys of all results; only names are read, so this is quick."""
        return frozenset(key for key, _ in self._files() if key)

    def list(self) -> tuple[Summary, ...]:
        """Summaries of all results, newest first; damaged files are left out.

        What was read is remembered by time and size, also over a restart once it is much, so that
        the next call opens new files only.
        """
        known = self._known or read_index(self.folder)
        found: dict[str, Known] = {}
        for key, entry in self._files():
            if not key:
                continue
            try:
                signature = signature_of(entry.stat())
                before = known.get(key)
                if before is None or before[0] != signature:
                    before = signature, read_summary(Path(entry.path), key)
                    self._unwritten += 1
                found[key] = before
            except (OSError, DamagedFileError, NewerFileError):
                continue
            if self._unwritten > _MANY:  # so that closing the program soon is not for nothing
                self._write_index(known | found)
        self._known = found
        if self._unwritten > max(_FEW, len(found) // 50):
            self._write_index(found)
        summaries = (summary for _, summary in found.values())
        return tuple(sorted(summaries, key=lambda s: (s.created, s.key), reverse=True))

    def _write_index(self, known: dict[str, Known]) -> None:
        self._unwritten = 0
        with contextlib.suppress(OSError):  # a store that may only be read does without
            write_index(self.folder, known, self._fs)

    def thumbnail(self, key: str, size: int) -> np.ndarray | None:
        """The image of ``key`` (h, w, 3) uint8, its longer side at most ``size`` px.

        Up to 96 px only the small copy in the file is read. None if there is no such result or
        its file is damaged.
        """
        try:
            return read_thumbnail(self.path(key), size)
        except (OSError, DamagedFileError, NewerFileError):
            return None

    def summary(self, key: str) -> Summary | None:
        """The line for lists of ``key``; None if there is none that can be read."""
        try:
            return read_summary(self.path(key), key)
        except (OSError, DamagedFileError, NewerFileError):
            return None

    def draft(self, recipe: Recipe, where: Mapping[str, str]) -> Draft:
        """Where ``recipe`` keeps what it has made until its record is put; see `Drafts`.

        A new one begins with the longest stored record that ``recipe`` goes on from. Both only if
        they were made as ``where`` says (`where_made`): a record names one device, torch and number
        of threads, with which all of it comes out again.
        """
        return self.drafts.open(recipe, where, lambda: self._begun(recipe, where))

    def clear_finished_drafts(self) -> None:
        """Remove the drafts of records that are finished: a kill came between put and clear."""
        for key in self.drafts.unfinished():
            summary = self.summary(key)
            if summary is not None and summary.state == DONE:
                self.drafts.clear(key)

    def _begun(self, recipe: Recipe, where: Mapping[str, str]) -> Made | None:
        for shorter in begun_by(recipe):
            if self.path(shorter.key).exists():
                with contextlib.suppress(DgnError):  # a damaged one: then another, or none
                    record = self.get(shorter.key)
                    if record is None or recipe.about.grows not in record.parts:
                        continue
                    made = record.provenance
                    if where_made(made.device, made.versions) == where:
                        return Made(record.own_parts, record.trace, made.seconds)
        return None

    def code(self, key: str) -> np.ndarray | None:
        """The code (K,) of the first image of ``key``, to start another ascent from."""
        record = self.get(key)
        return None if record is None or not len(record.codes) else record.code

    def verify(self, progress: OnCount = lambda done, total: None) -> VerifyReport:
        """Read every result, check all checksums, and move damaged files to ``quarantine/``."""
        results = newer = 0
        damaged = []
        paths = [Path(entry.path) for _, entry in self._files()]
        remembered = read_index(self.folder) | self._known
        for done, path in enumerate(paths):
            progress(done, len(paths))
            try:
                check_file(path)
                results += 1
            except FileNotFoundError:  # deleted meanwhile
                continue
            except NewerFileError:
                newer += 1
            except DamagedFileError as error:
                what = lost(path, remembered)
                damaged.append(DamagedResult(path, str(error), self._quarantine(path), what))
            except OSError as error:
                damaged.append(DamagedResult(path, f"it cannot be read ({error.strerror})", None))
        progress(len(paths), len(paths))
        return VerifyReport(results, tuple(damaged), newer)

    def _quarantine(self, path: Path) -> Path | None:
        folder = self.folder / _QUARANTINE
        moved = None
        with contextlib.suppress(OSError):  # a store that may only be read is reported all the same
            make_folder(folder, self._fs)
            with locked(self.folder / _LOCK, self._fs):
                if is_damaged(path):  # another program may have put a good one here meanwhile
                    target = _free_name(folder / path.name)
                    self._fs.replace(path, target)
                    moved = target
            self._fs.sync_folder(folder)
            self._fs.sync_folder(path.parent)
        return moved

    def _files(self) -> Iterator[tuple[str, os.DirEntry[str]]]:
        # With each file the key that its name is, or an empty text.
        try:
            folders = [f for f in self.folder.iterdir() if _FOLDER.fullmatch(f.name) and f.is_dir()]
            for folder in folders:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.name.endswith(_SUFFIX) and not entry.name.startswith("."):
                            key = entry.name.removesuffix(_SUFFIX)
                            yield (key if is_at_home(key, folder.name) else ""), entry
        except FileNotFoundError:
            return
        except OSError as error:
            raise disk_error(error, f"list the results in {self.folder}", _OTHERWISE) from error


def open_store() -> Store:
    """The user's own store."""
    return Store(data_folder() / "results")


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.stem}.{count}{path.suffix}") for count in itertools.count(1))
    return next(candidate for candidate in itertools.chain([path], names) if not candidate.exists())

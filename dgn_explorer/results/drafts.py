"""`Drafts`: what long orders have made so far, in small files beside the store.

``drafts/KEY/000000.h5`` and so on hold one `Made` each, with checksums as records have them. They
are no results: they are there so that a killed program goes on where it was, and go when the record
is stored. A file that cannot be read, or that another version wrote, ends the draft before it.
"""

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.disk import FileSystem, make_folder, remove_dead_temporaries, write_file
from dgn_explorer.locks import Taken, take
from dgn_explorer.results.damage import KEY
from dgn_explorer.results.hdf5_file import (
    DamagedFileError,
    Reader,
    encode,
    open_reader,
)
from dgn_explorer.results.record import declared_parts
from dgn_explorer.synthesis.draft import Draft, InMemory
from dgn_explorer.synthesis.kinds import TEXTS, Part
from dgn_explorer.synthesis.progress import Made
from dgn_explorer.synthesis.recipe import Recipe

FORMAT = 1
_LOCK = ".lock"
_MAX_METADATA_BYTES = 1 << 16


class Drafts:
    """All drafts in ``folder``; usable from any thread but the window's."""

    def __init__(self, folder: Path, fs: FileSystem) -> None:
        self.folder = folder
        self._fs = fs

    def open(
        self, recipe: Recipe, where: Mapping[str, str], earlier: Callable[[], Made | None]
    ) -> Draft:
        """The draft of ``recipe``; a new one begins with what ``earlier`` gives.

        What was kept elsewhere than ``where`` says is not gone on from.

        If another program is at work on it, or the disk does not take it, what is made is kept in
        the memory alone.
        """
        folder = self.folder / recipe.key
        try:
            make_folder(folder, self._fs)
            lock = self._fs.open_lock(folder / _LOCK)
        except OSError:
            return InMemory(_begin(earlier))
        if take(lock) is Taken.BUSY:
            self._fs.close(lock)
            return InMemory(_begin(earlier))
        remove_dead_temporaries(folder, self._fs)
        draft = _StoredDraft(folder, recipe, where, lock, self._fs)
        if not draft.count:
            for piece in _begin(earlier):
                draft.keep(piece)
        return draft

    def clear(self, key: str) -> None:
        """Remove the draft ``key``, if there is one; what cannot be removed stays."""
        folder = self.folder / key
        if folder.is_symlink():  # nothing of ours
            return
        with contextlib.suppress(OSError):
            for path in folder.iterdir():
                self._fs.remove(path)
            folder.rmdir()

    def unfinished(self) -> frozenset[str]:
        """The keys of the orders that have one."""
        with contextlib.suppress(OSError):
            return frozenset(p.name for p in self.folder.iterdir() if KEY.fullmatch(p.name))
        return frozenset()


class _StoredDraft:
    """One draft's folder, which this program alone writes while it holds the lock."""

    def __init__(
        self, folder: Path, recipe: Recipe, where: Mapping[str, str], lock: int, fs: FileSystem
    ) -> None:
        self._folder, self._fs = folder, fs
        self._head = {"format": FORMAT, "key": recipe.key, "where": dict(where)}
        about = recipe.about
        self._declared = declared_parts(about.makes, (*about.parts, *about.draft))
        self._lock: int | None = lock
        self._unwritten: list[Made] = []
        found = self._read()
        self.count, self._seconds = len(found), found[-1].seconds if found else 0.0
        for path in self._later():  # behind a file that cannot be read
            with contextlib.suppress(OSError):
                fs.remove(path)

    @property
    def seconds(self) -> float:
        """Of the newest piece."""
        return self._seconds

    def read(self) -> Sequence[Made]:
        """Everything that was kept."""
        return (*self._read(), *self._unwritten)

    def keep(self, piece: Made) -> None:
        """Keep one more piece: on the disk, or in the memory once that refuses."""
        self._seconds = piece.seconds
        if not self._unwritten:
            try:
                write_file(self._path(self.count), _encoded(piece, self._head), self._fs)
            except OSError:
                pass
            else:
                self.count += 1
                return
        self._unwritten.append(piece)

    def close(self) -> None:
        """Let another program go on with it."""
        if self._lock is not None:
            lock, self._lock = self._lock, None
            self._fs.close(lock)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.h5"

    def _read(self) -> list[Made]:
        found: list[Made] = []
        with contextlib.suppress(OSError, DamagedFileError):
            while True:
                with open_reader(self._path(len(found))) as reader:
                    found.append(_decoded(reader, self._head, self._declared))
        return found

    def _later(self) -> Iterator[Path]:
        number = self.count
        while self._path(number).exists():
            yield self._path(number)
            number += 1


def _begin(earlier: Callable[[], Made | None]) -> tuple[Made, ...]:
    made = earlier()
    return () if made is None else (made,)


def _encoded(piece: Made, head: Mapping[str, Any]) -> bytes:
    metadata = {**head, "parts": sorted(piece.parts), "seconds": piece.seconds}
    texts = {k: json.dumps(v) for k, v in piece.parts.items() if isinstance(v, tuple)}
    arrays = {k: v for k, v in piece.parts.items() if not isinstance(v, tuple)}
    return encode({"metadata": json.dumps(metadata), **texts, **arrays, "trace": piece.trace})


def _decoded(reader: Reader, head: Mapping[str, Any], declared: dict[str, Part]) -> Made:
    try:
        metadata = json.loads(reader.text("metadata", _MAX_METADATA_BYTES))
        if {name: metadata[name] for name in head} != head:
            raise DamagedFileError("it is of another version or order, or was made elsewhere")
        parts: dict[str, np.ndarray | tuple[str, ...]] = {}
        for name in metadata["parts"]:
            part = declared[name]
            if part.dtype == TEXTS:
                parts[name] = tuple(str(t) for t in json.loads(reader.text(name, 4 * part.most)))
            else:
                parts[name] = reader.array(name, part.dtype, part.ndim, part.most)
        seconds = float(metadata.get("seconds", 0.0))  # those of an earlier version have none
        if not 0 <= seconds < math.inf:
            raise DamagedFileError(f"it took {seconds} seconds")
        return Made(parts, reader.array("trace", "<f4", 1, 1 << 24), seconds)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedFileError(f"its metadata is not complete ({error})") from None

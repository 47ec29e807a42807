"""Many results in one HDF5 file to hand on: a group for each, named by its key.

Format 2 has a group ``inputs`` too, with the bytes of each photograph or mask that a result needs,
by SHA-256; a pack that needs none is written as format 1, so that earlier programs read it.

A group holds what the result's own file holds (see `record_file`), checksums included, so that any
HDF5 program can show the images. At the top are ``about``, a JSON text, and its checksum.
"""

import contextlib
import errno
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.disk import (
    FileSystem,
    disk_error,
    remove_dead_temporaries,
    replacing,
)
from dgn_explorer.errors import DgnError
from dgn_explorer.results.damage import KEY
from dgn_explorer.results.hdf5_file import (
    LIBRARY_VERSION,
    DamagedFileError,
    NewerFileError,
    Reader,
    h5py_errors,
    open_hdf5,
    write_datasets,
)
from dgn_explorer.results.inputs import MOST_BYTES, NAME
from dgn_explorer.results.record_file import (
    RawRecord,
    read_datasets,
    read_raw,
)
from dgn_explorer.results.store import OnCount, Store

_FORMAT = 2
_INPUTS = "inputs"
_TOP = frozenset({"about", "checksums", _INPUTS})
_MAX_ABOUT_BYTES = 1 << 12
_OTHERWISE = "choose another folder"


@dataclass(frozen=True)
class PackReport:
    """How many results went over, and which did not and why.

    ``new`` counts those that the store did not have, ``better`` finished ones that took the place
    of a stopped one, ``kept`` those of which the store had one, which stayed.
    """

    results: int
    new: int
    left_out: tuple[tuple[str, str], ...] = ()
    better: int = 0

    @property
    def kept(self) -> int:
        """How many stayed as they were in the store."""
        return self.results - self.new - self.better


def pack(
    store: Store,
    path: Path,
    progress: OnCount = lambda done, total: None,
    fs: FileSystem | None = None,
) -> PackReport:
    """Write all results of ``store`` to ``path`` in one step; damaged ones are left out.

    What a killed `pack` has left in the same folder is removed first. Raises `DgnError` if the file
    cannot be written; one that was there before is unharmed then.
    """
    fs = fs or FileSystem()
    remove_dead_temporaries(path.parent, fs)
    with _disk_errors(path), replacing(path, fs) as temporary:
        return _write(store, temporary, progress)


def unpack(store: Store, path: Path, progress: OnCount = lambda done, total: None) -> PackReport:
    """Put every result of the pack ``path`` into ``store``; damaged ones are left out.

    A finished result that the store has is never replaced by another, and a stopped one only by a
    finished one: how many steps others' results took is what they say. Each is stored for good as
    soon as it is counted, so that an unpack that was stopped goes on when it is called again.
    Raises `DgnError` if ``path`` is no pack, before anything is stored.
    """
    remove_dead_temporaries(path.parent, FileSystem())
    file = _open(path)
    with file:
        names = _names(file, path)
        known = store.keys()
        budget = path.stat().st_size
        results = new = better = 0
        left_out = []
        for done, name in enumerate(names):
            progress(done, len(names))
            try:
                raw = _read(file, name, budget)
                # Results that share their data inside the file would unpack to far more than it.
                budget -= sum(array.nbytes for array in raw.arrays.values())
                budget -= _take_inputs(store, file, raw, budget)
                taken = store.put_raw(name, raw)
                results += 1
                new += name not in known
                better += taken and name in known
            except DamagedFileError as error:
                left_out.append((name, str(error)))
            except NewerFileError as error:
                left_out.append((name, f"it is from a newer dgn-explorer: {error}"))
        progress(len(names), len(names))
    return PackReport(results, new, tuple(left_out), better)


def _write(store: Store, path: Path, progress: OnCount) -> PackReport:
    import h5py

    keys = sorted(store.keys())
    left_out = []
    with h5py.File(path, "w", libver=LIBRARY_VERSION, locking=False) as file:
        wanted: set[str] = set()
        for done, key in enumerate(keys):
            progress(done, len(keys))
            try:
                raw = read_raw(store.path(key), key)
                inputs = _inputs_of(raw)
            except FileNotFoundError:  # deleted meanwhile
                continue
            except (DamagedFileError, NewerFileError) as error:
                left_out.append((key, str(error)))
                continue
            write_datasets(file.create_group(key), raw.datasets)
            wanted |= inputs
        results = len(file)
        for name in sorted(wanted):
            _write_input(store, file, name)
        version = _FORMAT if _INPUTS in file else 1
        about = {"program": "dgn-explorer", "pack": version, "results": results}
        write_datasets(file, {"about": json.dumps(about)})
        progress(len(keys), len(keys))
    return PackReport(results, results, tuple(left_out))


def _inputs_of(raw: RawRecord) -> set[str]:
    order = raw.metadata["recipe" if raw.metadata["format"] == 1 else "order"]
    try:
        names = {str(one["sha256"]) for one in order.get("inputs", ())}
    except (KeyError, TypeError, AttributeError):
        names = {""}
    if not all(NAME.fullmatch(name) for name in names):
        raise DamagedFileError("its inputs are not named by their SHA-256")
    return names


def _write_input(store: Store, file: Any, name: str) -> None:
    with contextlib.suppress(
        DgnError
    ):  # one that is gone: its results can be looked at all the same
        data = np.frombuffer(store.inputs.get(name), np.uint8)
        file.require_group(_INPUTS).create_dataset(name, data=data)


def _take_inputs(store: Store, file: Any, raw: RawRecord, budget: int) -> int:
    """Keep the inputs of ``raw`` that the pack has and the store has not; returns their bytes."""
    import h5py

    taken = 0
    for name in _inputs_of(raw):
        with h5py_errors():
            if store.inputs.has(name) or not file.id.links.exists(_INPUTS.encode()):
                continue
            group = h5py.h5o.open(file.id, _INPUTS.encode())
            if not isinstance(group, h5py.h5g.GroupID) or not group.links.exists(name.encode()):
                continue
            reader = Reader(h5py.Group(group), budget, checked=False)
            data = reader.array(name, "|u1", 1, MOST_BYTES).tobytes()
        if hashlib.sha256(data).hexdigest() != name:
            raise DamagedFileError(f"its input {name[:12]} does not match its name")
        store.inputs.put(data)
        taken += len(data)
    return taken


def _open(path: Path) -> Any:
    try:
        file = open_hdf5(path)
        try:
            with h5py_errors():
                about = json.loads(
                    Reader(file, path.stat().st_size).text("about", _MAX_ABOUT_BYTES)
                )
            version = about["pack"]
        except BaseException:
            file.close()
            raise
    except OSError as error:
        raise disk_error(error, f"read {path}", "name another file") from error
    except (DamagedFileError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DgnError(
            f"{path} is no pack of results ({error}).",
            "Make one with: dgn-explorer cache pack FILE",
        ) from None
    if version not in range(1, _FORMAT + 1):
        file.close()
        raise DgnError(
            f"{path} is a pack of format {version!r}.", "Update dgn-explorer to read it."
        )
    return file


def _names(file: Any, path: Path) -> list[str]:
    # All names are looked at before anything is stored: a pack with others is no accident.
    try:
        with h5py_errors():
            names = [name for name in file if name not in _TOP]
    except DamagedFileError as error:
        raise DgnError(f"{path} is damaged: {error}.", "Ask for it once more.") from None
    for name in names:
        if not KEY.fullmatch(name):
            raise DgnError(
                f"{path} holds {name!r}, which is not the key of a result.",
                "Take packs only from people you trust; nothing of this one was stored.",
            )
    return names


def _read(file: Any, name: str, budget: int) -> RawRecord:
    import h5py

    with h5py_errors():
        if file.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
            raise DamagedFileError("it is a link to somewhere else")
        group = h5py.h5o.open(file.id, name.encode())
        if not isinstance(group, h5py.h5g.GroupID):
            raise DamagedFileError("it is not a group")
        raw = read_datasets(Reader(h5py.Group(group), budget), name)
    for part, array in raw.arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DamagedFileError(f"its {part} holds numbers that are not finite")
    return raw


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk_error(error, f"write {path}", _OTHERWISE) from error
    except RuntimeError as error:  # what h5py makes of some failed writes
        failed = OSError(errno.EIO, str(error).splitlines()[0])
        raise disk_error(failed, f"write {path}", _OTHERWISE) from error

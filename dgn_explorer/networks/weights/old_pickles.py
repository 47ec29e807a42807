"""Looking through weights in the form before torch 1.6 before torch's own reader does.

Such a file is five pickles one behind the other: a number that marks it, a version, facts about
the machine, the weights, and the keys of their storages; then each storage, its number of items
before it. How large a storage is and which part of it a tensor shows stands in the fourth; torch
before 2.10 believed it (CVE-2026-24747). Here every claim is compared with the bytes behind.
"""

import io
import pickle
import pickletools
from typing import Any

from dgn_explorer.networks.weights.pickles import Kind, StandIns, Storage, check_memo

_MARK = 0x1950A86A20F9469CFC6C


def checked_length(data: bytes) -> int:
    """How many bytes of ``data`` are such a file; what follows them is not part of it.

    Raises an error of any class if it claims what it does not hold.
    """
    file = io.BytesIO(data)
    storages: dict[str, Storage] = {}
    mark = _load(file, storages)
    if mark != _MARK:
        raise pickle.UnpicklingError("it begins as no weights of torch do")
    for _ in range(3):  # version, machine, weights
        _load(file, storages)
    keys = _load(file, storages)
    if not isinstance(keys, list) or set(keys) != set(storages) or len(keys) != len(set(keys)):
        raise ValueError("its list of storages is not that of its weights")
    for key in keys:
        storage = storages[key]
        count = int.from_bytes(file.read(8), "little", signed=True)
        if count != storage.count:
            raise ValueError(f"storage {key} claims {storage.count} numbers, but has {count}")
        end = file.tell() + count * storage.item_bytes
        if end > len(data):
            raise ValueError(f"storage {key} claims {count} numbers beyond the end")
        file.seek(end)
    return file.tell()


def _load(file: io.BytesIO, storages: dict[str, Storage]) -> Any:
    place = file.tell()
    check_memo(pickletools.genops(file), len(file.getbuffer()))
    file.seek(place)
    reader = _OldStandIns(file, storages)
    found = reader.load()
    if place == 0 and found != _MARK and reader.names:
        raise pickle.UnpicklingError(f"GLOBAL {reader.names[0]} is no number")
    return found


class _OldStandIns(StandIns):
    def __init__(self, file: io.BytesIO, storages: dict[str, Storage]) -> None:
        super().__init__(file, {}, lambda name: True)
        self._storages = storages

    def persistent_load(self, pid: Any) -> Any:
        """The storage of this description, which is compared with what follows later."""
        word, *rest = pid
        if word in ("module", b"module"):
            return rest[0]  # a class, which torch refuses by its name
        kind, key, _, count, view = rest
        if word not in ("storage", b"storage") or not isinstance(kind, Kind):
            raise ValueError("a storage is described wrongly")
        if type(count) is not int or count < 0:
            raise ValueError("a storage is described wrongly")
        whole = self._storages.setdefault(str(key), Storage(count, kind.item_bytes))
        if whole != Storage(count, kind.item_bytes):
            raise ValueError(f"storage {key} is described in two ways")
        if view is None:
            return whole
        _, offset, size = view
        if type(offset) is not int or type(size) is not int or offset < 0 or size < 0:
            raise ValueError("a part of a storage is described wrongly")
        if offset + size > count:
            raise ValueError(f"a part of storage {key} is larger than it")
        return Storage(size, kind.item_bytes)

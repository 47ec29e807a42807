"""Looking through a pickle of torch before torch's own readers do.

A pickle says how large each storage is and which part of it a tensor shows. The C++ reader of
TorchScript believes both, so a tensor could show, and let be changed, memory beyond its numbers;
the Python one did so too before torch 2.10 (CVE-2026-24747). Here every claim is compared with the
records of the archive. Nothing that the pickle names is looked up: stand-ins take its place.
"""

import io
import pickle
import pickletools
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

_ITEM_BYTES = {
    "BFloat16Storage": 2,
    "BoolStorage": 1,
    "ByteStorage": 1,
    "CharStorage": 1,
    "ComplexDoubleStorage": 16,
    "ComplexFloatStorage": 8,
    "DoubleStorage": 8,
    "FloatStorage": 4,
    "HalfStorage": 2,
    "IntStorage": 4,
    "LongStorage": 8,
    "QInt32Storage": 4,
    "QInt8Storage": 1,
    "QUInt8Storage": 1,
    "ShortStorage": 2,
    "UntypedStorage": 1,
}


_TENSORS = re.compile(r"torch(\.\w+)*\.\w*Tensor")


@dataclass(frozen=True)
class Kind:
    """A kind of storage."""

    item_bytes: int


@dataclass(frozen=True)
class Storage:
    """Stands for a storage of ``count`` numbers."""

    count: int
    item_bytes: int


class _Tensor:
    """Stands for a tensor that fits its storage; takes no items."""


def check_pickle(
    data: bytes,
    records: Mapping[str, int],
    allowed: Callable[[str], bool] = lambda name: True,
) -> None:
    """Raise an error of any class if the pickle claims what ``records`` do not hold.

    ``records`` are the sizes in bytes of storages by key. ``allowed`` decides about each
    ``module.name`` in the pickle; what it allows is not looked up either.
    """
    check_memo(pickletools.genops(data), len(data))
    StandIns(io.BytesIO(data), records, allowed).load()


def check_memo(codes: Iterable[tuple[pickletools.OpcodeInfo, Any, Any]], most: int) -> None:
    """Raise `ValueError` if a pickle of ``most`` bytes has readers make room for more values."""
    for code, argument, _ in codes:
        if code.name == "LONG_BINPUT" and (argument or 0) > most:
            raise ValueError(f"a pickle claims to hold {argument} values")


class StandIns(pickle.Unpickler):
    """Reads a pickle without looking up what it ``names``; see `check_pickle`."""

    def __init__(
        self, file: BinaryIO, records: Mapping[str, int], allowed: Callable[[str], bool]
    ) -> None:
        super().__init__(file, encoding="utf-8")
        self._records, self._allowed = records, allowed
        self.names: list[str] = []

    def find_class(self, module: str, name: str) -> Any:
        """What stands for ``module.name``."""
        full = f"{module}.{name}"
        self.names.append(full)
        if not self._allowed(full):
            raise pickle.UnpicklingError(f"it holds {full[:200]}")
        if module in ("torch", "torch.storage") and name in _ITEM_BYTES:
            return Kind(_ITEM_BYTES[name])
        if full in ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor"):
            return lambda *arguments: _tensor(*arguments[:4])
        base: type = OrderedDict if full == "collections.OrderedDict" else _Anything
        if _TENSORS.fullmatch(full):
            base = _Unfilled
        return type(name, (base,), {})  # a new one each time: a pickle can change classes

    def persistent_load(self, pid: Any) -> Any:
        """The storage of this description, compared with its record."""
        word, kind, key, _, count = pid[:5]
        size = self._records[key]
        if word != "storage" or not isinstance(kind, Kind) or type(count) is not int or count < 0:
            raise ValueError("a storage is described wrongly")
        if count * kind.item_bytes > size:
            raise ValueError(f"storage {key} claims {count} numbers, but has {size} bytes")
        return Storage(count, kind.item_bytes)


class _Anything(dict[Any, Any]):
    """Stands for whatever class or function a pickle names: takes everything, does nothing."""

    def __new__(cls, *arguments: Any, **keywords: Any) -> "_Anything":
        return super().__new__(cls)

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass

    def append(self, value: Any) -> None:
        """Take an item as a list does."""

    def extend(self, values: Any) -> None:
        """Take items as a list does."""


class _Unfilled(_Anything):
    """Stands for a class of tensors: made by its own name, one shows what lay in memory."""

    def __new__(cls, *arguments: Any, **keywords: Any) -> "_Unfilled":
        raise ValueError(f"it makes a {cls.__name__} without numbers")


def _tensor(storage: Any, offset: Any, sizes: Any, strides: Any) -> _Tensor:
    numbers = [offset, *sizes, *strides]
    if not isinstance(storage, Storage) or any(type(n) is not int or n < 0 for n in numbers):
        raise ValueError("a tensor is described wrongly")
    if len(sizes) != len(strides):
        raise ValueError("a tensor has more sizes than strides")
    if 0 in sizes:
        return _Tensor()
    last = offset + sum((n - 1) * stride for n, stride in zip(sizes, strides, strict=True))
    if last >= storage.count:
        raise ValueError(f"a tensor of {list(sizes)} shows more than its {storage.count} numbers")
    return _Tensor()

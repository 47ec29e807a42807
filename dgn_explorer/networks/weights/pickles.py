"""Looking through a pickle of torch before torch's own readers do.

A pickle says how large each storage is and which part of it a tensor shows. The C++ reader of
TorchScript believes both, so a tensor could show, and let be changed, memory beyond its numbers;
the Python one did so too before torch 2.10 (CVE-2026-24747). Here every claim is compared with the
records of the archive. Nothing that the pickle names is looked up: stand-ins take its place.
"""

import io
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class _Kind:
    item_bytes: int


@dataclass(frozen=True)
class _Storage:
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
    for code, argument, _ in pickletools.genops(data):
        if code.name == "LONG_BINPUT" and (argument or 0) > len(data):
            raise ValueError(f"a pickle claims to hold {argument} values")
    _StandIns(data, records, allowed).load()


class _StandIns(pickle.Unpickler):
    def __init__(
        self, data: bytes, records: Mapping[str, int], allowed: Callable[[str], bool]
    ) -> None:
        super().__init__(io.BytesIO(data))
        self._records, self._allowed = records, allowed

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if not self._allowed(full):
            raise pickle.UnpicklingError(f"it holds {full[:200]}")
        if module in ("torch", "torch.storage") and name in _ITEM_BYTES:
            return _Kind(_ITEM_BYTES[name])
        if full in ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor"):
            return lambda *arguments: _tensor(*arguments[:4])
        base: type = OrderedDict if full == "collections.OrderedDict" else _Anything
        return type(name, (base,), {})  # a new one each time: a pickle can change classes

    def persistent_load(self, pid: Any) -> _Storage:
        word, kind, key, _, count = pid[:5]
        size = self._records[key]
        if word != "storage" or not isinstance(kind, _Kind) or type(count) is not int or count < 0:
            raise ValueError("a storage is described wrongly")
        if count * kind.item_bytes > size:
            raise ValueError(f"storage {key} claims {count} numbers, but has {size} bytes")
        return _Storage(count, kind.item_bytes)


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


def _tensor(storage: Any, offset: Any, sizes: Any, strides: Any) -> _Tensor:
    numbers = [offset, *sizes, *strides]
    if not isinstance(storage, _Storage) or any(type(n) is not int or n < 0 for n in numbers):
        raise ValueError("a tensor is described wrongly")
    if len(sizes) != len(strides):
        raise ValueError("a tensor has more sizes than strides")
    if 0 in sizes:
        return _Tensor()
    last = offset + sum((n - 1) * stride for n, stride in zip(sizes, strides, strict=True))
    if last >= storage.count:
        raise ValueError(f"a tensor of {list(sizes)} shows more than its {storage.count} numbers")
    return _Tensor()

"""ONNX's types and tensors in torch, and reading small inputs as numbers."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError

Numbers = Tensor | Sequence[Any]

# Types that torch lacks are carried by a wider one; their values are the same.
DTYPES: dict[int, torch.dtype] = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    4: torch.uint16,
    5: torch.int16,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
    12: torch.uint32,
    13: torch.uint64,
    14: torch.complex64,
    15: torch.complex128,
    16: torch.bfloat16,
    17: torch.float8_e4m3fn,
    18: torch.float8_e4m3fnuz,
    19: torch.float8_e5m2,
    20: torch.float8_e5m2fnuz,
    21: torch.uint8,  # uint4
    22: torch.int8,  # int4
    23: torch.float32,  # float4 e2m1
    24: torch.float8_e8m0fnu,
    25: torch.uint8,  # uint2
    26: torch.int8,  # int2
    27: torch.float32,  # float6 e2m3
    28: torch.float32,  # float6 e3m2
}
NARROW = {21: (0, 15), 22: (-8, 7), 25: (0, 3), 26: (-2, 1)}
_BY_BITS = {10, 16, 17, 18, 19, 20, 24}  # what numpy or torch would otherwise convert
_WIDE_ENOUGH = (torch.uint16, torch.uint32, torch.uint64)  # torch computes little with these


def dtype(number: int) -> torch.dtype:
    """The torch type that carries the ONNX type ``number``; raises `DgnError` for strings."""
    if number not in DTYPES:
        raise DgnError(
            f"The ONNX network computes with values of the type {number}.",
            "Only numbers are supported, not text.",
        )
    return DTYPES[number]


def to_torch(proto: Any) -> Tensor:
    """A TensorProto whose data is in memory, as a tensor of its own memory."""
    from onnx import numpy_helper

    kind = dtype(proto.data_type)
    array = numpy_helper.to_array(proto)
    if proto.data_type in _BY_BITS:
        bits = {1: "u1", 2: "u2"}[array.dtype.itemsize]
        plain = {1: torch.uint8, 2: torch.uint16}[array.dtype.itemsize]
        whole = torch.from_numpy(array.reshape(-1).view(bits).copy())
        return whole.to(plain).view(kind).reshape(array.shape)
    if proto.data_type > 20:
        array = array.astype("i1" if kind == torch.int8 else "u1" if kind == torch.uint8 else "f4")
    return torch.from_numpy(array.copy()).to(kind)


def ints(values: Numbers | None) -> tuple[int, ...] | None:
    """A small input of whole numbers; a constant one comes as a tuple already.

    >>> ints(torch.tensor([1, -1])), ints(None)
    ((1, -1), None)
    """
    if values is None:
        return None
    if isinstance(values, Tensor):
        return tuple(int(v) for v in values.reshape(-1).tolist())
    return tuple(int(v) for v in values)


def floats(values: Numbers | None) -> tuple[float, ...] | None:
    """A small input of numbers."""
    if values is None:
        return None
    listed = values.reshape(-1).tolist() if isinstance(values, Tensor) else values
    return tuple(float(v) for v in listed)


def number(values: Numbers | None, default: Any = None) -> Any:
    """An input of one number."""
    if values is None:
        return default
    if isinstance(values, Tensor):
        return values.reshape(-1)[0].item() if values.numel() else default
    return values[0] if len(values) else default


def widened(x: Tensor) -> Tensor:
    """``x`` in a type that torch has all functions for."""
    return x.to(torch.int64) if x.dtype in _WIDE_ENOUGH else x


def in_floats(x: Tensor) -> Tensor:
    """Half precision in single, where a function of torch would lose or lack it."""
    small = x.is_floating_point() and x.dtype not in (torch.float32, torch.float64)
    return x.float() if small else x

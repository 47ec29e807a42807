"""Casts between types, also to those that torch has no functions for."""

import torch
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import NARROW, dtype

# exponent bits, mantissa bits, largest number
_SMALL_FLOATS = {23: (2, 1, 6.0), 27: (2, 3, 7.5), 28: (3, 2, 28.0)}
_FINITE_ONLY = {17: 448.0, 18: 240.0, 20: 57344.0}  # float8 without infinities
_FLOAT8 = {**_FINITE_ONLY, 19: 57344.0}


def cast(node: Node, x: Tensor) -> Tensor:
    """The input in the type of the attribute ``to``."""
    return converted(node, x, node["to"])


def cast_like(node: Node, x: Tensor, like: Tensor) -> Tensor:
    """The first input in the type of the second."""
    kind = node.type(1)
    if not kind:
        raise node.refused("has a target of unknown type")
    return converted(node, x, kind)


def bit_cast(node: Node, x: Tensor) -> Tensor:
    """The same bits read as another type of the same width."""
    if node["to"] > 20 or node.type(0) > 20:
        raise node.refused("reads the bits of a type narrower than a byte")
    return x.contiguous().view(dtype(node["to"]))


def converted(node: Node, x: Tensor, kind: int) -> Tensor:
    """``x`` in the ONNX type ``kind``; ``saturate`` and ``round_mode`` are read off ``node``."""
    if kind == 8 or node.type(0) == 8:
        raise node.refused("makes or reads text")
    saturate = node["saturate"] in (1, None)
    if kind in _FLOAT8:
        return _float8(x, kind, saturate)
    if kind == 24:
        return _powers_of_two(x, str(node["round_mode"] or "up"), saturate)
    if kind in _SMALL_FLOATS:
        return small_float(x.float(), kind)
    if kind in NARROW:
        low, high = NARROW[kind]
        whole = (
            x.to(torch.int64) if not x.is_floating_point() else x.float().trunc().to(torch.int64)
        )
        span = high - low + 1
        return ((whole - low) % span + low).to(dtype(kind))
    if x.dtype == torch.float8_e8m0fnu or (x.is_floating_point() and x.element_size() == 1):
        x = x.float()
    return x.to(dtype(kind))


def small_float(x: Tensor, kind: int) -> Tensor:
    """The nearest number (ties to even) of a float of 4 or 6 bits, as float32."""
    exponent_bits, mantissa_bits, largest = _SMALL_FLOATS[kind]
    least = 2 - (1 << (exponent_bits - 1))  # exponent of the smallest normal number
    exponent = torch.frexp(x.abs().clamp(min=2.0**least))[1] - 1
    step = torch.exp2((exponent - mantissa_bits).float())
    rounded = torch.round(x / step) * step
    # there is no NaN among so few bits: onnx makes it -0
    return torch.where(torch.isnan(x), -0.0, rounded.clamp(-largest, largest))


def _float8(x: Tensor, kind: int, saturate: bool) -> Tensor:
    largest, wide = _FLOAT8[kind], x.float()
    # rounding may go beyond the largest number
    nearest = wide.clamp(-largest, largest).to(dtype(kind)).float()
    beyond = _beyond(wide, largest, kind)
    if saturate:
        value = nearest
    elif kind == 19:
        value = torch.where(beyond, torch.copysign(torch.tensor(torch.inf), wide), nearest)
    else:
        value = torch.where(beyond, torch.nan, nearest)
    return torch.where(torch.isnan(wide), torch.nan, value).to(dtype(kind))


def _beyond(x: Tensor, largest: float, kind: int) -> Tensor:
    """What rounds to more than the largest number."""
    step = {17: 32.0, 18: 16.0, 19: 8192.0, 20: 8192.0}[kind]
    return x.abs() >= largest + step / 2


def _powers_of_two(x: Tensor, mode: str, saturate: bool) -> Tensor:
    """Float8 e8m0: powers of two alone, from 2**-127 to 2**127."""
    wide = x.double().abs()
    mantissa, exponent = torch.frexp(wide)  # 0.5 <= mantissa < 1
    low = exponent - 1
    exact = mantissa == 0.5
    if mode == "up":
        power = torch.where(exact, low, low + 1)
    elif mode == "down":
        power = low
    else:
        power = torch.where(mantissa >= 0.75, low + 1, low)
    bits = power + 127
    over = torch.isinf(wide) | (bits > 254)
    bits = torch.where(wide == 0, 0, bits).clamp(0, 254)
    bits = torch.where(over, 254 if saturate else 255, bits)
    bits = torch.where(torch.isnan(wide), 255, bits)
    return bits.to(torch.uint8).view(torch.float8_e8m0fnu)

"""Quantised operators: whole numbers that stand for multiples of a scale.

Where a gradient is wanted, quantised values are carried as floats, and the gradient passes rounding
as if it were not there (Bengio et al. 2013): else an ascent would stand still.
"""

from typing import Any

import torch
from torch import Tensor

from dgn_explorer.networks.programs.onnx.casting import converted, small_float
from dgn_explorer.networks.programs.onnx.convolutions import conv
from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import NARROW, dtype

_WHOLE = {2: (0, 255), 3: (-128, 127), 4: (0, 65535), 5: (-32768, 32767), **NARROW}
_FLOATS = (23, 27, 28)


def quantize(node: Node, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """``x / scale + zero``, rounded to even and held within the type."""
    kind = node.type(2) if zero is not None else node["output_dtype"] or 2
    if not kind:
        raise node.refused("has a zero point of unknown type")
    divisor = _spread(node, scale, x)
    if node["precision"]:
        x, divisor = (t.to(dtype(node["precision"])) for t in (x, divisor))
    ratio = x / divisor
    offset = None if zero is None else _spread(node, zero, x)
    if kind in _WHOLE:
        return _rounded(ratio, offset, kind)
    if kind in _FLOATS:
        return small_float(ratio.float() if offset is None else ratio.float() + offset, kind)
    return converted(node, ratio, kind)


def _rounded(ratio: Tensor, zero: Tensor | None, kind: int) -> Tensor:
    low, high = _WHOLE[kind]
    wide = ratio.float() if ratio.element_size() < 4 else ratio
    whole = wide.detach().round().clamp(-(2.0**31), 2.0**31).double()
    whole = (whole if zero is None else whole + zero.double()).clamp(low, high)
    if not ratio.requires_grad:
        return whole.to(dtype(kind))
    exact = wide if zero is None else wide + zero.to(wide.dtype)
    passing = exact.clamp(low, high)
    return passing + (whole.to(wide.dtype) - passing).detach()


def _spread(node: Node, values: Tensor, x: Tensor) -> Tensor:
    """One value for all, for every entry of an axis, or for every block along it."""
    if values.numel() == 1:
        return values.reshape([1] * x.ndim) if values.ndim else values
    axis = (1 if node["axis"] is None else node["axis"]) % x.ndim
    if node["block_size"]:
        return values.repeat_interleave(node["block_size"], axis).narrow(axis, 0, x.shape[axis])
    return values.reshape([-1 if d == axis else 1 for d in range(x.ndim)])


def dequantize(node: Node, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """``(x - zero) * scale``, in the type of the scale."""
    wide = x.to(torch.float32) if x.dtype not in (torch.int32, torch.float64) else x.double()
    if zero is not None:
        wide = wide - _spread(node, zero, x).to(wide.dtype)
    factor = _spread(node, scale, x)
    made = wide * factor.to(wide.dtype)
    return made.to(dtype(node["output_dtype"]) if node["output_dtype"] else scale.dtype)


def dynamic_quantize(node: Node, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Quantised to 8 bits over the input's own range, with scale and zero point."""
    high, low = x.detach().amax().clamp(min=0), x.detach().amin().clamp(max=0)
    scale = torch.where(high == low, torch.ones_like(high), high - low) / 255
    zero = (-low / scale).clamp(0, 255).round()
    return _rounded(x / scale, zero, 2), scale, zero.to(torch.uint8)


def _exact(x: Tensor, zero: Tensor | None, axis: int | None) -> Tensor:
    """Whole numbers in double precision, which holds sums of their products exactly."""
    wide = x.double()
    if zero is None:
        return wide
    if zero.numel() == 1:
        return wide - zero.double().reshape(())
    if axis is None or zero.ndim > 1:
        return wide - zero.double()
    return wide - zero.double().reshape([-1 if d == axis % x.ndim else 1 for d in range(x.ndim)])


def conv_integer(
    node: Node, x: Tensor, w: Tensor, x_zero: Tensor | None = None, w_zero: Tensor | None = None
) -> Tensor:
    """A convolution of whole numbers."""
    return conv(node, _exact(x, x_zero, None), _exact(w, w_zero, 0)).to(torch.int32)


def matmul_integer(
    node: Node, a: Tensor, b: Tensor, a_zero: Tensor | None = None, b_zero: Tensor | None = None
) -> Tensor:
    """A product of matrices of whole numbers."""
    return (_exact(a, a_zero, -2) @ _exact(b, b_zero, -1)).to(torch.int32)


def qlinear_conv(
    node: Node,
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor,
    w: Tensor,
    w_scale: Tensor,
    w_zero: Tensor,
    y_scale: Tensor,
    y_zero: Tensor,
    bias: Tensor | None = None,
) -> Tensor:
    """A convolution of quantised numbers, quantised again."""
    y = conv(node, _exact(x, x_zero, None), _exact(w, w_zero, 0), None)
    if bias is not None:
        y = y + bias.double().reshape(-1, *[1] * (y.ndim - 2))
    factor = x_scale * w_scale / y_scale
    if factor.numel() > 1:
        factor = factor.reshape(-1, *[1] * (y.ndim - 2))
    return _rounded(y * factor.double(), y_zero, node.type(7))


def qlinear_matmul(
    node: Node,
    a: Tensor,
    a_scale: Tensor,
    a_zero: Tensor,
    b: Tensor,
    b_scale: Tensor,
    b_zero: Tensor,
    y_scale: Tensor,
    y_zero: Tensor,
) -> Tensor:
    """A product of matrices of quantised numbers, quantised again."""
    y = _exact(a, a_zero, -2) @ _exact(b, b_zero, -1)
    rows = a_scale.reshape(-1, 1) if a_scale.numel() > 1 and a_scale.ndim == 1 else a_scale
    factor: Any = rows * b_scale / y_scale
    return _rounded(y * factor.double(), y_zero, node.type(7))

"""Operators that treat every number on its own, and those of two tensors that broadcast."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import Numbers, number, widened

Function = Callable[..., Any]


def each(function: Callable[[Tensor], Tensor]) -> Function:
    """A function of every number, in the type of the input."""

    def run(node: Node, x: Tensor) -> Tensor:
        wide = widened(x)
        return function(wide).to(x.dtype)

    return run


def check(function: Callable[[Tensor], Tensor]) -> Function:
    """A function of every number that says yes or no."""
    return lambda node, x: function(x)


def pair(function: Callable[[Tensor, Tensor], Tensor]) -> Function:
    """A function of two numbers, in the type of the inputs."""

    def run(node: Node, a: Tensor, b: Tensor) -> Tensor:
        return function(widened(a), widened(b)).to(a.dtype)

    return run


def compare(function: Callable[[Tensor, Tensor], Tensor]) -> Function:
    """A comparison of two numbers."""
    return lambda node, a, b: function(widened(a), widened(b))


def several(function: Callable[[Tensor, Tensor], Tensor]) -> Function:
    """A function of two numbers, over any number of inputs."""

    def run(node: Node, *xs: Tensor) -> Tensor:
        return reduce(function, map(widened, xs)).to(xs[0].dtype)

    return run


def mean(node: Node, *xs: Tensor) -> Tensor:
    """The mean of the inputs, which broadcast."""
    return reduce(torch.add, xs) / len(xs)


def divide(a: Tensor, b: Tensor) -> Tensor:
    """Whole numbers are divided towards zero, as in C."""
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


def mod(node: Node, a: Tensor, b: Tensor) -> Tensor:
    """The remainder with the sign of ``b``, or of ``a`` with ``fmod``."""
    function = torch.fmod if node["fmod"] else torch.remainder
    return function(widened(a), widened(b)).to(a.dtype)


def power(node: Node, a: Tensor, b: Tensor) -> Tensor:
    """``a`` to the power of ``b``, in the type of ``a``."""
    return torch.pow(widened(a), widened(b)).to(a.dtype)


def shift(node: Node, a: Tensor, b: Tensor) -> Tensor:
    """Bits moved to the left or right, zeros coming in."""
    left = node["direction"] == "LEFT"
    bits = a.element_size() * 8
    if a.dtype == torch.uint64:
        a = a.view(torch.int64)
        wide = b.to(torch.int64)
        if left:
            return torch.bitwise_left_shift(a, wide).view(torch.uint64)
        keep = torch.where(
            wide == 0, -1, torch.bitwise_left_shift(torch.ones_like(wide), 64 - wide) - 1
        )
        return (torch.bitwise_right_shift(a, wide) & keep).view(torch.uint64)
    wide_a, wide_b = a.to(torch.int64), b.to(torch.int64)
    if left:
        moved = torch.bitwise_left_shift(wide_a, wide_b)
        return (moved & ((1 << bits) - 1)).to(a.dtype) if bits < 64 else moved.to(a.dtype)
    return torch.bitwise_right_shift(wide_a, wide_b).to(a.dtype)


def is_inf(node: Node, x: Tensor) -> Tensor:
    """Which numbers are infinite."""
    found = torch.isinf(x)
    if not node["detect_positive"]:
        found = found & (x < 0)
    if not node["detect_negative"]:
        found = found & (x > 0)
    return found


def clip(node: Node, x: Tensor, low: Numbers | None = None, high: Numbers | None = None) -> Tensor:
    """Values between two limits; the upper one wins where they cross."""
    least, most = number(low, node["min"]), number(high, node["max"])
    if least is None and most is None:
        return x
    wide = widened(x)
    if not wide.is_floating_point():
        least, most = (None if v is None else int(v) for v in (least, most))
    return torch.clamp(wide, least, most).to(x.dtype)


def prelu(node: Node, x: Tensor, slope: Tensor) -> Tensor:
    """Negative numbers times a slope, which broadcasts in one direction."""
    a_channel = x.ndim > 1 and slope.ndim == x.ndim - 1 and slope.shape[0] == x.shape[1]
    if x.is_floating_point() and (
        slope.numel() == 1 or (a_channel and slope.numel() == x.shape[1])
    ):
        return F.prelu(x, slope.reshape(-1))
    return torch.where(x < 0, widened(x) * widened(slope), widened(x)).to(x.dtype)


def hard_sigmoid(node: Node, x: Tensor) -> Tensor:
    """``x * alpha + beta`` between 0 and 1."""
    return torch.clip(x * node["alpha"] + node["beta"], min=0.0, max=1.0)


def elu(node: Node, x: Tensor) -> Tensor:
    """Exponential linear unit."""
    return F.elu(x, node["alpha"])


def celu(node: Node, x: Tensor) -> Tensor:
    """Continuously differentiable exponential linear unit."""
    return F.celu(x, node["alpha"])


def selu(node: Node, x: Tensor) -> Tensor:
    """Scaled exponential linear unit with a given scale."""
    return F.elu(x, node["alpha"]).mul(node["gamma"])


def leaky_relu(node: Node, x: Tensor) -> Tensor:
    """Negative numbers times ``alpha``."""
    return F.leaky_relu(x, node["alpha"])


def thresholded_relu(node: Node, x: Tensor) -> Tensor:
    """Numbers up to ``alpha`` become 0."""
    return F.threshold(x, node["alpha"], 0.0)


def gelu(node: Node, x: Tensor) -> Tensor:
    """Gaussian error linear unit."""
    return F.gelu(x, approximate=node["approximate"])


def swish(node: Node, x: Tensor) -> Tensor:
    """``x * sigmoid(alpha * x)``."""
    return F.silu(x) if node["alpha"] == 1 else x * torch.sigmoid(node["alpha"] * x)


def swiglu(node: Node, a: Tensor, b: Tensor) -> Tensor:
    """A swish that gates a second tensor of the same shape."""
    return swish(node, a) * b


def shrink(node: Node, x: Tensor) -> Tensor:
    """Numbers near 0 become 0, others move towards it by ``bias``."""
    limit, bias = node["lambd"], node["bias"]
    wide = x if x.is_floating_point() else x.double()
    moved = torch.where(wide < -limit, wide + bias, torch.where(wide > limit, wide - bias, 0.0))
    return moved.to(x.dtype)


def softmax(node: Node, x: Tensor) -> Tensor:
    """Up to opset 12 over all axes from ``axis`` on at once."""
    return _soft(node, x, F.softmax)


def log_softmax(node: Node, x: Tensor) -> Tensor:
    """The logarithm of `softmax`."""
    return _soft(node, x, F.log_softmax)


def _soft(node: Node, x: Tensor, function: Function) -> Tensor:
    flat, axis = (x, node["axis"]) if node.version >= 13 else (_two_axes(x, node["axis"]), 1)
    found: Tensor = function(flat, axis)
    return found.reshape(x.shape)


def _two_axes(x: Tensor, axis: int) -> Tensor:
    axis = axis + x.ndim if axis < 0 else axis
    rows = int(torch.Size(x.shape[:axis]).numel())
    return x.reshape(rows, -1)


def hardmax(node: Node, x: Tensor) -> Tensor:
    """1 at the first largest number along an axis, else 0."""
    flat, axis = (x, node["axis"]) if node.version >= 13 else (_two_axes(x, node["axis"]), 1)
    found = flat.argmax(axis, keepdim=True)
    return torch.zeros_like(flat).scatter(axis, found, 1.0).reshape(x.shape)


def dropout(
    node: Node, x: Tensor, ratio: Numbers | None = None, training: Numbers | None = None
) -> Any:
    """What it does outside training: nothing."""
    if number(training, False) and number(ratio, 0.5) != 0:
        raise node.refused("works in training mode: it gives noise")
    if not node.wants(1):
        return x
    return x, torch.ones_like(x, dtype=torch.bool if node.version >= 10 else x.dtype)


def where(node: Node, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """One of two numbers."""
    return torch.where(condition, a, b)


def same(node: Node, x: Any) -> Any:
    """The input, as a tensor of its own: so its values have a layer of the node's name."""
    return x.view_as(x) if isinstance(x, Tensor) else x

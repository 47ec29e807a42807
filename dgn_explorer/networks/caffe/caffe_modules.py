"""Caffe layers that torch has no module for."""

# ruff: noqa: D102 - forward() is what the class's docstring says

import math
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class InnerProduct(nn.Linear):
    """Fully connected over everything behind the batch axis.

    ``transposed`` says that the file stores its weight as (inputs, outputs).
    """

    def __init__(self, inputs: int, outputs: int, bias: bool, transposed: bool) -> None:
        super().__init__(inputs, outputs, bias)
        self.transposed = transposed

    def forward(self, x: Tensor) -> Tensor:  # (N, ...) -> (N, out)
        return super().forward(x.flatten(1))


class Scale(nn.Module):
    """``x * weight + bias``, the parameters laid along the axes from ``axis`` on."""

    bias: nn.Parameter | None

    def __init__(self, shape: Sequence[int], axis: int, own_weight: bool, bias: bool) -> None:
        super().__init__()
        self.axis = axis
        self.weight = nn.Parameter(torch.ones(*shape)) if own_weight else None
        self.bias = nn.Parameter(torch.zeros(*shape)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if self.weight is not None:
            x = x * _laid_along(self.weight, x, self.axis)
        return x if self.bias is None else x + _laid_along(self.bias, x, self.axis)


class Spread(nn.Module):
    """The first blob times or plus the second, whose axes are those of the first from ``axis`` on.

    Squeeze-and-excitation networks scale so.
    """

    def __init__(self, axis: int, operation: str) -> None:
        super().__init__()
        self.axis, self.operation = axis, operation

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        other = _laid_along(other, x, self.axis)
        return x + other if self.operation == "SUM" else x * other


def _laid_along(values: Tensor, x: Tensor, axis: int) -> Tensor:
    """``values`` with axes of size 1 behind, so that its first is the ``axis`` of ``x``."""
    return values.reshape(*values.shape, *[1] * (x.ndim - axis - values.ndim))


class Eltwise(nn.Module):
    """Product, weighted sum or maximum of several blobs."""

    def __init__(self, operation: str, weights: Sequence[float]) -> None:
        super().__init__()
        self.operation = operation
        self.weights = tuple(weights)

    def forward(self, *xs: Tensor) -> Tensor:
        weights = self.weights or (1.0,) * len(xs)
        result = xs[0] if weights[0] == 1 or self.operation != "SUM" else xs[0] * weights[0]
        for weight, x in zip(weights[1:], xs[1:], strict=True):
            if self.operation == "PROD":
                result = result * x
            elif self.operation == "MAX":
                result = torch.maximum(result, x)
            else:
                result = result + (x if weight == 1 else x * weight)
        return result


class Concat(nn.Module):
    """Join blobs along an axis."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.cat(xs, self.axis)


class Slice(nn.Module):
    """Cut a blob into one piece a top, at ``points`` or evenly."""

    def __init__(self, axis: int, points: Sequence[int], tops: int) -> None:
        super().__init__()
        self.axis = axis
        self.points = tuple(points)
        self.tops = tops

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        if self.points:
            return torch.tensor_split(x, self.points, self.axis)
        return torch.tensor_split(x, self.tops, self.axis)


class Split(nn.Module):
    """The same blob under several names."""

    def __init__(self, tops: int) -> None:
        super().__init__()
        self.tops = tops

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return (x,) * self.tops


class Reshape(nn.Module):
    """New axes in place of those from ``first`` to ``end``: 0 keeps an axis, -1 takes the rest.

    The first of all axes stays that of the images, unless it takes the rest.
    """

    def __init__(self, dims: Sequence[int], first: int, end: int) -> None:
        super().__init__()
        self.dims, self.first, self.end = tuple(dims), first, end

    def forward(self, x: Tensor) -> Tensor:
        dims = [x.shape[self.first + i] if n == 0 else n for i, n in enumerate(self.dims)]
        if self.first == 0 and dims[0] != -1:
            dims[0] = x.shape[0]
        return x.reshape(*x.shape[: self.first], *dims, *x.shape[self.end :])


class Permute(nn.Module):
    """Axes in another order."""

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__()
        self.order = tuple(order)

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(*self.order, *range(len(self.order), x.ndim))


class Crop(nn.Module):
    """The part of the first blob that has the second one's size."""

    def __init__(self, axis: int, offsets: Sequence[int]) -> None:
        super().__init__()
        self.axis = axis
        self.offsets = tuple(offsets)

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        for i, axis in enumerate(range(self.axis, x.ndim)):
            offset = self.offsets[min(i, len(self.offsets) - 1)] if self.offsets else 0
            x = x.narrow(axis, offset, like.shape[axis])
        return x


class WithinChannelNorm(nn.Module):
    """LRN over a square of positions of each channel."""

    def __init__(self, size: int, alpha: float, beta: float) -> None:
        super().__init__()
        self.size, self.alpha, self.beta = size, alpha, beta

    def forward(self, x: Tensor) -> Tensor:
        squares = F.avg_pool2d(x * x, self.size, 1, (self.size - 1) // 2)
        return x * (1 + self.alpha * squares).pow(-self.beta)


class Power(nn.Module):
    """``(shift + scale * x) ** power``."""

    def __init__(self, power: float, scale: float, shift: float) -> None:
        super().__init__()
        self.power, self.scale, self.shift = power, scale, shift

    def forward(self, x: Tensor) -> Tensor:
        x = self.shift + self.scale * x
        return x if self.power == 1 else x.pow(self.power)


class Exp(nn.Module):
    """``base ** (shift + scale * x)``."""

    def __init__(self, base: float, scale: float, shift: float) -> None:
        super().__init__()
        self.inner: float = math.log(base) * scale
        self.outer: float = base**shift

    def forward(self, x: Tensor) -> Tensor:
        powers: Tensor = torch.exp(x * self.inner) * self.outer
        return powers


class Log(nn.Module):
    """Logarithm of ``shift + scale * x`` to a base."""

    def __init__(self, base: float, scale: float, shift: float) -> None:
        super().__init__()
        self.factor, self.scale, self.shift = 1 / math.log(base), scale, shift

    def forward(self, x: Tensor) -> Tensor:
        return torch.log(self.shift + self.scale * x) * self.factor


class Elementwise(nn.Module):
    """A function of every number on its own."""

    FUNCTIONS: ClassVar[dict[str, Callable[[Tensor], Tensor]]] = {
        "AbsVal": torch.abs,
        "BNLL": F.softplus,
    }

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        return self.FUNCTIONS[self.name](x)

"""Sums, means and their like over axes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import Numbers, ints, widened

Dims = tuple[int, ...]
Reduction = Callable[[Tensor, Dims, bool], Tensor]


def over_axes(reduction: Reduction) -> Callable[..., Any]:
    """A reduction over the axes in an attribute or an input, by default all."""

    def run(node: Node, x: Tensor, axes: Numbers | None = None) -> Tensor:
        dims = ints(axes) if axes is not None else node["axes"]
        if not dims:
            dims = () if node["noop_with_empty_axes"] else tuple(range(x.ndim))
        kept = bool(node["keepdims"])
        found = reduction(widened(x), tuple(d % x.ndim for d in dims), kept)
        return found.to(x.dtype)

    return run


def _sum(x: Tensor, dims: Dims, kept: bool) -> Tensor:
    return x.sum(dims, kept) if dims else x


def _mean(x: Tensor, dims: Dims, kept: bool) -> Tensor:
    if not dims:
        return x
    if x.is_floating_point():
        return x.mean(dims, kept)
    count = int(torch.Size([x.shape[d] for d in dims]).numel())
    return torch.div(x.sum(dims, kept), count, rounding_mode="trunc")


def _max(x: Tensor, dims: Dims, kept: bool) -> Tensor:
    if not dims:
        return x
    if 0 in [x.shape[d] for d in dims]:
        return _extreme_of_nothing(x, dims, kept, largest=False)
    return x.amax(dims, kept)


def _min(x: Tensor, dims: Dims, kept: bool) -> Tensor:
    if not dims:
        return x
    if 0 in [x.shape[d] for d in dims]:
        return _extreme_of_nothing(x, dims, kept, largest=True)
    return x.amin(dims, kept)


def _extreme_of_nothing(x: Tensor, dims: Dims, kept: bool, largest: bool) -> Tensor:
    if x.dtype == torch.bool:
        value: float = largest
    elif x.is_floating_point():
        value = torch.inf if largest else -torch.inf
    else:
        limits = torch.iinfo(x.dtype)
        value = limits.max if largest else limits.min
    shape = [1 if d in dims else n for d, n in enumerate(x.shape)]
    made = x.new_full(shape, value)
    return made if kept else made.squeeze(dims)


def _product(x: Tensor, dims: Dims, kept: bool) -> Tensor:
    for d in sorted(dims, reverse=True):
        x = x.prod(d, kept)
    return x


def _log_sum_exp(x: Tensor, dims: Dims, kept: bool) -> Tensor:
    if not dims:
        return x
    wide = x if x.is_floating_point() else x.double()
    return torch.logsumexp(wide, dims, kept)


def _root(x: Tensor) -> Tensor:
    return x.sqrt() if x.is_floating_point() else x.double().sqrt()


def _norm(x: Tensor, dims: Dims, kept: bool) -> Tensor:
    if x.is_floating_point() and dims:
        made: Tensor = torch.linalg.vector_norm(x, 2, dims, kept)
        return made
    return _root(_sum(x * x, dims, kept))


reduce_sum = over_axes(_sum)
reduce_mean = over_axes(_mean)
reduce_max = over_axes(_max)
reduce_min = over_axes(_min)
reduce_prod = over_axes(_product)
reduce_l1 = over_axes(lambda x, dims, kept: _sum(x.abs(), dims, kept))
reduce_l2 = over_axes(_norm)
reduce_log_sum = over_axes(lambda x, dims, kept: _sum(x, dims, kept).log())
reduce_log_sum_exp = over_axes(_log_sum_exp)
reduce_sum_square = over_axes(lambda x, dims, kept: _sum(x * x, dims, kept))

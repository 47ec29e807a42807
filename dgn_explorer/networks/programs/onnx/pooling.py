"""Pools: maxima, means and norms of windows."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import Numbers, ints
from dgn_explorer.networks.programs.onnx.windows import Windows, torch_pads, windows

_MAX: dict[int, Callable[..., Any]] = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVERAGE: dict[int, Callable[..., Tensor]] = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
_CONV: dict[int, Callable[..., Tensor]] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def _windows(node: Node, x: Tensor) -> tuple[Windows, list[int]]:
    """The windows on ``x``, and by how much the last ones, rounded up, stick out of the padding."""
    kernel = node["kernel_shape"]
    if len(kernel) not in _MAX:
        raise node.refused(f"pools over {len(kernel)} axes")
    at = windows(node, kernel, x.shape[2:])
    assert at is not None, "sizes are given"
    extra = []
    for d, reach in enumerate(at.reach):
        length, stride = x.shape[2 + d] + at.before[d] + at.after[d], at.strides[d]
        count = (length - reach) // stride + 1
        if node["ceil_mode"]:
            count = -(-(length - reach) // stride) + 1
            if (count - 1) * stride >= x.shape[2 + d] + at.before[d]:
                count -= 1  # no window starts in the padding behind the image
        extra.append(max(0, (count - 1) * stride + reach - length))
    return at, extra


def max_pool(node: Node, x: Tensor) -> Any:
    """Maxima of windows, and where they were."""
    at, extra = _windows(node, x)
    rank, kind = len(at.kernel), x.dtype
    wide = x if x.is_floating_point() else x.double()
    half = all(2 * n <= k for n, k in zip(at.before, at.kernel, strict=True))
    plain = at.symmetric and half and not any(extra)
    if plain:
        padding: Any = at.before
    else:
        after = [n + e for n, e in zip(at.after, extra, strict=True)]
        wide, padding = F.pad(wide, torch_pads(at.before, after), value=-torch.inf), 0
    pooled = _MAX[rank](
        wide, at.kernel, at.strides, padding, at.dilations, return_indices=node.wants(1)
    )
    if not node.wants(1):
        return pooled.to(kind)
    values, places = pooled
    if not plain:
        places = _without_padding(places, wide.shape[2:], x.shape[2:], at.before)
    return values.to(kind), _whole_places(places, x, bool(node["storage_order"]))


def _without_padding(places: Tensor, padded: Any, sizes: Any, before: Any) -> Tensor:
    steps, stride = torch.zeros_like(places), 1
    for d in reversed(range(len(sizes))):
        at = places % padded[d] - before[d]
        places = places // padded[d]
        steps, stride = steps + at * stride, stride * sizes[d]
    return steps


def _whole_places(places: Tensor, x: Tensor, columns_first: bool) -> Tensor:
    """Places within a map as places in the whole tensor."""
    sizes = x.shape[2:]
    if columns_first:
        made, stride, left = torch.zeros_like(places), 1, places
        coordinates = []
        for d in reversed(range(len(sizes))):
            coordinates.append(left % sizes[d])
            left = left // sizes[d]
        for at, n in zip(reversed(coordinates), sizes, strict=True):
            made, stride = made + at * stride, stride * n
        places = made
    maps = torch.arange(x.shape[0] * x.shape[1], device=x.device) * int(sizes.numel())
    return places + maps.reshape(x.shape[0], x.shape[1], *[1] * len(sizes))


def average_pool(node: Node, x: Tensor) -> Tensor:
    """Means of windows; padding counts only with ``count_include_pad``."""
    at, extra = _windows(node, x)
    rank, counted = len(at.kernel), bool(node["count_include_pad"])
    half = all(2 * n <= k for n, k in zip(at.before, at.kernel, strict=True))
    if at.symmetric and half and not any(extra) and set(at.dilations) == {1}:
        return _AVERAGE[rank](x, at.kernel, at.strides, at.before, False, counted)
    inside = torch.ones(1, 1, *x.shape[2:], dtype=x.dtype, device=x.device)
    if counted:
        inside = F.pad(inside, torch_pads(at.before, at.after), value=1.0)
        numbers = _sums(inside, at, extra, padded=True)
    else:
        numbers = _sums(inside, at, extra)
    return _sums(x, at, extra) / numbers


def _sums(x: Tensor, at: Windows, extra: list[int], padded: bool = False) -> Tensor:
    """Sums of windows of every channel."""
    before = [0] * len(extra) if padded else at.before
    after = extra if padded else [n + e for n, e in zip(at.after, extra, strict=True)]
    whole = F.pad(x, torch_pads(before, after))
    flat = whole.reshape(-1, 1, *whole.shape[2:])
    ones = torch.ones(1, 1, *at.kernel, dtype=x.dtype, device=x.device)
    made = _CONV[len(extra)](flat, ones, None, at.strides, 0, at.dilations)
    return made.reshape(x.shape[0], x.shape[1], *made.shape[2:])


def lp_pool(node: Node, x: Tensor) -> Tensor:
    """Norms of windows."""
    at, extra = _windows(node, x)
    p = node["p"]
    return _sums(x.abs().pow(p), at, extra).pow(1 / p)


def global_average_pool(node: Node, x: Tensor) -> Tensor:
    """The mean of every channel."""
    return x.mean(tuple(range(2, x.ndim)), keepdim=True)


def global_max_pool(node: Node, x: Tensor) -> Tensor:
    """The maximum of every channel."""
    return x.amax(tuple(range(2, x.ndim)), keepdim=True)


def global_lp_pool(node: Node, x: Tensor) -> Tensor:
    """The norm of every channel."""
    made: Tensor = torch.linalg.vector_norm(x, node["p"], tuple(range(2, x.ndim)), keepdim=True)
    return made


def max_unpool(node: Node, x: Tensor, places: Tensor, wanted: Numbers | None = None) -> Tensor:
    """Maxima back at their places, zeros elsewhere."""
    rank = len(node["kernel_shape"])
    strides, pads = node["strides"] or [1] * rank, node["pads"] or [0] * 2 * rank
    sizes = [
        (x.shape[2 + d] - 1) * strides[d] - pads[d] - pads[rank + d] + node["kernel_shape"][d]
        for d in range(rank)
    ]
    shape = [*x.shape[:2], *sizes]
    flat = x.new_zeros(int(torch.Size(shape).numel()))
    made = flat.scatter(0, places.reshape(-1), x.reshape(-1)).reshape(shape)
    target = ints(wanted)
    if target is None:
        return made
    return F.pad(
        made, torch_pads([0] * x.ndim, [t - n for t, n in zip(target, shape, strict=True)])
    )

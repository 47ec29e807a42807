"""Convolutions and matrix products."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import in_floats
from dgn_explorer.networks.programs.onnx.windows import torch_pads, windows

_CONV: dict[int, Callable[..., Tensor]] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_TURNED: dict[int, Callable[..., Tensor]] = {
    1: F.conv_transpose1d,
    2: F.conv_transpose2d,
    3: F.conv_transpose3d,
}


def conv(node: Node, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """Convolution of (N, C, ...) with (out, C / group, ...)."""
    rank = w.ndim - 2
    if rank not in _CONV:
        raise node.refused(f"convolves over {rank} axes")
    at = windows(node, w.shape[2:], x.shape[2:])
    assert at is not None, "sizes are given"
    if not at.symmetric:
        x = F.pad(x, torch_pads(at.before, at.after))
    padding = at.before if at.symmetric else 0
    return _CONV[rank](x, w, b, at.strides, padding, at.dilations, node["group"])


def conv_transpose(node: Node, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """Transposed convolution of (N, C, ...) with (C, out / group, ...)."""
    rank = w.ndim - 2
    if rank not in _TURNED:
        raise node.refused(f"convolves over {rank} axes")
    strides = node["strides"] or [1] * rank
    dilations = node["dilations"] or [1] * rank
    extra = node["output_padding"] or [0] * rank
    y = _TURNED[rank](x, w, None, strides, 0, 0, node["group"], dilations)
    before, after = turned_padding(node, x.shape[2:], y.shape[2:])
    y = F.pad(
        y, torch_pads([-n for n in before], [e - n for n, e in zip(after, extra, strict=True)])
    )
    return y if b is None else y + b.reshape(-1, *[1] * rank)


def turned_padding(node: Node, sizes: Any, whole: Any) -> tuple[list[int], list[int]]:
    """What a transposed convolution cuts off its ``whole`` result before and after."""
    rank = len(sizes)
    extra = node["output_padding"] or [0] * rank
    wanted, how = node["output_shape"], node["auto_pad"] or "NOTSET"
    if wanted is None and how in ("SAME_UPPER", "SAME_LOWER"):
        wanted = [n * s for n, s in zip(sizes, node["strides"] or [1] * rank, strict=True)]
    if wanted is None:
        pads = node["pads"] or [0] * 2 * rank
        return (
            ([0] * rank, [0] * rank) if how == "VALID" else (list(pads[:rank]), list(pads[rank:]))
        )
    totals = [n + e - w for n, e, w in zip(whole, extra, wanted[-rank:], strict=True)]
    less, more = [t // 2 for t in totals], [t - t // 2 for t in totals]
    return (less, more) if how == "SAME_UPPER" else (more, less)


def deform_conv(
    node: Node,
    x: Tensor,
    w: Tensor,
    offset: Tensor,
    b: Tensor | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Deformable convolution (Dai et al. 2017; Zhu et al. 2019 with a mask) in two dimensions."""
    at = windows(node, w.shape[2:], x.shape[2:])
    if x.ndim != 4 or at is None:
        raise node.refused("convolves other than images")
    n, groups = x.shape[0], node["offset_group"]
    rows, columns = offset.shape[2:]
    kernel = at.kernel[0] * at.kernel[1]
    moves = offset.reshape(n, groups, kernel, 2, rows, columns)
    places = []
    for d, count in enumerate((rows, columns)):
        inside = (torch.arange(kernel) // at.kernel[1], torch.arange(kernel) % at.kernel[1])[d]
        grid = torch.arange(count) * at.strides[d] - at.before[d]
        base = (inside * at.dilations[d])[:, None, None] + (grid[:, None], grid[None])[d]
        here = base.to(x.device, x.dtype) + moves[:, :, :, d]
        places.append(here * (2 / max(1, x.shape[2 + d] - 1)) - 1)
    grid = torch.stack(places[::-1], -1).reshape(n * groups, kernel * rows, columns, 2)
    # zeros lie outside the image, and pixels lie at whole numbers
    read = F.grid_sample(x.reshape(n * groups, -1, *x.shape[2:]), grid, align_corners=True)
    read = read.reshape(n, groups, -1, kernel, rows, columns)
    if mask is not None:
        read = read * mask.reshape(n, groups, 1, kernel, rows, columns)
    shared = node["group"]
    parts = read.reshape(n, shared, -1, rows * columns)
    y = torch.einsum("ngkp,gok->ngop", parts, w.reshape(shared, w.shape[0] // shared, -1))
    y = y.reshape(n, -1, rows, columns)
    return y if b is None else y + b.reshape(-1, 1, 1)


def gemm(node: Node, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    """``alpha * a @ b + beta * c``."""
    a = a.t() if node["transA"] else a
    b = b.t() if node["transB"] else b
    y = a @ b
    y = y if node["alpha"] == 1 else (y * node["alpha"]).to(y.dtype)
    if c is None:
        return y
    return (y + (c if node["beta"] == 1 else c * node["beta"])).to(y.dtype)


def matmul(node: Node, a: Tensor, b: Tensor) -> Tensor:
    """Matrix product, as numpy's."""
    return torch.matmul(a, b)


def einsum(node: Node, *xs: Tensor) -> Tensor:
    """Sum of products in Einstein's notation."""
    return torch.einsum(node["equation"].replace(" ", ""), *xs)


def determinant(node: Node, x: Tensor) -> Tensor:
    """The determinant of every matrix."""
    found: Tensor = torch.linalg.det(in_floats(x))
    return found.to(x.dtype)

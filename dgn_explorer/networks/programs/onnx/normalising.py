"""Normalisations."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import in_floats


def batch_norm(
    node: Node, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor
) -> Any:
    """By running statistics, or in training mode by those of the batch."""
    if node["spatial"] == 0:
        raise node.refused("normalises every position on its own (spatial=0)")
    if not node["training_mode"]:
        if node.wants(1):
            raise node.refused("gives its statistics outside training mode")
        return F.batch_norm(x, mean, variance, scale, bias, False, 0.0, node["epsilon"])
    dims = [d for d in range(x.ndim) if d != 1]
    now, spread = x.mean(dims), x.var(dims, correction=0)
    y = F.batch_norm(x, now, spread, scale, bias, False, 0.0, node["epsilon"])
    momentum = node["momentum"]
    kept = [mean * momentum + now * (1 - momentum), variance * momentum + spread * (1 - momentum)]
    return (y, *kept)[: len(node.outputs)] if node.wants(1) else y


def instance_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Every channel of every image by its own statistics."""
    dims = tuple(range(2, x.ndim))
    shape = (1, -1, *[1] * len(dims))
    centred = x - x.mean(dims, keepdim=True)
    spread = (centred * centred).mean(dims, keepdim=True)
    return centred * torch.rsqrt(spread + node["epsilon"]) * scale.reshape(shape) + bias.reshape(
        shape
    )


def layer_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Any:
    """All axes from one on; also the mean and the inverse of the deviation."""
    axis = node["axis"] % x.ndim
    dims = tuple(range(axis, x.ndim))
    if not node.wants(1) and not node.wants(2) and scale.shape == x.shape[axis:]:
        fits = bias is None or bias.shape == scale.shape
        if fits:
            return F.layer_norm(x, x.shape[axis:], scale, bias, node["epsilon"])
    wide = in_floats(x)
    mean = wide.mean(dims, keepdim=True)
    centred = wide - mean
    inverse = torch.rsqrt((centred * centred).mean(dims, keepdim=True) + node["epsilon"])
    y = (centred * inverse).to(x.dtype) * scale
    y = y if bias is None else y + bias
    return (y, mean, inverse)[: len(node.outputs)] if len(node.outputs) > 1 else y


def group_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Groups of channels; up to opset 20 with one scale a group."""
    groups = node["num_groups"]
    if node.version < 21 and scale.numel() == groups:
        scale, bias = (v.repeat_interleave(x.shape[1] // groups) for v in (scale, bias))
    return F.group_norm(x, groups, scale, bias, node["epsilon"])


def rms_norm(node: Node, x: Tensor, scale: Tensor) -> Tensor:
    """Root mean square over all axes from one on (Zhang and Sennrich 2019)."""
    dims = tuple(range(node["axis"] % x.ndim, x.ndim))
    wide = in_floats(x)
    y = wide * torch.rsqrt((wide * wide).mean(dims, keepdim=True) + node["epsilon"])
    return (y.to(x.dtype) * scale).to(x.dtype)


def local_response_norm(node: Node, x: Tensor) -> Tensor:
    """Every number by the squares of its neighbours in other channels."""
    size = node["size"]
    squares = x * x
    padded = F.pad(squares.movedim(1, -1), ((size - 1) // 2, size // 2)).movedim(-1, 1)
    total = sum(
        (padded.narrow(1, i, x.shape[1]) for i in range(1, size)), padded.narrow(1, 0, x.shape[1])
    )
    made: Tensor = x / (node["bias"] + node["alpha"] / size * total) ** node["beta"]
    return made


def lp_norm(node: Node, x: Tensor) -> Tensor:
    """Vectors along an axis to length 1; a vector of zeros stays one."""
    length = torch.linalg.vector_norm(x, node["p"], node["axis"], keepdim=True)
    return torch.where(length == 0, x, x / torch.where(length == 0, 1.0, length))


def mean_variance_norm(node: Node, x: Tensor) -> Tensor:
    """Mean 0 and variance 1 over some axes."""
    dims = tuple(node["axes"])
    centred = x - x.mean(dims, keepdim=True)
    return centred / ((centred * centred).mean(dims, keepdim=True).sqrt() + 1e-9)

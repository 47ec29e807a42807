"""Lists of tensors."""

from typing import Any

import torch
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import Numbers, ints, number


def sequence(node: Node, *xs: Tensor) -> Any:
    """A list of tensors."""
    return list(xs)


def sequence_at(node: Node, xs: list[Tensor], at: Numbers) -> Tensor:
    """One tensor of a list."""
    return xs[int(number(at))]


def sequence_length(node: Node, xs: list[Tensor]) -> Tensor:
    """How many tensors a list has."""
    return torch.tensor(len(xs), dtype=torch.int64)


def split_to_sequence(node: Node, x: Tensor, sizes: Numbers | None = None) -> Any:
    """A list of pieces along an axis."""
    axis = node["axis"]
    if sizes is None:
        pieces = torch.split(x, 1, axis)
        return [p if node["keepdims"] else p.squeeze(axis) for p in pieces]
    scalar = isinstance(sizes, Tensor) and sizes.ndim == 0
    found = ints(sizes) or ()
    return list(torch.split(x, found[0] if scalar else list(found), axis))


def concat_from_sequence(node: Node, xs: list[Tensor]) -> Tensor:
    """A list of tensors joined along an axis, or along a new one."""
    return torch.stack(xs, node["axis"]) if node["new_axis"] else torch.cat(xs, node["axis"])

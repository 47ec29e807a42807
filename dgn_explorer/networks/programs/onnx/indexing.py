"""Operators that pick numbers by their place or their rank."""

from typing import Any

import torch
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import Numbers, number, widened

_REDUCTIONS = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


def gather(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    """Entries of one axis, in the shape of ``indices``."""
    axis = node["axis"] % x.ndim
    at = _counted(indices, x.shape[axis])
    found = x.index_select(axis, at.reshape(-1))
    return found.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def _counted(indices: Tensor, length: int) -> Tensor:
    """Indices counted from the start; raises IndexError for what lies outside."""
    at = indices.to(torch.int64)
    if at.device.type != "meta" and at.numel():
        low, high = at.aminmax()
        if low < -length or high >= length:
            raise IndexError(f"index {int(low)} to {int(high)} of {length}")
    return torch.where(at < 0, at + length, at)


def gather_elements(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    """One entry of an axis for every place of ``indices``."""
    return x.gather(node["axis"], _counted(indices, x.shape[node["axis"]]))


def gather_nd(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    """Parts of ``x`` named by the last axis of ``indices``."""
    shared = node["batch_dims"] or 0
    depth = indices.shape[-1]
    batches = [
        torch.arange(n, device=x.device).reshape(
            [-1 if i == d else 1 for i in range(indices.ndim - 1)]
        )
        for d, n in enumerate(x.shape[:shared])
    ]
    at = [_counted(indices[..., i], x.shape[shared + i]) for i in range(depth)]
    return x[(*batches, *at)]


def scatter_elements(node: Node, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """``x`` with other numbers at some places of an axis."""
    axis, how = node["axis"], node["reduction"] or "none"
    at = _counted(indices, x.shape[axis])
    if how == "none":
        return x.scatter(axis, at, updates)
    return x.scatter_reduce(axis, at, updates, _REDUCTIONS[how])


def scatter_nd(node: Node, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """``x`` with other parts at the places named by the last axis of ``indices``."""
    depth, how = indices.shape[-1], node["reduction"] or "none"
    at = [_counted(indices[..., i], x.shape[i]) for i in range(depth)]
    if how in ("none", "add"):
        return x.index_put(tuple(at), updates, accumulate=how == "add")
    rows = torch.zeros_like(at[0])
    for i, place in enumerate(at):
        rows = rows * x.shape[i] + place
    flat = x.reshape(-1, int(torch.Size(x.shape[depth:]).numel()))
    new = updates.reshape(-1, flat.shape[1])
    index = rows.reshape(-1, 1).expand_as(new)
    return flat.scatter_reduce(0, index, new, _REDUCTIONS[how]).reshape(x.shape)


def one_hot(node: Node, indices: Tensor, depth: Numbers, values: Tensor) -> Tensor:
    """A new axis with the second value at each index and the first elsewhere."""
    length = int(number(depth))
    axis = node["axis"] % (indices.ndim + 1)
    whole = indices.to(torch.int64)
    at = torch.where(whole < 0, whole + length, whole).unsqueeze(axis)
    shape = [1] * (indices.ndim + 1)
    shape[axis] = length
    found = at == torch.arange(length, device=indices.device).reshape(shape)
    return torch.where(found, values[1], values[0])


def top_k(node: Node, x: Tensor, k: Numbers | None = None) -> tuple[Tensor, Tensor]:
    """The largest (or smallest) numbers of an axis; of equal ones the first."""
    count = node["k"] if node.version < 10 else int(number(k))
    largest = node["largest"] in (1, None)
    wide = widened(x)
    order = wide.sort(dim=node["axis"], descending=largest, stable=True)
    axis = node["axis"]
    if count > x.shape[axis]:
        raise ValueError(f"the {count} largest of {x.shape[axis]}")
    return order.values.narrow(axis, 0, count).to(x.dtype), order.indices.narrow(axis, 0, count)


def arg_max(node: Node, x: Tensor) -> Tensor:
    """The place of the largest number; of equal ones the first unless told otherwise."""
    return _arg(node, x, torch.Tensor.argmax)


def arg_min(node: Node, x: Tensor) -> Tensor:
    """The place of the smallest number."""
    return _arg(node, x, torch.Tensor.argmin)


def _arg(node: Node, x: Tensor, function: Any) -> Tensor:
    axis, kept = node["axis"], bool(node["keepdims"])
    last = bool(node["select_last_index"])
    found: Tensor = function(x.flip(axis) if last else x, axis, kept)
    return x.shape[axis] - 1 - found if last else found


def non_zero(node: Node, x: Tensor) -> Tensor:
    """The places (rank, count) of what is not 0."""
    return x.nonzero().t()


def compress(node: Node, x: Tensor, condition: Tensor) -> Tensor:
    """The entries of an axis for which a condition holds."""
    flat = x.reshape(-1) if node["axis"] is None else x
    axis = node["axis"] or 0
    return flat.index_select(axis, condition.nonzero().reshape(-1))


def unique(node: Node, x: Tensor) -> tuple[Tensor, ...]:
    """What differs, with first places, the way back and counts."""
    axis = node["axis"]
    flat = x.reshape(-1) if axis is None else x
    dim = 0 if axis is None else axis
    values, inverse, counts = torch.unique(flat, return_inverse=True, return_counts=True, dim=dim)
    places = torch.arange(flat.shape[dim], device=x.device)
    first = torch.full_like(counts, flat.shape[dim]).scatter_reduce(0, inverse, places, "amin")
    if node["sorted"] == 0:
        order = first.argsort()
        inverse = order.argsort()[inverse]
        values, first, counts = values.index_select(dim, order), first[order], counts[order]
    return values, first, inverse, counts


def running_sum(node: Node, x: Tensor, axis: Numbers) -> Tensor:
    """The sum of all before and with each number."""
    return _running(node, x, axis, torch.cumsum, 0)


def running_product(node: Node, x: Tensor, axis: Numbers) -> Tensor:
    """The product of all before and with each number."""
    return _running(node, x, axis, torch.cumprod, 1)


def _running(node: Node, x: Tensor, axis: Numbers, function: Any, start: int) -> Tensor:
    dim = int(number(axis)) % x.ndim
    turned = x.flip(dim) if node["reverse"] else x
    if node["exclusive"]:
        first = torch.full_like(turned.narrow(dim, 0, 1), start)
        turned = torch.cat([first, turned.narrow(dim, 0, x.shape[dim] - 1)], dim)
    found: Tensor = function(turned, dim, dtype=x.dtype)
    return found.flip(dim) if node["reverse"] else found


def tensor_scatter(node: Node, past: Tensor, update: Tensor, at: Tensor | None = None) -> Tensor:
    """A cache with new entries from a place of its own in every sample."""
    axis = node["axis"] % past.ndim
    if axis == 0:
        raise node.refused("writes along the batch")
    steps = torch.arange(update.shape[axis], device=past.device)
    first = torch.zeros(past.shape[0], dtype=torch.int64, device=past.device) if at is None else at
    places = first.to(torch.int64)[:, None] + steps[None]
    if node["mode"] == "circular":
        places = places % past.shape[axis]
    view = [past.shape[0]] + [1] * (past.ndim - 1)
    view[axis] = update.shape[axis]
    return past.scatter(axis, places.reshape(view).expand_as(update), update)

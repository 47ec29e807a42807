"""Operators that move numbers without changing them, and those that read shapes."""

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import Numbers, dtype, ints, number, widened


def shape(node: Node, x: Tensor) -> Tensor:
    """The sizes of the axes ``start`` to ``end``."""
    sizes = x.shape[node["start"] or 0 : node["end"]]
    return torch.tensor(sizes, dtype=torch.int64, device=x.device)


def size(node: Node, x: Tensor) -> Tensor:
    """How many numbers there are."""
    return torch.tensor(x.numel(), dtype=torch.int64, device=x.device)


def reshape(node: Node, x: Tensor, wanted: Numbers) -> Tensor:
    """New axes; -1 takes what is left, 0 keeps an axis unless ``allowzero``."""
    sizes = list(ints(wanted) or ())
    if not node["allowzero"]:
        sizes = [x.shape[i] if n == 0 else n for i, n in enumerate(sizes)]
    return x.reshape(sizes)


def flatten(node: Node, x: Tensor) -> Tensor:
    """Two axes: those before ``axis``, and the others."""
    axis = node["axis"]
    axis = axis + x.ndim if axis < 0 else axis
    return (
        x.flatten(1)
        if axis == 1 and x.ndim > 1
        else x.reshape(int(torch.Size(x.shape[:axis]).numel()), -1 if x.numel() else 0)
    )


def transpose(node: Node, x: Tensor) -> Tensor:
    """Axes in another order, by default the reverse one."""
    return x.permute(node["perm"] if node["perm"] is not None else tuple(reversed(range(x.ndim))))


def squeeze(node: Node, x: Tensor, axes: Numbers | None = None) -> Tensor:
    """Without the given axes of size 1, by default all."""
    dims = ints(axes) if axes is not None else node["axes"]
    if dims is None:
        return x.squeeze()
    if any(x.shape[d] != 1 for d in dims):
        raise ValueError(f"an axis of {dims} of {tuple(x.shape)} is not of size 1")
    return x.squeeze(tuple(dims))


def unsqueeze(node: Node, x: Tensor, axes: Numbers | None = None) -> Tensor:
    """With axes of size 1 at these places of the result."""
    dims = ints(axes) if axes is not None else node["axes"]
    rank = x.ndim + len(dims or ())
    for d in sorted(d % rank for d in dims or ()):
        x = x.unsqueeze(d)
    return x


def concat(node: Node, *xs: Tensor) -> Tensor:
    """Tensors joined along an axis; what is there for one image serves all of a batch.

    So a class token that an exporter wrote down for a batch of 1 meets the patches of several.
    """
    axis, images = node["axis"] % xs[0].ndim, max(x.shape[0] for x in xs)
    if axis and images > 1:
        xs = tuple(x.expand(images, *x.shape[1:]) if x.shape[0] == 1 else x for x in xs)
    return torch.cat(xs, axis)


def split(node: Node, x: Tensor, sizes: Numbers | None = None) -> tuple[Tensor, ...]:
    """Pieces along an axis, equal but for the last unless sizes are given."""
    axis, count = node["axis"], len(node.outputs)
    parts = ints(sizes) if sizes is not None else node["split"]
    if parts is None:
        each = -(-x.shape[axis] // count)
        parts = [min(each, x.shape[axis] - i * each) for i in range(count)]
    return torch.split(x, list(parts), axis)


def slices(
    node: Node,
    x: Tensor,
    starts: Numbers | None = None,
    ends: Numbers | None = None,
    axes: Numbers | None = None,
    steps: Numbers | None = None,
) -> Tensor:
    """Parts of some axes, counted from either end, also backwards."""
    if node.version < 10:
        first, last, dims = node["starts"], node["ends"], node["axes"]
    else:
        first, last, dims = ints(starts), ints(ends), ints(axes)
    dims = range(len(first)) if dims is None else dims
    for start, end, axis, step in zip(
        first, last, dims, ints(steps) or [1] * len(first), strict=True
    ):
        x = _slice(x, axis % x.ndim, start, end, step)
    return x


def _slice(x: Tensor, axis: int, start: int, end: int, step: int) -> Tensor:
    first, last, _ = slice(start, end, step).indices(x.shape[axis])
    if end < -x.shape[axis] and step < 0:
        last = -1
    whole = [slice(None)] * x.ndim
    if step > 0:
        whole[axis] = slice(first, max(first, last), step)
        return x[tuple(whole)]
    count = len(range(first, last, step))
    if count == 0:
        return x.narrow(axis, 0, 0)
    whole[axis] = slice(first + (count - 1) * step, first + 1, -step)
    return x[tuple(whole)].flip(axis)


def expand(node: Node, x: Tensor, wanted: Numbers) -> Tensor:
    """Axes of size 1 repeated; 1 keeps an axis."""
    sizes = ints(wanted) or ()
    rank = max(x.ndim, len(sizes))
    have, given = (1,) * (rank - x.ndim) + x.shape, (1,) * (rank - len(sizes)) + sizes
    return x.expand([n if n != 1 else own for own, n in zip(have, given, strict=True)])


def tile(node: Node, x: Tensor, repeats: Numbers) -> Tensor:
    """Every axis repeated."""
    return x.repeat(ints(repeats) or ())


def pad(
    node: Node,
    x: Tensor,
    pads: Numbers | None = None,
    value: Numbers | None = None,
    axes: Numbers | None = None,
) -> Tensor:
    """More (or, if negative, fewer) numbers before and after the axes."""
    amounts: tuple[int, ...] = (node["pads"] if node.version < 11 else ints(pads)) or ()
    fill = node["value"] if node.version < 11 else number(value)
    dims = [d % x.ndim for d in (ints(axes) if axes is not None else range(x.ndim)) or ()]
    half = len(amounts) // 2
    if half != len(dims):
        raise ValueError(f"{len(amounts)} pads for {len(dims)} axes")
    before, after = [0] * x.ndim, [0] * x.ndim
    for i, d in enumerate(dims):
        before[d], after[d] = amounts[i], amounts[half + i]
    mode = node["mode"]
    if mode == "constant":
        pairs = [n for d in reversed(range(x.ndim)) for n in (before[d], after[d])]
        if x.dtype == torch.bool:
            return F.pad(x.to(torch.uint8), pairs, value=int(fill or 0)).bool()
        return F.pad(widened(x), pairs, value=fill or 0).to(x.dtype)
    for d in range(x.ndim):
        if before[d] or after[d]:
            x = x.index_select(d, _outside(mode, x.shape[d], before[d], after[d]).to(x.device))
    return x


def _outside(mode: str, length: int, before: int, after: int) -> Tensor:
    at = torch.arange(-before, length + after)
    if mode == "edge":
        return at.clamp(0, length - 1)
    if mode == "wrap":
        return at % length
    if mode == "reflect":
        period = max(1, 2 * (length - 1))
        at = at % period
        return torch.minimum(at, period - at) if length > 1 else at
    raise ValueError(f"the pad mode {mode!r} is not known")


def depth_to_space(node: Node, x: Tensor) -> Tensor:
    """(N, C * b * b, H, W) to (N, C, H * b, W * b)."""
    b = node["blocksize"]
    n, c, h, w = x.shape
    if node["mode"] == "CRD":
        y = x.reshape(n, c // b**2, b, b, h, w).permute(0, 1, 4, 2, 5, 3)
    else:
        y = x.reshape(n, b, b, c // b**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return y.reshape(n, c // b**2, h * b, w * b)


def space_to_depth(node: Node, x: Tensor) -> Tensor:
    """(N, C, H * b, W * b) to (N, C * b * b, H, W)."""
    b = node["blocksize"]
    n, c, h, w = x.shape
    y = x.reshape(n, c, h // b, b, w // b, b)
    order = (0, 1, 3, 5, 2, 4) if node["mode"] == "CRD" else (0, 3, 5, 1, 2, 4)
    return y.permute(order).reshape(n, c * b * b, h // b, w // b)


def constant_of_shape(node: Node, wanted: Numbers) -> Tensor:
    """One number everywhere, 0 of float32 by default."""
    value = node["value"]
    value = torch.zeros(1) if value is None else value.reshape(-1)[:1]
    device = wanted.device if isinstance(wanted, Tensor) else None
    return value.to(device).expand(ints(wanted) or ()).clone()


def ranges(node: Node, start: Numbers, limit: Numbers, delta: Numbers) -> Tensor:
    """Numbers from ``start`` up to, but without, ``limit``."""
    kind, device = torch.int64, None
    for value in (start, limit, delta):
        if isinstance(value, Tensor):
            kind, device = value.dtype, value.device
    first, last, step = number(start), number(limit), number(delta)
    count = max(0, -int((first - last) // step)) if step else 0
    wide = torch.float64 if kind.is_floating_point else torch.int64
    found: Tensor = first + torch.arange(count, dtype=wide, device=device) * step
    return found.to(kind)


def eye_like(node: Node, x: Tensor) -> Tensor:
    """Ones on the ``k``-th diagonal."""
    rows, columns = x.shape
    made = torch.zeros(rows, columns, device=x.device)
    diagonal = made.diagonal(node["k"])
    diagonal.fill_(1)
    return made.to(dtype(node["dtype"]) if node["dtype"] is not None else x.dtype)


def center_crop_pad(node: Node, x: Tensor, wanted: Numbers) -> Tensor:
    """Cropped or padded with zeros to a size, around the centre."""
    dims = node["axes"] if node["axes"] is not None else range(x.ndim)
    for d, n in zip(dims, ints(wanted) or (), strict=True):
        axis = d % x.ndim
        have = x.shape[axis]
        if have > n:
            x = x.narrow(axis, (have - n) // 2, n)
        else:
            before = (n - have) // 2
            pairs = [0, 0] * (x.ndim - 1 - axis) + [before, n - have - before]
            x = F.pad(x, pairs)
    return x


def reverse_sequence(node: Node, x: Tensor, lengths: Tensor) -> Tensor:
    """The first ``lengths[b]`` steps of every sequence b in reverse order."""
    time, batch = node["time_axis"], node["batch_axis"]
    turned = x.movedim((batch, time), (0, 1))
    steps = torch.arange(turned.shape[1], device=x.device)[None]
    ends = lengths[:, None]
    at = torch.where(steps < ends, ends - 1 - steps, steps)
    rows = torch.arange(turned.shape[0], device=x.device)[:, None]
    return turned[rows, at].movedim((0, 1), (batch, time))


def trilu(node: Node, x: Tensor, k: Numbers | None = None) -> Tensor:
    """The upper or lower triangle."""
    offset = number(k, 0)
    offset = max(-(1 << 30), min(1 << 30, offset))
    return torch.triu(x, offset) if node["upper"] else torch.tril(x, offset)


def col2im(node: Node, x: Tensor, image_shape: Numbers, block_shape: Numbers) -> Tensor:
    """Blocks (N, C * block, L) added up at their places in an image."""
    image, block = ints(image_shape) or (), ints(block_shape) or ()
    rank = len(image)
    dilations, strides = node["dilations"] or [1] * rank, node["strides"] or [1] * rank
    pads = node["pads"] or [0] * 2 * rank
    n, length = x.shape[0], int(torch.Size(block).numel())
    whole = [size + pads[d] + pads[rank + d] for d, size in enumerate(image)]
    at = torch.zeros([1] * 2 * rank, dtype=torch.int64)
    for d in range(rank):
        steps = (whole[d] - dilations[d] * (block[d] - 1) - 1) // strides[d] + 1
        inside = torch.arange(block[d])[:, None] * dilations[d]
        place = inside + torch.arange(steps)[None] * strides[d]
        view = [1] * 2 * rank
        view[d], view[rank + d] = place.shape
        at = at * whole[d] + place.reshape(view)
    channels = x.shape[1] // length
    flat = x.reshape(n, channels, -1)
    index = at.reshape(1, 1, -1).expand_as(flat).to(x.device)
    made = x.new_zeros(n, channels, int(torch.Size(whole).numel())).scatter_add(2, index, flat)
    made = made.reshape(n, channels, *whole)
    for d in range(rank):
        made = made.narrow(2 + d, pads[d], image[d])
    return made

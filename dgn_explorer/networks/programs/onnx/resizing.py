"""Resize and Upsample, axis by axis, by the formulas of the standard.

A pixel of the result lies at a place in the input that the coordinate transformation gives; it is
the nearest pixel, or a weighted sum of the pixels around that place. Sums are matrix products with
a matrix (out, in) for every axis: exact for every mode, and differentiable.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import Numbers, floats, ints


@dataclass(frozen=True)
class Axis:
    """How one axis of ``length`` pixels becomes one of ``wanted``."""

    length: int
    wanted: int
    scale: float
    mode: str
    coordinates: str
    nearest: str
    cubic: float
    exclude_outside: bool
    antialias: bool
    roi: tuple[float, float]


def resize(
    node: Node,
    x: Tensor,
    roi: Numbers | None = None,
    scales: Numbers | None = None,
    sizes: Numbers | None = None,
) -> Tensor:
    """Another size, given by factors or in pixels; an empty input counts as missing."""
    if node.version < 11:
        return _old_resize(node, x, floats(roi) or ())
    given = node["axes"] if node["axes"] is not None else range(x.ndim)
    axes = [a % x.ndim for a in given]
    factors, wanted = list(floats(scales) or ()), ints(sizes) or ()
    if not factors and not wanted:
        raise ValueError("neither scales nor sizes are given")
    lengths = [x.shape[a] for a in axes]
    if wanted:
        factors = [w / n for w, n in zip(wanted, lengths, strict=True)]
        policy = node["keep_aspect_ratio_policy"] or "stretch"
        if policy != "stretch":
            one = min(factors) if policy == "not_larger" else max(factors)
            factors = [one] * len(axes)
            wanted = tuple(math.floor(one * n + 0.5) for n in lengths)
    else:
        wanted = tuple(math.floor(f * n) for f, n in zip(factors, lengths, strict=True))
    cut = _regions(node, roi, len(axes))
    outside = None
    for i, axis in enumerate(axes):
        plan = Axis(
            length=lengths[i],
            wanted=wanted[i],
            scale=factors[i],
            mode=node["mode"],
            coordinates=node["coordinate_transformation_mode"],
            nearest=node["nearest_mode"],
            cubic=node["cubic_coeff_a"],
            exclude_outside=bool(node["exclude_outside"]),
            antialias=bool(node["antialias"]),
            roi=cut[i],
        )
        x = _along(x, axis, plan)
        if plan.coordinates == "tf_crop_and_resize":
            at = _places(plan)
            shape = [-1 if a == axis else 1 for a in range(x.ndim)]
            beyond = ((at < 0) | (at > plan.length - 1)).reshape(shape).to(x.device)
            outside = beyond if outside is None else outside | beyond
    return x if outside is None else torch.where(outside, node["extrapolation_value"], x)


def _regions(node: Node, roi: Numbers | None, count: int) -> list[tuple[float, float]]:
    if node["coordinate_transformation_mode"] != "tf_crop_and_resize":
        return [(0.0, 1.0)] * count
    ends = floats(roi) or ()
    if len(ends) != 2 * count:
        raise ValueError(f"the roi has {len(ends)} numbers for {count} axes")
    return list(zip(ends[:count], ends[count:], strict=True))


def _old_resize(node: Node, x: Tensor, factors: Sequence[float]) -> Tensor:
    """Resize of opset 10: coordinates are asymmetric, "nearest" rounds up when it shrinks."""
    for axis, factor in enumerate(factors):
        wanted = math.floor(x.shape[axis] * factor)
        rounding = "ceil" if factor < 1 and node.op == "Resize" else "floor"
        mode = "nearest" if node["mode"] == "nearest" else "linear"
        plan = Axis(
            x.shape[axis], wanted, factor, mode, "asymmetric", rounding, 0.0, False, False, (0, 1)
        )
        x = _along(x, axis, plan)
    return x


def upsample(node: Node, x: Tensor, scales: Numbers | None = None) -> Tensor:
    """What Resize was called before opset 10."""
    return _old_resize(node, x, node["scales"] if node.version < 9 else floats(scales) or ())


def _along(x: Tensor, axis: int, plan: Axis) -> Tensor:
    if plan.wanted == plan.length and plan.scale == 1 and plan.roi == (0, 1):
        return x
    if plan.mode == "nearest":
        return x.index_select(axis, _nearest(plan).to(x.device))
    matrix = _matrix(plan).to(device=x.device)
    if not x.is_floating_point():
        wide: Tensor = torch.tensordot(x.double(), matrix, ([axis], [1])).movedim(-1, axis)
        limits = torch.iinfo(x.dtype)
        return wide.clamp(limits.min, limits.max).to(x.dtype)
    made: Tensor = torch.tensordot(x, matrix.to(x.dtype), ([axis], [1]))
    return made.movedim(-1, axis)


def _places(plan: Axis) -> Tensor:
    """Where the pixels of the result lie in the input, in pixels."""
    i = torch.arange(plan.wanted, dtype=torch.float64)
    n, scale = plan.length, plan.scale
    whole = n * scale  # may have a fraction
    mode = plan.coordinates
    if mode == "half_pixel":
        return (i + 0.5) / scale - 0.5
    if mode == "half_pixel_symmetric":
        offset = n / 2 * (1 - plan.wanted / whole)
        return offset + (i + 0.5) / scale - 0.5
    if mode == "pytorch_half_pixel":
        return (i + 0.5) / scale - 0.5 if plan.wanted > 1 else torch.zeros_like(i)
    if mode == "align_corners":
        return i * (n - 1) / (whole - 1) if whole != 1 else torch.zeros_like(i)
    if mode == "asymmetric":
        return i / scale
    if mode == "tf_half_pixel_for_nn":
        return (i + 0.5) / scale
    if mode == "tf_crop_and_resize":
        start, end = plan.roi
        if plan.wanted > 1:
            return start * (n - 1) + i * (end - start) * (n - 1) / (whole - 1)
        return torch.full_like(i, 0.5 * (start + end) * (n - 1))
    raise ValueError(f"the coordinate mode {mode!r} is not known")


@lru_cache(maxsize=64)
def _nearest(plan: Axis) -> Tensor:
    at = _places(plan)
    rounded = {
        "floor": torch.floor(at),
        "ceil": torch.ceil(at),
        "round_prefer_floor": torch.ceil(at - 0.5),
        "round_prefer_ceil": torch.floor(at + 0.5),
    }[plan.nearest]
    return rounded.clamp(0, plan.length - 1).to(torch.int64)


@lru_cache(maxsize=64)
def _matrix(plan: Axis) -> Tensor:
    """Weights (out, in) of every pixel of the input; pixels beyond its edges repeat the edge."""
    narrow = min(1.0, plan.scale) if plan.antialias else 1.0
    reach = math.ceil((2 if plan.mode == "cubic" else 1) / narrow)
    at = _places(plan)[:, None]
    first = at.floor().to(torch.int64) - reach + 1
    places = first + torch.arange(2 * reach)[None]
    distance = ((places - at) * narrow).abs()
    if plan.mode == "linear":
        weights = (1 - distance).clamp(min=0)
    elif plan.mode == "cubic":
        weights = _cubic(distance, plan.cubic)
    else:
        raise ValueError(f"the resize mode {plan.mode!r} is not known")
    if plan.exclude_outside:
        weights = weights * ((places >= 0) & (places < plan.length))
    if plan.exclude_outside or narrow != 1:
        weights = weights / weights.sum(1, keepdim=True)
    made = torch.zeros(plan.wanted, plan.length, dtype=torch.float64)
    return made.scatter_add(1, places.clamp(0, plan.length - 1), weights)


def _cubic(d: Tensor, a: float) -> Tensor:
    """Keys's kernel (1981)."""
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return torch.where(d <= 1, near, torch.where(d < 2, far, 0.0))

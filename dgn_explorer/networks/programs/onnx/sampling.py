"""Reading images at given places: grids, regions, boxes."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import Numbers, ints, number

_MODES = {"linear": "bilinear", "cubic": "bicubic"}


def grid_sample(node: Node, x: Tensor, grid: Tensor) -> Tensor:
    """Pixels at the places (x, y[, z]) from -1 to 1 of a grid."""
    mode = _MODES.get(node["mode"], node["mode"])
    if x.ndim not in (4, 5) or (x.ndim == 5 and mode == "bicubic"):
        raise node.refused(f"samples {x.ndim - 2} axes in the mode {node['mode']!r}")
    return F.grid_sample(x, grid, mode, node["padding_mode"], bool(node["align_corners"]))


def affine_grid(node: Node, theta: Tensor, size: Numbers) -> Tensor:
    """The grid of an affine map."""
    return F.affine_grid(theta, list(ints(size) or ()), bool(node["align_corners"]))


def roi_align(node: Node, x: Tensor, rois: Tensor, batch: Tensor) -> Tensor:
    """Means or maxima of points in regions (He et al. 2017)."""
    shift = 0.5 if node["coordinate_transformation_mode"] == "half_pixel" else 0.0
    rows, columns = node["output_height"], node["output_width"]
    pieces = []
    for roi, image in zip(rois.tolist(), batch.tolist(), strict=True):
        left, top, right, bottom = (v * node["spatial_scale"] - shift for v in roi)
        width, height = right - left, bottom - top
        if not shift:
            width, height = max(width, 1.0), max(height, 1.0)
        pieces.append(_region(node, x[int(image)], (top, height, rows), (left, width, columns)))
    if not pieces:
        return x.new_zeros(0, x.shape[1], rows, columns)
    return torch.stack(pieces)


def _region(
    node: Node, x: Tensor, vertical: tuple[float, float, int], horizontal: tuple[float, float, int]
) -> Tensor:
    """One region (C, rows, columns) of one image (C, H, W)."""
    parts = []
    for (start, extent, bins), length in ((vertical, x.shape[1]), (horizontal, x.shape[2])):
        count = node["sampling_ratio"] or max(1, math.ceil(extent / bins))
        steps = torch.arange(bins * count, dtype=torch.float64) + 0.5
        at = start + steps * (extent / bins / count)
        inside = (at >= -1) & (at <= length)
        at = at.clamp(min=0)
        low = at.floor().clamp(max=length - 1)
        at = torch.where(low >= length - 1, low, at)
        high = (low + 1).clamp(max=length - 1)
        weight = (at - low).to(device=x.device, dtype=x.dtype)
        mask = inside.to(device=x.device, dtype=x.dtype)
        parts.append((low.long().to(x.device), high.long().to(x.device), weight, mask, bins, count))
    (top, bottom, v, rows, bins_v, count_v), (left, right, h, columns, bins_h, count_h) = parts
    masked = rows[:, None] * columns[None]
    corners = [
        x[:, top][:, :, left] * ((1 - v)[:, None] * (1 - h)[None] * masked),
        x[:, top][:, :, right] * ((1 - v)[:, None] * h[None] * masked),
        x[:, bottom][:, :, left] * (v[:, None] * (1 - h)[None] * masked),
        x[:, bottom][:, :, right] * (v[:, None] * h[None] * masked),
    ]
    if node["mode"] == "avg":
        points = sum(corners[1:], corners[0])
        return points.reshape(-1, bins_v, count_v, bins_h, count_h).mean((2, 4))
    points = torch.stack(corners).amax(0)
    return points.reshape(-1, bins_v, count_v, bins_h, count_h).amax((2, 4))


def non_max_suppression(
    node: Node,
    boxes: Tensor,
    scores: Tensor,
    most: Numbers | None = None,
    overlap: Numbers | None = None,
    least: Numbers | None = None,
) -> Tensor:
    """The best boxes (image, class, box) of every class that overlap less than a limit."""
    count, limit = int(number(most, 0)), float(number(overlap, 0.0))
    floor = number(least)
    corners = _corners(boxes.detach(), bool(node["center_point_box"]))
    found: list[tuple[int, int, int]] = []
    for image in range(scores.shape[0]):
        for kind in range(scores.shape[1]):
            values = scores[image, kind].detach()
            order: Any = values.argsort(descending=True, stable=True)
            if floor is not None:
                order = order[values[order] > floor]
            kept: list[int] = []
            for box in order.tolist():
                if len(kept) >= count:
                    break
                if not kept or _overlap(corners[image], box, kept).max() <= limit:
                    kept.append(box)
            found += [(image, kind, box) for box in kept]
    return torch.tensor(found, dtype=torch.int64, device=boxes.device).reshape(-1, 3)


def _corners(boxes: Tensor, centred: bool) -> Tensor:
    first, second = boxes[..., :2], boxes[..., 2:]
    if centred:
        return torch.cat([first - second / 2, first + second / 2], -1)
    return torch.cat([torch.minimum(first, second), torch.maximum(first, second)], -1)


def _overlap(boxes: Tensor, box: int, others: list[int]) -> Tensor:
    """Intersection over union."""
    one, rest = boxes[box], boxes[others]
    shared = (torch.minimum(one[2:], rest[:, 2:]) - torch.maximum(one[:2], rest[:, :2])).clamp(
        min=0
    )
    common = shared.prod(1)
    areas = (rest[:, 2:] - rest[:, :2]).prod(1) + (one[2:] - one[:2]).prod()
    return common / (areas - common)

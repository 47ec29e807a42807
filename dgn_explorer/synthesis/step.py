"""`Step`: what every method yields."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Step:
    """One step of an ascent of N images.

    ``index`` counts from 0 to ``total`` - 1. ``activations`` is (N,) on the ascent's device: the
    objective's value as the ascent saw it, in its own arithmetic, of a cut perhaps. That of the
    finished image is told by `activations_of_images`.
    ``images()`` gives this step's images as (N, S, S, 3) uint8 RGB and ``codes()`` as (N, K)
    float32; both cost a transfer, so ask when needed. ``preview(i)`` is the i-th image alone,
    (S, S, 3), and may be drawn in coarser arithmetic, at no further cost.
    """

    index: int
    total: int
    activations: Tensor
    images: Callable[[], np.ndarray]
    codes: Callable[[], np.ndarray]
    preview: Callable[[int], np.ndarray]


def to_uint8(rgb: Tensor) -> np.ndarray:
    """Images (N, 3, H, W) in [0, 1] as (N, H, W, 3) uint8, clamped and rounded."""
    scaled = rgb.detach().float().clamp(0, 1).mul(255).round().to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def from_uint8(images: np.ndarray, device: torch.device) -> Tensor:
    """Images (N, H, W, 3) uint8 as (N, 3, H, W) float32 in [0, 1], channels_last."""
    return torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float().div(255)

"""Images as a photograph of fewer pixels can show them.

A photograph of 84 px that was enlarged to 128 is soft. A generator that must match it pixel for
pixel learns to be soft too. So what it makes is brought down to the photograph's own size and up
again before the two are compared: what the photograph cannot show is left to other losses.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

STEP = 4  # own sizes are told apart by so many pixels


class OwnSize:
    """Brings images (N, 3, S, S) to the photographs' own sizes and back."""

    def __init__(self, size: int, device: torch.device) -> None:
        self._size = size
        self._ways = torch.stack([_way(s, size) for s in range(STEP, size + STEP, STEP)]).to(device)

    def __call__(self, images: Tensor, sides: Tensor) -> Tensor:
        """``images`` (N, 3, S, S) as photographs of ``sides`` (N,) px would show them."""
        way = self._ways[(sides - 1).clamp(0, self._size - 1) // STEP][:, None]
        shown: Tensor = way @ images @ way.mT
        return shown.contiguous(memory_format=torch.channels_last)


def _way(side: int, size: int) -> Tensor:
    """The matrix (size, size) that takes a line of pixels to ``side`` px and back."""
    line = torch.eye(size)
    if side >= size:
        return line
    down = _resized(line, side, "bilinear")
    return _resized(torch.eye(side), size, "bicubic") @ down


def _resized(columns: Tensor, side: int, mode: str) -> Tensor:
    shape = (side, columns.shape[1])
    return F.interpolate(columns[None, None], shape, mode=mode, antialias=True)[0, 0]

"""What the network sees in a step: a random square cut of the image, at the network's size.

On a CPU it is cut out and resized. On a GPU the same is done by two matrices, rows @ image @
columns, so that every step has tensors of the same shapes and can be recorded (see `graphs`).
"""

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.networks.network import resize
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters

Window = tuple[int, int, int]  # top, left, side in pixels of the image


def window(index: int, p: DgnAmParameters, whole: int) -> Window:
    """Where step ``index`` looks in an image of ``whole`` pixels.

    The last step, after which nothing changes, sees all of it.
    """
    if index + 1 >= p.steps:
        return 0, 0, whole
    return random_window(index, p.zoom, whole)


def random_window(index: int, zoom: float, whole: int) -> Window:
    """A square that is up to the share ``zoom`` smaller than an image of ``whole`` pixels."""
    if zoom == 0:
        return 0, 0, whole
    rng = np.random.default_rng(index)  # the same for all images, whatever the batch
    side = round(whole * (1 - rng.uniform(0, zoom)))
    top, left = rng.integers(whole - side + 1, size=2)
    return int(top), int(left), side


def cut(image: Tensor, place: Window, size: int) -> Tensor:
    """The window ``place`` of ``image`` (N, 3, S, S), as (N, 3, size, size)."""
    top, left, side = place
    return resize(image[..., top : top + side, left : left + side], size)


def windows(p: DgnAmParameters, whole: int, device: torch.device) -> Tensor:
    """The windows of all steps as (steps, 3) float32 on ``device``."""
    places = [window(i, p, whole) for i in range(p.steps)]
    return torch.tensor(places, dtype=torch.float32).to(device)


def projected(image: Tensor, place: Tensor, size: int) -> Tensor:
    """What `cut` gives, up to rounding, for a window ``place`` (3,) that is a tensor."""
    rows, columns = _weights(place, image.shape[-1], size)
    seen: Tensor = rows @ (image @ columns.T)
    return seen


def _weights(place: Tensor, whole: int, size: int) -> Tensor:
    """Bilinear weights (2, size, whole) of the image's rows and of its columns.

    A triangle around each pixel's place, as wide as a pixel, or wider where the image shrinks;
    what of it lies outside the window is shared among the pixels inside.
    """
    first, side = place[:2, None], place[2]
    pixels = torch.arange(size, device=place.device, dtype=place.dtype)
    places = (first + (pixels + 0.5) * side / size - 0.5)[..., None]  # (2, size, 1)
    x = torch.arange(whole, device=place.device, dtype=place.dtype)
    width = (side / size).clamp_min(1.0)
    triangle = (1 - (x - places).abs() / width).clamp_min(0.0)  # (2, size, whole)
    inside = (x >= first) & (x < first + side)  # (2, whole)
    weights = triangle * inside[:, None]
    return weights / weights.sum(-1, keepdim=True)

"""The deletion curve: what is left of a unit's answer when the top of its map is blurred.

After Petsiuk et al. 2018, with a blurred photograph in place of black pixels: a map that names what
the unit answers to loses it quickly, and more quickly than a random order of as smooth patches.
"""

from collections.abc import Generator

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.studies.saliency.scene import Attribution, Pass, Scene

SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_BLUR = 10 / 224  # sigma, as a share of the side: classes go, colours stay
_SMOOTH = 3 / 224  # of the map, so that patches and not scattered pixels go


def deletion(
    scene: Scene, order: Tensor, done: int, total: int
) -> Generator[Pass, None, list[float]]:
    """The answer with the upper `SHARES` of ``order`` (S, S) blurred: a class's probability."""
    size = scene.rgb.shape[-1]
    blurred = gaussian(scene.rgb, _BLUR * size)
    ranking = gaussian(order[None, None], _SMOOTH * size).flatten().argsort(descending=True)
    left = []
    for i, share in enumerate(SHARES):
        yield Pass(done + i, total)
        mask = torch.zeros(size * size, device=scene.rgb.device)
        mask[ranking[: round(share * size * size)]] = 1.0
        over = mask.view(1, 1, size, size)
        left.append(scene.answer(scene.rgb * (1 - over) + blurred * over))
    return left


def order_of(found: Attribution) -> Tensor:
    """By what a map's pixels rank: magnitudes over the colours, or the map where it has none."""
    return found.map if found.colours is None else found.colours.abs().sum(0)


def random_order(scene: Scene, seed: int) -> Tensor:
    """Noise in the place of a map."""
    size = scene.rgb.shape[-1]
    random = torch.Generator().manual_seed(seed)
    return torch.rand(size, size, generator=random).to(scene.rgb.device)


def gaussian(image: Tensor, sigma: float) -> Tensor:
    """``image`` (N, C, H, W) blurred with ``sigma`` pixels; its edge goes on beyond itself."""
    reach = min(max(1, round(3 * sigma)), image.shape[-1] - 1)
    places = torch.arange(-reach, reach + 1, device=image.device, dtype=image.dtype)
    kernel = torch.exp(-places.square() / (2 * max(sigma, 1e-3) ** 2))
    kernel = kernel / kernel.sum()
    count = image.shape[1]
    padded = F.pad(image, (reach,) * 4, mode="replicate")
    rows = F.conv2d(padded, kernel.view(1, 1, 1, -1).expand(count, 1, 1, -1), groups=count)
    return F.conv2d(rows, kernel.view(1, 1, -1, 1).expand(count, 1, -1, 1), groups=count)

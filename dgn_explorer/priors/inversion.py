"""From an image to a code without the prior's encoder: by optimising the code.

Nguyen et al. start from real images through the encoder; where that network is not at hand, the
code whose image differs least serves instead.
"""

from collections.abc import Generator

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.network import resize
from dgn_explorer.priors.info import CROP
from dgn_explorer.priors.prior import Prior

STEPS = 150
_RATE = 0.1  # of Adam, in standard deviations of the code


def invert(
    prior: Prior, rgb: Tensor, steps: int = STEPS
) -> Generator[tuple[int, int], None, Tensor]:
    """Seek a code (N, K) within bounds whose image is near ``rgb`` (N, 3, H, W) in [0, 1].

    Adam on the mean squared difference of pixels, from the mean code on, projected into the bounds.
    Deterministic. Yields (done, total) after every step, and returns the code. With the fit "crop",
    ``rgb`` is what the encoder's network would be shown.
    """
    space, info = prior.space, prior.info
    size = info.encoder.input_size if info.fit == CROP else info.image_size
    wanted = resize(rgb.to(prior.device), size)
    scale = space.scale.clamp_min(space.scale.mean() * 0.1 + 1e-6)
    # Optimised in units of each number's own spread
    best, least = space.clamp(space.mean.expand(len(rgb), -1)), torch.inf
    offset = ((best - space.mean) / scale).requires_grad_(True)
    adam = torch.optim.Adam([offset], lr=_RATE)
    for done in range(steps):
        with torch.enable_grad():
            code = space.mean + offset * scale
            shown = resize(prior.seen(prior.image(code), size), size)
            loss = F.mse_loss(shown, wanted)
            (gradient,) = torch.autograd.grad(loss, offset)
        if float(loss.detach()) < least:
            best, least = code.detach(), float(loss.detach())
        offset.grad = gradient
        adam.step()
        with torch.no_grad():
            offset.copy_((space.clamp(space.mean + offset * scale) - space.mean) / scale)
        yield done + 1, steps
    return best

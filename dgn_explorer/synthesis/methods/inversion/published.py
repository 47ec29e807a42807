"""Inversion on the pixels themselves, as Mahendran & Vedaldi 2015 publish it.

"Understanding deep image representations by inverting them", CVPR 2015, and the authors' code: the
image less the mean, in levels of 255, starts as noise with the length of a photograph, sigma; to
the squared relative error, times sigma squared, come total variation and a sixth power of the
values; descent with momentum, which is reset whenever the rate falls.
"""

import math
from collections.abc import Generator

import torch
from torch import Tensor

from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.ascent import make_step, missing_operators, seeded_normal
from dgn_explorer.synthesis.features import Wanted, not_finite, relative_error
from dgn_explorer.synthesis.methods.inversion.about import InversionParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step

_LEVELS, _MEAN = 255.0, 127.5
_SPREAD = 58.0  # of the pixels of photographs about their mean, in levels (ImageNet: 0.226 of 255)
_RATES = ((0.25, 1.0), (0.75, 0.1), (1.0, 0.01))  # until which share of the steps, times the first
_ALPHA = 6


def published(network: Network, recipe: Recipe, wanted: Wanted) -> Generator[Step, None, None]:
    """Descend on the pixels; codes are the pixels (3 S S) in [0, 1] and beyond.

    Yields a `Step` before every update; its activation is the relative error. Raises `DgnError` if
    numbers run away.
    """
    p = recipe.parameters
    assert isinstance(p, InversionParameters)
    size, device = network.info.working_size, network.device
    count = 3 * size * size
    sigma = _SPREAD * math.sqrt(count)
    noise = seeded_normal([torch.Generator().manual_seed(recipe.seed)], count).to(device)
    x = (noise * (sigma / noise.norm())).view(1, 3, size, size)
    moving, rate = torch.zeros_like(x), math.inf
    for i in range(p.steps):
        watched = x.detach().requires_grad_(True)
        with missing_operators(device), convolutions(device), torch.enable_grad():
            image = (watched + _MEAN) / _LEVELS
            error = relative_error(wanted.features(image), wanted.values)
            loss = sigma**2 * error.square().sum() + _regulariser(watched, p)
            (gradient,) = torch.autograd.grad(loss, watched)
        if not bool(gradient.isfinite().all()):
            raise not_finite(recipe)
        seen = image.detach()
        yield make_step(i, p.steps, error.detach(), seen, seen.flatten(1))
        factor = next(factor for until, factor in _RATES if i < until * p.steps)
        if p.step * factor != rate:
            moving, rate = torch.zeros_like(x), p.step * factor
        moving = p.momentum * moving - rate * gradient
        x = x + moving


def _regulariser(x: Tensor, p: InversionParameters) -> Tensor:
    """``tv / 2`` times the squared differences of neighbours, ``alpha / 2`` times sixth powers."""
    down = x[..., 1:, :-1] - x[..., :-1, :-1]
    right = x[..., :-1, 1:] - x[..., :-1, :-1]
    variation = (down.square() + right.square()).sum()
    return p.tv / 2 * variation + p.alpha / 2 * x.pow(_ALPHA).sum()

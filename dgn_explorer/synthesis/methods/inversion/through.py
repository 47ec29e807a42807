"""Inversion through a prior: the code whose image points the same way at the layer.

The cosine and not the distance, because a prior's images are softer than photographs and would be
driven to contrasts that it does not have. A pull towards the code that the encoder reads from the
image itself keeps codes where images are (Nguyen et al. 2017, the prior term of PPGN).
"""

from collections.abc import Generator
from functools import partial

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.precision import ARITHMETICS
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import make_step, missing_operators, seeded_normal
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.features import Wanted, cosine, not_finite
from dgn_explorer.synthesis.methods.inversion.about import PriorInversionParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step


def through(bench: Bench, recipe: Recipe, wanted: Wanted) -> Generator[Step, None, None]:
    """Climb the cosine from near the mean code on, with steps that shrink to none.

    Yields a `Step` before every update; its activation is the cosine. Raises `DgnError` if there is
    no gradient, or if the encoder is wanted and cannot be opened.
    """
    p, prior = recipe.parameters, bench.prior
    assert isinstance(p, PriorInversionParameters) and prior is not None
    space, device = prior.space, prior.device
    arithmetic = ARITHMETICS[recipe.numeric]
    encoder = _encoder(bench, prior) if p.pull else None
    scale = space.scale.clamp_min(space.scale.mean() * 0.1 + 1e-6)
    noise = seeded_normal([torch.Generator().manual_seed(recipe.seed)], space.size).to(device)
    code = space.clamp(space.mean + p.spread * scale * noise)
    lower, upper = space.lower * p.bounds, space.upper * p.bounds
    for i in range(p.steps):
        watched = code.detach().requires_grad_(True)
        with (
            missing_operators(device),
            convolutions(device, arithmetic.tf32),
            torch.enable_grad(),
        ):
            draw = prior.rough_image if arithmetic.half_generator else prior.image
            image = draw(watched)
            likeness = cosine(wanted.features.shown(image, prior), wanted.values)
            (gradient,) = torch.autograd.grad(likeness.sum(), watched)
        direction = _normalised(gradient * scale)
        if not bool(direction.isfinite().all()):
            raise not_finite(recipe)
        final = partial(_drawn, prior, code)
        yield make_step(i, p.steps, likeness.detach(), image.detach(), code, final)
        if encoder is not None:
            own = _own_code(prior, encoder, image.detach())
            direction = direction + p.pull * _normalised((own - code) / scale).nan_to_num(0.0)
        step = p.step * (1 - i / p.steps)
        code = code + step * scale * direction
        code = space.mean + (code - space.mean) * (1 - p.decay)
        code = torch.minimum(torch.maximum(code, lower), upper)


def _encoder(bench: Bench, prior: Prior) -> Network:
    encoder = bench.open_encoder()
    if encoder is None:
        raise DgnError(
            f"The network {prior.info.encoder.network!r} that {prior.info.name} inverts cannot be"
            " opened.",
            "Go without the pull towards the image's own code: pull=0.",
        )
    return encoder


@torch.no_grad()
def _own_code(prior: Prior, encoder: Network, image: Tensor) -> Tensor:
    return encode(prior, encoder, prior.seen(image, prior.info.encoder.input_size))


@torch.no_grad()
def _drawn(prior: Prior, code: Tensor) -> Tensor:
    with convolutions(code.device):
        return prior.image(code)


def _normalised(direction: Tensor) -> Tensor:
    return direction / direction.abs().mean(1, keepdim=True)

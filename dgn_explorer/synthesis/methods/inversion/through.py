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
from dgn_explorer.synthesis.methods.inversion.about import ADAM, PriorInversionParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step

_MEAN, _SQUARE, _LEAST = 0.9, 0.99, 1e-10


def through(bench: Bench, recipe: Recipe, wanted: Wanted) -> Generator[Step, None, None]:
    """Climb the cosine from near the mean code on, with steps that shrink to none.

    Where it climbs to hangs on where it begins: so ``starts`` codes begin together, and the best
    one after ``scout`` steps, which do not shrink yet, goes on alone. Yields a `Step` before every
    update, of the best code so far; its activation is the cosine. ``wanted`` may hold the features
    of several photographs, each of which gets an image of its own. Raises `DgnError` if there is no
    gradient, or if the encoder is wanted and cannot be opened.
    """
    p, prior = recipe.parameters, bench.prior
    assert isinstance(p, PriorInversionParameters) and prior is not None
    space, device = prior.space, prior.device
    arithmetic = ARITHMETICS[recipe.numeric]
    encoder = _encoder(bench, prior) if p.pull else None
    scale = space.scale.clamp_min(space.scale.mean() * 0.1 + 1e-6)
    begun = [torch.Generator().manual_seed(recipe.seed)] * p.starts  # one after the other from one
    code = space.clamp(space.mean + p.spread * scale * seeded_normal(begun, space.size).to(device))
    count, starts = len(wanted.values), p.starts
    code = code.repeat(count, 1)  # the starts of the first photograph, those of the second, ...
    first_row = torch.arange(count, device=device)
    lower, upper = space.lower * p.bounds, space.upper * p.bounds
    scout = min(p.scout, p.steps - 1) if p.starts > 1 else 0
    rule = _Adam() if p.rule == ADAM else _normalised
    for i in range(p.steps):
        watched = code.detach().requires_grad_(True)
        with (
            missing_operators(device),
            convolutions(device, arithmetic.tf32),
            torch.enable_grad(),
        ):
            draw = prior.rough_image if arithmetic.half_generator else prior.image
            image = draw(watched)
            values = wanted.values[:, None].expand(-1, starts, -1).flatten(0, 1)
            likeness = cosine(wanted.features.shown(image, prior), values)
            (gradient,) = torch.autograd.grad(likeness.sum(), watched)
        likeness, image = likeness.detach(), image.detach()
        if not bool(gradient.isfinite().all()):
            raise not_finite(recipe)
        best = first_row * starts + likeness.view(count, starts).argmax(1)
        final = partial(_drawn, prior, code[best])
        yield make_step(i, p.steps, likeness[best], image[best], code[best], final)
        if i == scout:
            code, gradient, image, starts = code[best], gradient[best], image[best], 1
            if isinstance(rule, _Adam):
                rule.keep(best)
        direction = rule(gradient * scale)
        if not bool(direction.isfinite().all()):
            raise not_finite(recipe)
        if encoder is not None:
            own = _own_code(prior, encoder, image)
            direction = direction + p.pull * _normalised((own - code) / scale).nan_to_num(0.0)
        step = p.step * (1 - max(0, i - scout) / (p.steps - scout))
        code = code + step * scale * direction
        code = space.mean + (code - space.mean) * (1 - p.decay)
        code = torch.minimum(torch.maximum(code, lower), upper)


class _Adam:
    """The direction of Adam's steps (Kingma & Ba 2015), of which rows can be given up."""

    def __init__(self) -> None:
        self._mean: Tensor | float = 0.0
        self._square: Tensor | float = 0.0
        self._count = 0

    def __call__(self, gradient: Tensor) -> Tensor:
        self._count += 1
        self._mean = _MEAN * self._mean + (1 - _MEAN) * gradient
        self._square = _SQUARE * self._square + (1 - _SQUARE) * gradient.square()
        mean = self._mean / (1 - _MEAN**self._count)
        square = self._square / (1 - _SQUARE**self._count)
        return mean / (square.sqrt() + _LEAST)

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone."""
        if isinstance(self._mean, Tensor) and isinstance(self._square, Tensor):
            self._mean, self._square = self._mean[rows], self._square[rows]


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

"""Caricatures: features far along the photograph's own direction.

After "Feature Visualization" and Lucid's caricatures (Olah et al. 2017-2019): the dot product with
the photograph's features times a power of their cosine, climbed in the spectrum of the image.
"""

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.ascent import make_step, missing_operators, seeded_normal
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.features import (
    Wanted,
    cosine,
    judged,
    not_finite,
    wanted_of,
    with_last,
)
from dgn_explorer.synthesis.following import follow
from dgn_explorer.synthesis.methods.caricature.about import CaricatureParameters
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.spectrum import FIRST_SPREAD, Spectrum
from dgn_explorer.synthesis.step import Step

_LEAST_COSINE = 0.1  # at the start the cosine may be negative, and its power would mean nothing


def make(bench: Bench, recipe: Recipe) -> Generator[Progress[Made], None, Made]:
    """One image; the trace is the dot product, that of the photograph itself being 1."""
    wanted = wanted_of(bench, recipe)

    def judge(made: Made) -> Made:
        found = wanted.features.of_images(np.asarray(made.parts["images"]))
        dot = _dot(found, wanted.values).cpu().numpy()
        numbers = {"dot": dot, "cosine": cosine(found, wanted.values).cpu().numpy()}
        return Made({**made.parts, **numbers}, with_last(made.trace, float(dot[0])))

    return (yield from judged(follow(caricature(bench.network, recipe, wanted)), judge))


def caricature(network: Network, recipe: Recipe, wanted: Wanted) -> Generator[Step, None, None]:
    """Climb ``dot * cosine ** power`` with Adam from a nearly grey image; codes are spectra.

    Yields a `Step` before every update; its activation is the dot product. Raises `DgnError` if
    numbers run away.
    """
    p = recipe.parameters
    assert isinstance(p, CaricatureParameters)
    device = network.device
    spectrum = Spectrum(network.info.working_size, device)
    noise = [torch.Generator().manual_seed(recipe.seed)]
    code = seeded_normal(noise, spectrum.length).to(device) * FIRST_SPREAD
    adam = torch.optim.Adam([code], lr=p.step, maximize=True)
    for i in range(p.steps):
        rows, columns = np.random.default_rng(i).integers(-p.jitter, p.jitter + 1, size=2)
        watched = code.detach().requires_grad_(True)
        with missing_operators(device), convolutions(device), torch.enable_grad():
            image = spectrum.image(watched)
            found = wanted.features(image.roll((int(rows), int(columns)), (2, 3)))
            dot = _dot(found, wanted.values)
            share = cosine(found, wanted.values).clamp_min(_LEAST_COSINE) ** p.power
            (gradient,) = torch.autograd.grad((dot * share).sum(), watched)
        if not bool(gradient.isfinite().all()):
            raise not_finite(recipe)
        yield make_step(i, p.steps, dot.detach(), image.detach(), code.clone())
        code.grad = gradient
        adam.step()


def _dot(found: Tensor, wanted: Tensor) -> Tensor:
    return (found * wanted).sum(1) / wanted.square().sum(1)

"""Ascent without a prior: the image itself, as the spectrum of decorrelated colours.

The parametrisation and the transformations are those of Olah, Mordvintsev & Schubert, "Feature
Visualization", Distill 2017, with the defaults of Lucid and Lucent: Adam on the spectrum, which is
scaled to that of photographs; before each look the image is shifted, scaled and turned a little.
"""

import math
from collections.abc import Generator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import (
    Watch,
    check_ascent,
    direction,
    make_step,
    missing_operators,
    seeded_normal,
)
from dgn_explorer.synthesis.methods.pixels.about import PixelsParameters
from dgn_explorer.synthesis.objective import Objective, weighted
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.spectrum import FIRST_SPREAD, Spectrum
from dgn_explorer.synthesis.step import Step

GREY = 0.5  # surrounds the image where a transformation looks past its edge


def pixels(
    network: Network,
    prior: Prior | None,
    recipes: Sequence[Recipe],
    start: np.ndarray | None = None,
) -> Generator[Step, None, None]:
    """Ascend for all ``recipes`` at once; they share network and parameters, ``prior`` is unused.

    The codes are the images' spectra as flat vectors; ``start`` (N, K) replaces the random first
    ones. Yields a `Step` before every update, whose activation is that of the transformed image.
    Close the generator to cancel. Raises `DgnError` as `dgn_am` does.
    """
    p = recipes[0].parameters
    assert isinstance(p, PixelsParameters)
    size = network.info.working_size
    device = network.device
    spectrum = Spectrum(size, device)
    if start is None:
        noise = [torch.Generator().manual_seed(recipe.seed) for recipe in recipes]
        code = seeded_normal(noise, spectrum.length) * FIRST_SPREAD
    else:
        code = torch.from_numpy(np.ascontiguousarray(start, np.float32))
    code = code.to(device)
    adam = torch.optim.Adam([code], lr=p.step, maximize=True)
    stalled = torch.zeros(len(recipes), device=device)
    watch = Watch(device)
    objective = Objective(network, recipes)
    thetas = torch.tensor([_theta(i, size, p) for i in range(p.steps)], dtype=torch.float32)
    thetas = thetas.to(device)

    def look(code: Tensor, theta: Tensor, weights: Tensor, units: Tensor) -> tuple[Tensor, ...]:
        code = code.detach().requires_grad_(True)
        with torch.enable_grad():
            image = spectrum.image(code)
            terms = objective.read(_transformed(image, theta), units)
            gradient = direction(terms, weights, code)
        return weighted(terms, weights).detach(), image.detach(), gradient

    for i in range(p.steps):
        inputs = (code, thetas[i], objective.weights, objective.units)
        with missing_operators(device), convolutions(device):
            activation, image, gradient = network.graphs.run(
                ("pixels", objective.layout), look, inputs
            )
        yield make_step(i, p.steps, activation, image, code.clone())
        usable = gradient.isfinite().all(1)
        stalled = (stalled + 1).masked_fill(usable, 0.0)
        if watch.trouble(i, usable, activation):
            check_ascent(recipes, activation, stalled)
        code.grad = gradient.masked_fill(~usable[:, None], 0.0)
        adam.step()
    if watch.pending():
        check_ascent(recipes, activation, stalled)


def _theta(index: int, size: int, p: PixelsParameters) -> list[list[float]]:
    """How step ``index`` shifts, scales and turns an image of ``size`` pixels: 2 rows of 3."""
    rng = np.random.default_rng(index)  # the same for all images, whatever the batch
    angle = math.radians(rng.uniform(-p.rotate, p.rotate))
    scale = 1 / rng.uniform(1 - p.scale, 1 + p.scale)
    shift = 2 / size * rng.uniform(-p.jitter, p.jitter, size=2)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    return [[cos, -sin, shift[0]], [sin, cos, shift[1]]]


def _transformed(image: Tensor, theta: Tensor) -> Tensor:
    """``image`` (N, 3, S, S) under the affine ``theta`` (2, 3), grey around it."""
    every = theta.expand(len(image), 2, 3)
    grid = F.affine_grid(every, list(image.shape), align_corners=False)
    return F.grid_sample(image - GREY, grid, align_corners=False) + GREY

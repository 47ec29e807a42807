"""Inversion in the spectrum of the image: squared distance of features, Adam, and jitter."""

from collections.abc import Generator

import numpy as np
import torch

from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.ascent import make_step, missing_operators, seeded_normal
from dgn_explorer.synthesis.features import Wanted, not_finite, relative_error
from dgn_explorer.synthesis.methods.inversion.about import InversionParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.spectrum import FIRST_SPREAD, Spectrum
from dgn_explorer.synthesis.step import Step


def fourier(network: Network, recipe: Recipe, wanted: Wanted) -> Generator[Step, None, None]:
    """Descend on ``|features - wanted|^2 / |wanted|^2`` from a nearly grey image.

    The rate falls to nothing in the second half. Before a look the image is shifted by at most
    ``jitter`` pixels, what leaves at one edge coming in at the other; the shifts shrink to none.
    Codes are spectra. Yields a `Step` before every update; its activation is the relative error.
    ``wanted`` may hold the features of several photographs, each of which gets an image of its own.
    Raises `DgnError` if numbers run away.
    """
    p = recipe.parameters
    assert isinstance(p, InversionParameters)
    device = network.device
    spectrum = Spectrum(network.info.working_size, device)
    noise = [torch.Generator().manual_seed(recipe.seed)]
    code = seeded_normal(noise, spectrum.length).to(device) * FIRST_SPREAD
    code = code.repeat(len(wanted.values), 1)
    adam = torch.optim.Adam([code], lr=p.step)
    for i in range(p.steps):
        left = 1 - i / p.steps
        most = round(p.jitter * left)
        rows, columns = np.random.default_rng(i).integers(-most, most + 1, size=2)
        watched = code.detach().requires_grad_(True)
        with missing_operators(device), convolutions(device), torch.enable_grad():
            image = spectrum.image(watched)
            found = wanted.features(image.roll((int(rows), int(columns)), (2, 3)))
            error = relative_error(found, wanted.values)
            (gradient,) = torch.autograd.grad(error.square().sum(), watched)
        if not bool(gradient.isfinite().all()):
            raise not_finite(recipe)
        yield make_step(i, p.steps, error.detach(), image.detach(), code.clone())
        for group in adam.param_groups:
            group["lr"] = p.step * min(1.0, 2 * left)
        code.grad = gradient
        adam.step()

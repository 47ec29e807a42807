"""DGN-AM: gradient ascent in the code space of a learned image generator.

Nguyen, Dosovitskiy, Yosinski, Brox & Clune, "Synthesizing the preferred inputs for neurons in
neural networks via deep generator networks", NIPS 2016. The step is that of the authors' released
code: the gradient divided by its mean absolute value, bounds, then decay. Their pixel-space step in
between cancels, because the gradient is normalised again behind it.
"""

from collections.abc import Generator, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.priors.info import FLOAT32
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import (
    check_ascent,
    direction,
    make_step,
    seeded_normal,
)
from dgn_explorer.synthesis.objective import Objective
from dgn_explorer.synthesis.parameters import DgnAmParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step

NUDGE = 0.5  # sigma: noise that gets a code off a plateau without gradient


def dgn_am(
    network: Network,
    prior: Prior | None,
    recipes: Sequence[Recipe],
    start: np.ndarray | None = None,
) -> Generator[Step, None, None]:
    """Ascend for all ``recipes`` at once; they share network, prior and parameters.

    Yields a `Step` before every update, so the last one holds the final images. ``start`` (N, K)
    replaces the random first codes. Close the generator to cancel. Raises `DgnError` if the
    activation stops being finite or there is no gradient.
    """
    p = recipes[0].parameters
    assert isinstance(p, DgnAmParameters) and prior is not None
    space = prior.space
    device = prior.device
    noise = [torch.Generator().manual_seed(recipe.seed) for recipe in recipes]
    code = seeded_normal(noise, space.size).to(device) * p.init_scale
    if start is not None:
        if start.shape[1] != space.size:
            raise DgnError(
                f"The starting code has {start.shape[1]} numbers; those of {prior.info.name} have"
                f" {space.size}.",
                "Start with the prior that the code belongs to.",
            )
        code = torch.from_numpy(np.ascontiguousarray(start, np.float32)).to(device)
    lower, upper = space.lower * p.bounds, space.upper * p.bounds
    stalled = torch.zeros(len(recipes), device=device)
    look_every = 1 if device.type == "cpu" else 10  # looking costs a synchronisation on a GPU
    objective = Objective(network, recipes)
    exact = recipes[0].numeric == FLOAT32
    draw = prior.image if exact else prior.rough_image
    for i in range(p.steps):
        code.requires_grad_(True)
        with torch.enable_grad():
            image = draw(code)
            size = network.info.working_size
            seen = _view(prior.seen(image, size), i, p, size)
            terms = objective(seen)
            gradient = direction(terms, objective.weights, code)
        activation = (torch.stack(terms) * objective.weights).sum(0).detach()
        code = code.detach()
        # Rough images would show bands: the last ones are drawn from the code once more
        final = None if exact else partial(_drawn, prior, code)
        yield make_step(i, p.steps, activation, image.detach(), code, final)
        usable = gradient.isfinite().all(1)
        step = p.step_start + (p.step_end - p.step_start) * i / p.steps
        code = code + step * torch.where(usable[:, None], gradient, 0.0)
        code = torch.minimum(torch.maximum(code, lower), upper) * (1 - p.decay)
        stalled = torch.where(usable, 0.0, stalled + 1)
        if i % look_every == 0 and not bool(usable.all() & activation.isfinite().all()):
            check_ascent(recipes, activation, stalled)
            nudge = seeded_normal(noise, space.size).to(device) * NUDGE * space.scale
            code = torch.where(usable[:, None], code, code + nudge)


def _view(image: Tensor, index: int, p: DgnAmParameters, size: int) -> Tensor:
    """What the network sees: the image or a random square cut of it, at the working size.

    The last one, after which nothing changes, is whole: its activation is that of the result.
    """
    if p.zoom > 0 and index + 1 < p.steps:
        rng = np.random.default_rng(index)  # the same for all images, whatever the batch
        whole = image.shape[-1]
        side = round(whole * (1 - rng.uniform(0, p.zoom)))
        top, left = rng.integers(whole - side + 1, size=2)
        image = image[..., top : top + side, left : left + side]
    return resize(image, size)


@torch.no_grad()
def _drawn(prior: Prior, code: Tensor) -> Tensor:
    return prior.image(code)

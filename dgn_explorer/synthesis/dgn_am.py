"""DGN-AM: gradient ascent in the code space of a learned image generator.

Nguyen, Dosovitskiy, Yosinski, Brox & Clune, "Synthesizing the preferred inputs for neurons in
neural networks via deep generator networks", NIPS 2016. The step is that of the authors' released
code: the gradient divided by its mean absolute value, bounds, then decay. Their pixel-space step in
between cancels, because the gradient is normalised again behind it.
"""

from collections.abc import Generator, Sequence

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.objective import Objective
from dgn_explorer.synthesis.parameters import DgnAmParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step, to_uint8

STALLED_STEPS = 20  # in a row without a usable gradient: then the ascent gives up
NUDGE = 0.5  # sigma: noise that gets a code off a plateau without gradient


def dgn_am(
    network: Network, prior: Prior, recipes: Sequence[Recipe], start: np.ndarray | None = None
) -> Generator[Step, None, None]:
    """Ascend for all ``recipes`` at once; they share network, prior and parameters.

    Yields a `Step` before every update, so the last one holds the final images. ``start`` (N, K)
    replaces the random first codes. Close the generator to cancel. Raises `DgnError` if the
    activation stops being finite or there is no gradient.
    """
    p = recipes[0].parameters
    assert isinstance(p, DgnAmParameters)
    space = prior.space
    device = prior.device
    noise = [torch.Generator().manual_seed(recipe.seed) for recipe in recipes]
    code = _normal(noise, space.size).to(device) * p.init_scale
    if start is not None:
        code = torch.from_numpy(np.ascontiguousarray(start, np.float32)).to(device)
    lower, upper = space.lower * p.bounds, space.upper * p.bounds
    stalled = torch.zeros(len(recipes), device=device)
    look_every = 1 if device.type == "cpu" else 10  # looking costs a synchronisation on a GPU
    objective = Objective(network, recipes)
    for i in range(p.steps):
        code.requires_grad_(True)
        with torch.enable_grad():
            image = prior.image(code)
            seen = _view(image, i, p, network.info.working_size)
            terms = objective(seen)
            gradient = _gradient(terms, objective.weights, code)
        activation = (torch.stack(terms) * objective.weights).sum(0).detach()
        code = code.detach()
        yield _step(i, p.steps, activation, image.detach(), code)
        usable = gradient.isfinite().all(1)
        size = p.step_start + (p.step_end - p.step_start) * i / p.steps
        code = code + size * torch.where(usable[:, None], gradient, 0.0)
        code = torch.minimum(torch.maximum(code, lower), upper) * (1 - p.decay)
        stalled = torch.where(usable, 0.0, stalled + 1)
        if i % look_every == 0 and not bool(usable.all() & activation.isfinite().all()):
            _check(recipes, activation, stalled)
            nudge = _normal(noise, space.size).to(device) * NUDGE * space.scale
            code = torch.where(usable[:, None], code, code + nudge)


def _gradient(terms: list[Tensor], weights: Tensor, code: Tensor) -> Tensor:
    """Weighted sum of the terms' gradients (N, K), each divided by its mean absolute value.

    Normalising before the sum keeps a loud unit from drowning a quiet one.
    """
    total = torch.zeros_like(code)
    for k, term in enumerate(terms):
        (gradient,) = torch.autograd.grad(term.sum(), code, retain_graph=k < len(terms) - 1)
        weight = weights[k, :, None]  # 0 for recipes that have no such term, and no gradient either
        total = total + torch.where(weight == 0, 0.0, weight * _normalised(gradient))
    return _normalised(total)


def _normalised(gradient: Tensor) -> Tensor:
    # 0 / 0 is NaN here, which marks the sample as stalled in this step
    return gradient / gradient.abs().mean(1, keepdim=True)


def _view(image: Tensor, index: int, p: DgnAmParameters, size: int) -> Tensor:
    """What the network sees: the image or a random square cut of it, at the working size."""
    if p.zoom > 0:
        rng = np.random.default_rng(index)  # the same for all images, whatever the batch
        whole = image.shape[-1]
        side = round(whole * (1 - rng.uniform(0, p.zoom)))
        top, left = rng.integers(whole - side + 1, size=2)
        image = image[..., top : top + side, left : left + side]
    return resize(image, size)


def _step(index: int, total: int, activation: Tensor, image: Tensor, code: Tensor) -> Step:
    return Step(
        index,
        total,
        activation,
        images=lambda: to_uint8(image),
        codes=lambda: code.float().cpu().numpy(),
    )


def _check(recipes: Sequence[Recipe], activation: Tensor, stalled: Tensor) -> None:
    for recipe, value, steps in zip(recipes, activation.tolist(), stalled.tolist(), strict=True):
        units = ", ".join(str(term.unit) for term in recipe.objective)
        if not np.isfinite(value):
            raise DgnError(
                f"The activation of {units} is {value} and not a number any more.",
                "Try a smaller step, or check the network's weights.",
            )
        if steps >= STALLED_STEPS:
            raise DgnError(
                f"{units} gives no gradient: nothing in the image changes it.",
                "Try another seed; if that does not help the unit is dead.",
            )


def _normal(rngs: Sequence[torch.Generator], size: int) -> Tensor:
    return torch.stack([torch.randn(size, generator=rng) for rng in rngs])

"""What the gradient methods share: one direction for several units, and when to give up."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step, to_uint8

STALLED_STEPS = 20  # in a row without a usable gradient: then the ascent gives up


def direction(terms: list[Tensor], weights: Tensor, code: Tensor) -> Tensor:
    """Weighted sum of the terms' gradients (N, K), each divided by its mean absolute value.

    Normalising before the sum keeps a loud unit from drowning a quiet one. A sample without a
    gradient gets NaN.
    """
    total = torch.zeros_like(code)
    for k, term in enumerate(terms):
        (gradient,) = torch.autograd.grad(term.sum(), code, retain_graph=k < len(terms) - 1)
        weight = weights[k, :, None]  # 0 for recipes that have no such term, and no gradient either
        total = total + torch.where(weight == 0, 0.0, weight * _normalised(gradient))
    return _normalised(total)


def check_ascent(recipes: Sequence[Recipe], activation: Tensor, stalled: Tensor) -> None:
    """Raise `DgnError` if an activation (N,) is not finite or the steps (N,) in a row without a
    gradient are too many.
    """
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


def make_step(
    index: int,
    total: int,
    activation: Tensor,
    image: Tensor,
    code: Tensor,
    draw: Callable[[], Tensor] | None = None,
) -> Step:
    """A `Step` from tensors that no later step changes: image (N, 3, H, W), code (N, K).

    ``draw`` makes the final images where ``image`` is only good enough for a preview.
    """
    final = draw or (lambda: image)
    return Step(
        index,
        total,
        activation,
        images=lambda: to_uint8(final()),
        codes=lambda: code.float().cpu().numpy(),
        preview=lambda: to_uint8(image),
    )


def seeded_normal(rngs: Sequence[torch.Generator], size: int) -> Tensor:
    """Standard normal numbers (N, ``size``), row i from the i-th generator."""
    return torch.stack([torch.randn(size, generator=rng) for rng in rngs])


def _normalised(gradient: Tensor) -> Tensor:
    # 0 / 0 is NaN here, which marks the sample as stalled in this step
    return gradient / gradient.abs().mean(1, keepdim=True)

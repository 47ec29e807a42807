"""What the gradient methods share: one direction for several units, and when to give up."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step, to_uint8

STALLED_STEPS = 20  # in a row without a usable gradient: then the ascent gives up
LOOK_EVERY = 10  # steps on a GPU: to look at a number there means to wait for it


def direction(terms: list[Tensor], weights: Tensor, code: Tensor) -> Tensor:
    """Weighted sum of the terms' gradients (N, K), each divided by its mean absolute value.

    Normalising before the sum keeps a loud unit from drowning a quiet one. A sample without a
    gradient gets NaN. Every term is followed upwards, one of negative weight as its negative, which
    is what `clamped` has to know.
    """
    total = torch.zeros_like(code)
    signs = weights.sign()
    for k, term in enumerate(terms):
        upwards = (signs[k] * term).sum()
        (gradient,) = torch.autograd.grad(upwards, code, retain_graph=k < len(terms) - 1)
        weight = weights[k, :, None].abs()  # 0 for recipes that have no such term, and no gradient
        total = total + (weight * normalised(gradient)).masked_fill(weight == 0, 0.0)
    return normalised(total)


class _Clamped(torch.autograd.Function):
    """See `clamped`."""

    @staticmethod
    def forward(ctx: Any, image: Tensor) -> Tensor:
        ctx.save_for_backward(image)
        return image.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (image,) = ctx.saved_tensors
        further = ((image < 0) & (gradient < 0)) | ((image > 1) & (gradient > 0))
        return gradient.masked_fill(further, 0.0)


def clamped(image: Tensor) -> Tensor:
    """``image`` cut off at black and white, for an ascent.

    A pixel beyond them has a gradient if it wants to come back, and none if it wants to go further:
    with none at all an image that is black and white all over could never leave that.
    """
    shown: Tensor = _Clamped.apply(image)  # type: ignore[no-untyped-call]
    return shown


class Watch:
    """Whether an ascent goes well, asked without making a GPU wait.

    On a CPU the answer is that of the step. On a GPU every tenth step is looked at, and the answer
    comes ten steps later, when it has long arrived.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._arrived: torch.cuda.Event | None = None
        if device.type == "cuda":
            self._well = torch.ones((), dtype=torch.bool, pin_memory=True)

    def trouble(self, index: int, usable: Tensor, activation: Tensor) -> bool:
        """Whether a sample had no ``usable`` (N,) gradient, or an ``activation`` (N,) no number."""
        if self._device.type != "cpu" and index % LOOK_EVERY:
            return False
        well = usable.all() & activation.isfinite().all()
        if self._device.type != "cuda":
            return not bool(well)
        earlier = self.pending()
        self._well.copy_(well, non_blocking=True)
        self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
        self._arrived.record()
        return earlier

    def pending(self) -> bool:
        """Whether there was trouble that nobody has been told of yet."""
        if self._arrived is None:
            return False
        self._arrived.synchronize()
        self._arrived = None
        return not bool(self._well)


def check_ascent(recipes: Sequence[Recipe], activation: Tensor, stalled: Tensor) -> None:
    """Raise `DgnError` if an activation (N,) is not finite or the steps (N,) in a row without a
    gradient are too many.
    """
    for recipe, value, steps in zip(recipes, activation.tolist(), stalled.tolist(), strict=True):
        units = ", ".join(str(unit) for unit in recipe.units) or recipe.target.text()
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


@contextmanager
def missing_operators(device: torch.device) -> Iterator[None]:
    """Say by name which operator a network needs that ``device`` has not."""
    try:
        yield
    except NotImplementedError as error:
        found = re.search(r"aten::[\w.]+", str(error))
        if device.type == "cpu" or found is None:
            raise
        raise DgnError(
            f"The device {device.type.upper()} has no operator {found.group()}.",
            "Choose the CPU: --device cpu.",
        ) from error


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
        preview=lambda row: to_uint8(image[row : row + 1])[0],
    )


def seeded_normal(rngs: Sequence[torch.Generator], size: int) -> Tensor:
    """Standard normal numbers (N, ``size``), row i from the i-th generator."""
    return torch.stack([torch.randn(size, generator=rng) for rng in rngs])


def normalised(gradient: Tensor) -> Tensor:
    """``gradient`` (N, K) over its mean absolute value, NaN where there is none: 0 / 0."""
    return gradient / gradient.abs().mean(1, keepdim=True)

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
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.machine.graphs import static
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import Watch, check_ascent, make_step, normalised, seeded_normal
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.code_term import AFTERWARDS, AHEAD, WEIGHT, code_term
from dgn_explorer.synthesis.methods.dgn_am.passes import Passes
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step

NUDGE = 0.5  # sigma: noise that gets a code off a plateau without gradient


def dgn_am(
    network: Network,
    prior: Prior | None,
    recipes: Sequence[Recipe],
    start: np.ndarray | None = None,
    *,
    fresh: bool = False,
) -> Generator[Step, None, None]:
    """Ascend for all ``recipes`` at once; they share network, prior and parameters.

    Yields a `Step` before every update, so the last one holds the final images. ``start`` (N, K)
    replaces the random first codes; ``fresh`` says that it is random, too. Close the generator to
    cancel. Raises `DgnError` if the activation stops being finite or there is no gradient.
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

    def moved(code: Tensor, by: Tensor) -> Tensor:
        return torch.minimum(torch.maximum(code + by, lower), upper) * (1 - p.decay)

    term = code_term(network, prior, recipes) if p.code_share else None
    share = 1.0
    if term is not None and (start is None or fresh):
        for _ in range(AHEAD):
            code = moved(code, p.step_start * term(code))
        share = AFTERWARDS
    stalled = torch.zeros(len(recipes), device=device)
    watch, nudge = Watch(device), _Nudge(noise, space, ready=static(device))
    passes = Passes(network, prior, recipes)
    for i in range(p.steps):
        activation, image, gradient = passes(code, i)
        # Rough images would show bands: the last ones are drawn from the code once more
        final = None if passes.exact else partial(_drawn, prior, code)
        yield make_step(i, p.steps, activation, image, code, final)
        if term is not None and i < p.code_share * p.steps:
            gradient = normalised(gradient + WEIGHT * term(code))
        usable = gradient.isfinite().all(1)
        gradient = gradient.masked_fill(~usable[:, None], 0.0)
        step = p.step_start + (p.step_end - p.step_start) * i / p.steps
        code = moved(code, share * step * gradient)
        stalled = (stalled + 1).masked_fill(usable, 0.0)
        trouble = watch.trouble(i, usable, activation)
        if trouble:
            check_ascent(recipes, activation, stalled)
        if trouble or nudge.ready:
            code = torch.where(usable[:, None], code, code + nudge(i))
    if watch.pending():
        check_ascent(recipes, activation, stalled)


class _Nudge:
    """Noise that gets codes off a plateau.

    On a CPU it is drawn when there is trouble. On a GPU, where to know that would mean to wait,
    there is one block of it, ``ready`` in every step and each time a place further on.
    """

    def __init__(self, rngs: Sequence[torch.Generator], space: CodeSpace, ready: bool) -> None:
        self._rngs, self._space, self.ready = rngs, space, ready
        self._block = self._drawn() if self.ready else None

    def __call__(self, index: int) -> Tensor:
        """Noise (N, K) for step ``index``."""
        if self._block is None:
            return self._drawn()
        return self._block.roll(index, 1)

    def _drawn(self) -> Tensor:
        drawn = seeded_normal(self._rngs, self._space.size).to(self._space.scale.device)
        return drawn * NUDGE * self._space.scale


@torch.no_grad()
def _drawn(prior: Prior, code: Tensor) -> Tensor:
    with convolutions(code.device):
        return prior.image(code)

"""How many images one ascent should make on a GPU: measured, because no rule fits all of them."""

import time
from collections.abc import Generator, Sequence
from dataclasses import replace

import torch

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.recipe import Recipe

FIRST, MOST = 16, 512
_WARM, _ROUNDS = 2, 6
_WORTH_IT = 1.05  # images a second over those of half the batch; it costs as much memory again


def best_batch(
    network: Network, prior: Prior, recipe: Recipe, most: int = MOST
) -> Generator[None, None, int]:
    """Finds how many recipes like ``recipe``, one of DGN-AM, are made fastest in one ascent.

    The batch, a power of two, is doubled for as long as that makes more images a second and fits
    the memory. Takes some seconds on a GPU, and yields before each size so that others may have
    their turn; a batch limit of the network's own is kept. A recipe of several starts counts as
    many images.
    """
    p = recipe.parameters
    assert isinstance(p, DgnAmParameters)
    most = min(most, network.info.batch_limit or most)
    best, rate, size = 1, 0.0, min(FIRST, most)
    while size <= most:
        yield
        try:
            found = size / step_seconds(network, prior, [recipe] * size)
        except torch.OutOfMemoryError:
            break
        if found < _WORTH_IT * rate:
            break
        best, rate, size = size, found, 2 * size
    network.graphs.clear()  # none of the others' memory is needed any more
    return max(1, best // p.starts)


def step_seconds(
    network: Network, prior: Prior, recipes: Sequence[Recipe], rounds: int = _ROUNDS
) -> float:
    """Mean seconds of a step of ``recipes`` once everything is warm."""
    p = recipes[0].parameters
    assert isinstance(p, DgnAmParameters)
    short = [replace(r, parameters=replace(p, steps=_WARM + rounds + 1)) for r in recipes]
    steps = dgn_am(network, prior, short)
    for _ in range(_WARM):
        step = next(steps)
    float(step.activations[0])  # waits for the GPU
    started = time.perf_counter()
    for _ in range(rounds):
        step = next(steps)
    float(step.activations[0])
    seconds = time.perf_counter() - started
    steps.close()
    return seconds / rounds

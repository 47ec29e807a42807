"""A good step size for a network and a prior that have not met, by a short sweep.

The published one differs by architecture (8 for CaffeNet, 2 for GoogLeNet) and by the scale of the
codes, so that no single number serves all pairs.
"""

from collections.abc import Generator
from typing import Any

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.progress import Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

FACTORS = (0.05, 0.12, 0.3, 0.8, 2.0)  # of the codes' standard deviation
PREFERRED = 2  # its place: that is the step size to which the built-in pair was tuned
STEPS = 20
UNITS = 3
ENOUGH = 0.85  # of the best gain in activation; more activation does not make a better image


def sweep(network: Network, prior: Prior) -> Generator[Progress[Any], None, dict[float, float]]:
    """Return step size -> gain in activation in short ascents, as a share of the best one (0 to 1).

    Some units of the output layer are tried, each counted relative to its own best gain; what is
    given is averaged over neighbouring sizes, as three units make a rough curve. Yields after every
    step of an ascent. Raises `DgnError` if nothing rises at any step size.
    """
    scale = float(prior.space.scale.median())
    sizes = [float(f"{factor * scale:.2g}") for factor in FACTORS]
    gains = []
    for i, size in enumerate(sizes):
        gains.append((yield from _gain(network, prior, size, i, len(sizes))))
    table = torch.stack(gains).nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)  # (sizes, units)
    best = table.amax(0)
    if not bool((best > 0).any()):
        raise DgnError(
            f"No step size raises the outputs of {network.info.name} with {prior.info.name}.",
            "Check the network with: dgn-explorer networks check",
        )
    curve = (table[:, best > 0] / best[best > 0]).mean(1)
    around = [curve[max(0, i - 1) : i + 2].mean() for i in range(len(sizes))]
    shares = torch.stack(around) / max(around)
    return dict(zip(sizes, shares.tolist(), strict=True))


def best_step(shares: dict[float, float]) -> float:
    """Of the step sizes that gain nearly as much as the best one, that nearest to the usual one.

    >>> best_step({0.05: 0.9, 0.12: 1.0, 0.3: 0.8, 0.8: 0.4, 2.0: 0.1})
    0.12
    """
    good = [i for i, share in enumerate(shares.values()) if share >= ENOUGH]
    return list(shares)[min(good, key=lambda i: abs(i - PREFERRED))]


def _gain(
    network: Network, prior: Prior, size: float, place: int, places: int
) -> Generator[Progress[Any], None, torch.Tensor]:
    """How much the activation of each unit (UNITS,) rises in a short ascent."""
    layer = network.info.layer(network.info.output_layer)
    units = sorted({layer.channels * (2 * i + 1) // (2 * UNITS) for i in range(UNITS)})
    most = network.info.batch_limit or len(units)
    recipe = Recipe(
        network=network.info.name,
        network_fingerprint=network.info.fingerprint,
        prior=prior.info.name,
        prior_fingerprint=prior.info.fingerprint,
        target=Maximise.of(UnitAddress(layer.path, 0)),
        parameters=DgnAmParameters(steps=STEPS, step_start=size),
    )
    recipes = [recipe.with_target(Maximise.of(UnitAddress(layer.path, i))) for i in units]
    gains = []
    for at in range(0, len(recipes), most):
        steps: list[torch.Tensor] = []
        try:
            for step in dgn_am(network, prior, recipes[at : at + most]):
                steps.append(step.activations)
                done = place * len(units) * STEPS + at * STEPS + len(steps) * most
                yield Progress(done, places * len(units) * STEPS)
        except DgnError:  # a step so large that the ascent falls apart gains nothing
            gains.append(torch.zeros(len(recipes[at : at + most])))
            continue
        # Steps look at random cuts of the image: the last few are more certain than the last
        gains.append((torch.stack(steps[-5:]).mean(0) - steps[0]).float().cpu())
    return torch.cat(gains)

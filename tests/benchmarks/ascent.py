"""An ascent step over the bare forward and backward pass of the same two networks."""

import statistics
import time

import torch

from dgn_explorer.networks.network import resize
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.reading import ActivationReader
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

ROUNDS, WARM = 15, 3


def measure() -> dict[str, float]:
    """Ratios and milliseconds a step, for batches of 1 and 16."""
    found: dict[str, float] = {}
    for batch in (1, 16):
        step_s, bare_s = times(batch)
        found[f"step_over_bare_batch{batch}"] = step_s / bare_s
        found[f"step_ms_batch{batch}"] = 1000 * step_s
    return found


def times(batch: int) -> tuple[float, float]:
    """Median seconds of a step of ``batch`` and of the bare passes, taken in turns."""
    network, prior = open_network("lite0"), open_prior("default")
    size = network.info.working_size
    read = ActivationReader(network.module, [network.read_points["fc"]])
    parameters = DgnAmParameters(steps=ROUNDS + WARM + 1, zoom=0.0)
    recipes = [
        Recipe(
            "lite0",
            network.info.fingerprint,
            "default",
            prior.info.fingerprint,
            Maximise.of(network.info.resolve(f"fc:{50 * i}")),
            parameters=parameters,
            seed=i,
        )
        for i in range(batch)
    ]
    code = torch.randn(batch, prior.space.size)
    steps = dgn_am(network, prior, recipes)
    next(steps)
    ours, bare = [], []
    for _ in range(ROUNDS + WARM):
        started = time.perf_counter()
        next(steps)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        leaf = code.detach().requires_grad_(True)
        output = read(network.preprocessing(resize(prior.image(leaf), size)))[0]
        torch.autograd.grad(output[:, 0].sum(), leaf)
        bare.append(time.perf_counter() - started)
    steps.close()
    return statistics.median(ours[WARM:]), statistics.median(bare[WARM:])

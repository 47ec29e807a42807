"""An ascent step beside as many busy processes as cores, over one on the machine as it is."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from dgn_explorer.machine.threads import use_threads
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

ROUNDS, TURNS = 10, 3


def measure() -> dict[str, float]:
    """Ratio of median step times, taken in turns; a fair share of the cores would be 2."""
    device = torch.device("cpu")
    use_threads(device)
    network, prior = open_network("lite0"), open_prior("default")
    recipe = Recipe(
        "lite0",
        network.info.fingerprint,
        "default",
        prior.info.fingerprint,
        Maximise.of(network.info.resolve("fc:980")),
        parameters=DgnAmParameters(steps=2 * ROUNDS * TURNS + 4),
        numeric=best_numeric(device),
    )
    steps = dgn_am(network, prior, [recipe])
    for _ in range(3):
        next(steps)
    idle, busy = [], []
    for _ in range(TURNS):
        idle += [_seconds(steps) for _ in range(ROUNDS)]
        with _busy_processes():
            busy += [_seconds(steps) for _ in range(ROUNDS)]
    steps.close()
    return {
        "threads": torch.get_num_threads(),
        "step_busy_over_idle_batch1": statistics.median(busy) / statistics.median(idle),
    }


def _seconds(steps: Iterator[object]) -> float:
    started = time.perf_counter()
    next(steps)
    return time.perf_counter() - started


@contextmanager
def _busy_processes() -> Iterator[None]:
    spin = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(spin) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()

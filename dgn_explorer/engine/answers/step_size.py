"""A good step size for a network and a prior that have not met."""

from collections.abc import Generator
from typing import Any

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.progress import Progress
from dgn_explorer.synthesis.step_sweep import best_step, sweep


def find_step(network: Network, prior: Prior) -> Generator[Progress[Any], None, float]:
    """A good first step size of ascents for ``network`` through ``prior``, by short ascents."""
    shares = yield from sweep(network, prior)
    return best_step(shares)

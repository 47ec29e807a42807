"""Does a prior with CaffeNet behave as published? The run of script 3 of the released code.

It starts from the photograph ``images/red_pepper.jpg`` and draws no random number, so that the
activations of the unit in 30 steps can be compared (methods reference, section 5, G1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

UNIT = "fc8:945"  # bell pepper
# Read off examples/example3.jpg of the released code
TRACE = (
    *(19.56, 24.39, 23.22, 23.99, 30.49, 28.91, 33.08, 35.00, 36.04, 37.12),
    *(37.61, 38.32, 39.87, 41.85, 42.54, 44.34, 43.83, 49.08, 47.24, 47.57),
    *(49.31, 52.19, 52.59, 54.67, 53.72, 57.24, 57.92, 58.07, 59.07, 59.95),
)
# As script 1, but 30 steps of 1 to 1e-10
PARAMETERS = DGN_AM.presets["published"].changed(steps=30, step_start=1.0)
TOLERANCE = 0.05  # of the published value, at every step


@dataclass(frozen=True)
class PublishedCheck:
    """Activations beside the published ones; ``deviation`` is the largest relative difference."""

    trace: tuple[float, ...]
    published: tuple[float, ...]
    deviation: float

    @property
    def agrees(self) -> bool:
        """Whether every step is within `TOLERANCE`."""
        return self.deviation <= TOLERANCE


def follow_published(
    network: Network,
    prior: Prior,
    code: Tensor,
    unit: str = UNIT,
    published: Sequence[float] = TRACE,
) -> PublishedCheck:
    """Ascend for ``unit`` from ``code`` (1, K) with the published settings, by `dgn_am` itself."""
    recipe = Recipe(
        network=network.info.name,
        network_fingerprint=network.info.fingerprint,
        prior=prior.info.name,
        prior_fingerprint=prior.info.fingerprint,
        target=Maximise.of(network.info.resolve(unit)),
        parameters=PARAMETERS,
    )
    start = code.detach().float().cpu().numpy()
    steps = [step.activations for step in dgn_am(network, prior, [recipe], start)]
    trace = torch.cat(steps).float().cpu().numpy()
    deviation = float(np.abs(trace / np.asarray(published) - 1).max())
    return PublishedCheck(tuple(trace.tolist()), tuple(published), deviation)

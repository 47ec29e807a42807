"""The methods by name: one generator function each, all yielding `Step`."""

from collections.abc import Callable, Generator, Sequence

import numpy as np

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.methods.pixels.ascent import pixels
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step

Method = Callable[
    [Network, Prior | None, Sequence[Recipe], np.ndarray | None], Generator[Step, None, None]
]

RUNNERS: dict[str, Method] = {"dgn-am": dgn_am, "pixels": pixels}

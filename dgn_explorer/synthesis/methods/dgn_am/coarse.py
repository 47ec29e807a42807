"""How many pixels the network sees in the coarse steps of an ascent.

What an image is to show is decided early, while it is vague, and a network that sees fewer pixels
then finds it sooner and for less work.
"""

from collections.abc import Sequence

from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.objective import Objective
from dgn_explorer.synthesis.recipe import Recipe

SHARE = 2 / 3
_STRIDE = 32  # of most networks: other sizes would be cut or padded on the way


def coarse_size(network: Network, recipes: Sequence[Recipe], objective: Objective) -> int:
    """Two thirds of the network's size, or all of it where that is not possible.

    That is so for units at a position, which would be another one, and where the network takes
    images of its own size alone.
    """
    whole = network.info.working_size
    size = round(SHARE * whole / _STRIDE) * _STRIDE
    placed = any(unit.position is not None for recipe in recipes for unit in recipe.units)
    if placed or not 0 < size < whole or not objective.reads_at(size):
        return whole
    return size

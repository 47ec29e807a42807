"""How many pixels the network sees in the coarse steps of an ascent.

What an image is to show is decided early, while it is vague, and a network that sees fewer pixels
then finds it sooner and for less work. That holds for units that look at the whole image, such as
classes. One that looks at a place looks for something of a certain size in pixels, and would be
shown it in another.
"""

from collections.abc import Sequence

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.objective import Objective
from dgn_explorer.synthesis.recipe import Recipe

SHARE = 2 / 3
_STRIDE = 32  # of most networks: other sizes would be cut or padded on the way


def coarse_size(network: Network, recipes: Sequence[Recipe], objective: Objective) -> int:
    """Two thirds of the network's size, or all of it where that is not possible.

    That is so for units of maps, unless they are means over it, and where the network takes images
    of its own size alone.
    """
    whole = network.info.working_size
    size = round(SHARE * whole / _STRIDE) * _STRIDE
    if any(_looks_at_a_place(network, unit) for recipe in recipes for unit in recipe.units):
        return whole
    return size if 0 < size < whole and objective.reads_at(size) else whole


def _looks_at_a_place(network: Network, unit: UnitAddress) -> bool:
    layer = network.info.layer(unit.layer)
    return unit.position is not None or (layer.spatial not in (None, (1, 1)) and not layer.pooled)

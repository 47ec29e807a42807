"""What an evaluation makes: which units and seeds, drawn once and for all from a fixed seed."""

from dataclasses import dataclass

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo

SEED = 0
HIDDEN_AT = (0.3, 0.55, 0.8)  # of the way through the layers with maps
MIN_CHANNELS = 16


@dataclass(frozen=True)
class Plan:
    """How many units of each kind; the defaults are those that published numbers are made with."""

    classes: int = 200
    diverse_units: int = 20
    diverse_seeds: int = 8
    hidden_units: int = 50

    def class_units(self, network: NetworkInfo) -> list[UnitAddress]:
        """Class units in a random but fixed order."""
        layer = network.layer(network.output_layer)
        if layer.spatial is not None and max(layer.spatial) > 1 and not layer.pooled:
            raise DgnError(
                f"The output of {network.name} is a map, not one number a class.",
                "Name the layer with the classes: --output-layer.",
            )
        drawn = np.random.default_rng(SEED).permutation(layer.channels)[: self.classes]
        return [UnitAddress(layer.path, int(index)) for index in drawn]

    def hidden_layers(self, network: NetworkInfo) -> list[str]:
        """Three layers with maps, early, in the middle and late; fewer if there are fewer."""
        maps = [
            x.path
            for x in network.layers
            if x.spatial and min(x.spatial) > 1 and x.channels >= MIN_CHANNELS
        ]
        places = {round(share * (len(maps) - 1)) for share in HIDDEN_AT} if maps else set()
        return [maps[place] for place in sorted(places)]

    def units_of(self, network: NetworkInfo, layer: str) -> list[UnitAddress]:
        """Units of a hidden layer, drawn at random but always the same."""
        channels = network.layer(layer).channels
        drawn = np.random.default_rng(SEED).permutation(channels)[: self.hidden_units]
        return [UnitAddress(layer, int(index)) for index in drawn]

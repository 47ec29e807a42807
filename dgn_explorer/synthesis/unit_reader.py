"""`UnitReader`: the activations of the same few units for every image, and its pooled features.

`Objective` reads other units for every image, those of its own recipe, and is the reader of the
ascents that run together; methods that make many images of one recipe read them here.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.reading import ActivationReader, ReadPoint
from dgn_explorer.synthesis.objective import read_unit


class UnitReader:
    """Reads ``units`` as objectives do: at their position, else the mean or the centre position.

    The pooled features are what the classifier gets, averaged over positions.
    """

    def __init__(self, network: Network, units: Sequence[UnitAddress], half: bool = False) -> None:
        """``half`` runs the network in bfloat16; raises `DgnError` if there is no such unit."""
        info = network.info
        self._network, self._half = network, half
        self._units = [info.resolve(str(unit)) for unit in units]
        used = {unit.layer for unit in self._units}
        self._layers = [layer.path for layer in info.layers if layer.path in used]
        self._pooled = {layer.path for layer in info.layers if layer.pooled}
        module = network.half_module if half else network.module
        points = [network.read_points[path] for path in self._layers]
        self._read = ActivationReader(module, points)
        features = ReadPoint(info.feature_reader, 0, "input")
        self._read_both = ActivationReader(module, [*points, features])

    def __call__(self, rgb: Tensor) -> Tensor:
        """Activations (N, units) for ``rgb`` (N, 3, H, W) in [0, 1]; as deep as they lie."""
        return self._values(self._read(self._input(rgb)))

    def with_features(self, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """The same, and the pooled features (N, D)."""
        *maps, features = self._read_both(self._input(rgb))
        return self._values(maps), features.flatten(2).mean(2) if features.ndim > 2 else features

    def _input(self, rgb: Tensor) -> Tensor:
        x = self._network.preprocessing(rgb)
        return x.bfloat16() if self._half else x

    def _values(self, maps: Sequence[Tensor]) -> Tensor:
        by_layer = dict(zip(self._layers, maps, strict=True))
        columns = [
            _column(by_layer[unit.layer], unit, unit.layer in self._pooled) for unit in self._units
        ]
        return torch.stack(columns, 1)


def _column(activation: Tensor, unit: UnitAddress, pooled: bool) -> Tensor:
    """One number (N,) an image of a layer's (N, C) or (N, C, H, W)."""
    return torch.stack([read_unit(one, unit, pooled) for one in activation])

"""`Scene`: a photograph in front of a network, and one unit's answer to it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.objective import read_unit
from dgn_explorer.synthesis.probabilities import probabilities
from dgn_explorer.synthesis.step import from_uint8


@dataclass(frozen=True)
class Attribution:
    """What came of one unit.

    ``map`` (S, S) float32; ``colours`` (3, S, S) where the family tells colours apart, whose sum it
    then is; ``error`` is the completeness error of Integrated Gradients.
    """

    map: Tensor
    colours: Tensor | None = None
    error: float | None = None

    @classmethod
    def of_colours(cls, colours: Tensor, error: float | None = None) -> "Attribution":
        """Of ``colours`` (1, 3, S, S): the map is their sum, with its sign."""
        return cls(colours[0].sum(0), colours[0], error)


@dataclass(frozen=True)
class Pass:
    """``done`` of ``total`` passes; ``so_far`` gives what a stop would keep, None for nothing."""

    done: int
    total: int
    so_far: Callable[[], Attribution] | None = None


Work = Generator[Pass, None, Attribution]


@dataclass(frozen=True)
class Forward:
    """One forward pass with its graph, from which the map of any unit of the layer comes.

    ``values`` are what the layer of ``scene`` puts out, ``source`` is what gradients are asked for,
    and ``finish`` makes a map of one.
    """

    scene: "Scene"
    values: Tensor
    source: Tensor
    finish: Callable[[Tensor], Attribution]

    def map_of(self, unit: UnitAddress, again: bool = False) -> Attribution:
        """By one backward pass; ``again`` keeps the graph for another unit."""
        score = self.scene.read(self.values, unit)
        return self.finish(self.scene.gradient(score, self.source, again))

    def activation(self, unit: UnitAddress) -> float:
        """The unit's activation in this pass."""
        return float(self.scene.read(self.values.detach(), unit))


class Scene:
    """The middle square ``seen`` (S, S, 3) uint8, as ``rgb`` (1, 3, S, S) in [0, 1], and a unit.

    The network runs only as far as the unit's layer.
    """

    def __init__(self, network: Network, unit: UnitAddress, seen: np.ndarray) -> None:
        self.network, self.unit, self.seen = network, unit, seen
        self.rgb = from_uint8(seen[None], network.device)
        self._layer = network.info.layer(unit.layer)
        self._reader = ActivationReader(network.module, [network.read_points[self._layer.path]])

    def score(self, rgb: Tensor) -> Tensor:
        """The unit's activation for ``rgb`` (1, 3, S, S), a scalar."""
        return self.read(self.values(rgb), self.unit)

    def read(self, values: Tensor, unit: UnitAddress) -> Tensor:
        """The activation of any unit of the layer in its ``values``, a scalar.

        Without a position it is that of the centre, or the mean where the layer is pooled.
        """
        return read_unit(values, unit, self._layer.pooled)

    def values(self, rgb: Tensor) -> Tensor:
        """What the unit's layer puts out for ``rgb`` (1, 3, S, S): (C,) or (C, H, W)."""
        with missing_operators(self.network.device), convolutions(self.network.device):
            return self._reader(self.network.preprocessing(rgb))[0][0]

    @property
    def is_class(self) -> bool:
        """Whether the unit is a class, so that it has a probability."""
        info = self.network.info
        return self.unit.layer == info.output_layer and self.unit.position is None

    @torch.no_grad()
    def answer(self, rgb: Tensor) -> float:
        """The probability of a class, the activation of any other unit."""
        if not self.is_class:
            return float(self.score(rgb))
        values = self.values(rgb)
        scores = values.flatten(1).mean(1) if values.ndim > 1 else values
        return float(probabilities(scores[None])[0, self.unit.index])

    def watched(self) -> Tensor:
        """The photograph as a leaf that gradients are asked for."""
        return self.rgb.clone().requires_grad_(True)

    def gradient(self, score: Tensor, source: Tensor, again: bool = False) -> Tensor:
        """Of ``score`` for ``source``; ``again`` says that the graph is needed once more.

        Raises `DgnError` if the score does not depend on it.
        """
        with missing_operators(self.network.device), convolutions(self.network.device):
            try:
                (found,) = torch.autograd.grad(score, source, retain_graph=again, allow_unused=True)
            except RuntimeError as error:
                if "does not require grad" not in str(error):
                    raise
                found = None
        if found is None:
            raise DgnError(
                f"No gradient comes back from {self.unit}.",
                "Choose another unit, or ask by occlusion, which needs none.",
            )
        return found.detach()

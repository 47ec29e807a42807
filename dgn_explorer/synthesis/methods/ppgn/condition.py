"""The condition: a target's activations, its probability, and how near an image comes to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.targets import Maximise
from dgn_explorer.synthesis.verdict import probabilities


@dataclass(frozen=True)
class Read:
    """What a network says of N images, one target each, with up to K terms.

    ``terms`` is K tensors (N,) of activations with their gradient, ``shares`` (K, N) each
    unit's share in a softmax over its layer's channels, where it is read.
    """

    terms: list[Tensor]
    shares: Tensor


class Asked(Protocol):
    """What N images are asked to be; ``weights`` (K, N) are those of the terms `read` gives."""

    weights: Tensor

    def read(self, rgb: Tensor) -> Read:
        """What the network says of ``rgb`` (N, 3, H, W) in [0, 1]."""
        ...

    def probability(self, read: Read) -> Tensor:
        """How probable (N,) it finds them, in [0, 1]."""
        ...

    def nearness(self, read: Read, highest: Tensor) -> Tensor:
        """How far (N,) the images show it, from 0 to 1; ``highest`` (K, N) is what was reached."""
        ...


class Condition:
    """The targets of a batch, one an image.

    Not `Objective`, which reads single numbers: a probability needs all channels.
    """

    def __init__(self, network: Network, targets: Sequence[Maximise], half: bool = False) -> None:
        """``half`` runs the network in bfloat16."""
        for target in targets:
            for unit in target.units:
                network.info.resolve(str(unit))  # raises if there is no such unit
        self._network, self._half, self._targets = network, half, targets
        used = {unit.layer for target in targets for unit in target.units}
        self._layers = [x.path for x in network.info.layers if x.path in used]
        self._pooled = {x.path for x in network.info.layers if x.pooled}
        points = [network.read_points[path] for path in self._layers]
        self._reader = ActivationReader(network.half_module if half else network.module, points)
        self._most = max(len(target.terms) for target in targets)
        weights = [[self._weight(target, k) for target in targets] for k in range(self._most)]
        self.weights = torch.tensor(weights, device=network.device)  # (K, N), 0 for a missing term
        output = network.info.output_layer
        classes = [[self._layer(target, k) == output for target in targets] for k in self._ks]
        self._classes = torch.tensor(classes, device=network.device)

    def read(self, rgb: Tensor) -> Read:
        """Read the targets of ``rgb`` (N, 3, H, W) in [0, 1], one image a target."""
        x = self._network.preprocessing(rgb)
        values = self._reader(x.bfloat16() if self._half else x)
        maps = dict(zip(self._layers, values, strict=True))
        terms, shares = [], []
        for k in self._ks:
            row, share = [], []
            for number, target in enumerate(self._targets):
                if k >= len(target.terms):
                    row.append(values[0].new_zeros(()))
                    share.append(values[0].new_zeros(()))
                    continue
                unit = target.terms[k].unit
                channels = _channels(maps[unit.layer][number], unit, unit.layer in self._pooled)
                row.append(channels[unit.index])
                share.append(probabilities(channels.detach()[None])[0, unit.index])
            terms.append(torch.stack(row))
            shares.append(torch.stack(share))
        return Read(terms, torch.stack(shares))

    def probability(self, read: Read) -> Tensor:
        """The share (N,) of all units that are to be raised, in [0, 1]."""
        wanted = self.weights > 0
        return (read.shares * wanted).sum(0).clamp(max=1.0)

    def nearness(self, read: Read, highest: Tensor) -> Tensor:
        """How far (N,) the images show their targets, from 0 to 1.

        Of classes it is their probability. Of hidden units, which have none, the activation over
        the ``highest`` (K, N) that is known of them, 0 where that is not above 0.
        """
        raised = self.weights > 0
        classes, hidden = raised & self._classes, raised & ~self._classes
        p = (read.shares * classes).sum(0).clamp(max=1.0)
        ratio = torch.stack(read.terms).detach() / highest
        ratio = ratio.masked_fill(~(highest > 0), 0.0).clamp(0, 1)
        mean = (ratio * hidden).sum(0) / hidden.sum(0).clamp_min(1)
        return torch.where(classes.any(0), p, mean)

    @property
    def _ks(self) -> range:
        return range(self._most)

    def _weight(self, target: Maximise, k: int) -> float:
        return target.terms[k].weight if k < len(target.terms) else 0.0

    def _layer(self, target: Maximise, k: int) -> str:
        return target.terms[k].unit.layer if k < len(target.terms) else ""


def _channels(activation: Tensor, unit: UnitAddress, pooled: bool) -> Tensor:
    """All channels (C,) of one image's (C,) or (C, H, W) where ``unit`` is read (`read_unit`)."""
    if activation.ndim == 1:
        return activation
    if unit.position is None and pooled:
        return activation.mean((1, 2))
    _, height, width = activation.shape
    row, column = unit.position or (height // 2, width // 2)
    return activation[:, row, column]

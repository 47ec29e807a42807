"""The condition: a target's activations, its probability, and how near an image comes to it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.objective import Objective
from dgn_explorer.synthesis.recipe import Recipe


@dataclass(frozen=True)
class Read:
    """What a network says of N images, one target each, with up to K terms.

    ``terms`` is K tensors (N,) of activations with their gradient, ``shares`` (K, N) each
    unit's share in a softmax over its layer's channels, where it is read.
    """

    terms: list[Tensor]
    shares: Tensor


class Asked(Protocol):
    """What N images are asked to be.

    ``weights`` (K, N) are those of the terms that `read` gives, and ``units`` says which units they
    are. All that have the same ``layout`` read the same for the same units, and can share recorded
    passes (see `Graphs`); with None there is nothing to share.
    """

    weights: Tensor
    units: Tensor
    layout: Hashable

    def read(self, rgb: Tensor, units: Tensor) -> Read:
        """What the network says of ``rgb`` (N, 3, H, W) in [0, 1]."""
        ...

    def probability(self, read: Read) -> Tensor:
        """How probable (N,) it finds them, in [0, 1]."""
        ...

    def nearness(self, read: Read, highest: Tensor) -> Tensor:
        """How far (N,) the images show it, from 0 to 1; ``highest`` (K, N) is what was reached."""
        ...


class Condition:
    """The weighted units of a batch of recipes, one an image."""

    def __init__(self, network: Network, recipes: Sequence[Recipe], half: bool = False) -> None:
        """``half`` runs the network in bfloat16."""
        self._objective = Objective(network, recipes, half)
        self.weights, self.units = self._objective.weights, self._objective.units
        self.layout: Hashable = self._objective.layout
        output = network.info.output_layer
        classes = [
            [k < len(r.target.terms) and r.target.terms[k].unit.layer == output for r in recipes]
            for k in range(len(self.weights))
        ]
        self._classes = torch.tensor(classes, device=network.device)

    def read(self, rgb: Tensor, units: Tensor) -> Read:
        """Read the ``units`` of ``rgb`` (N, 3, H, W) in [0, 1], one image a target."""
        terms, shares = self._objective.read_with_shares(rgb, units)
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

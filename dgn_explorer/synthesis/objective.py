"""Objectives: the activations that an ascent maximises."""

from collections.abc import Sequence

import torch
from torch import Tensor

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.recipe import Recipe


class Objective:
    """The weighted units of a batch of recipes, one recipe an image.

    The network runs only as deep as the deepest unit.
    """

    def __init__(self, network: Network, recipes: Sequence[Recipe]) -> None:
        self._network = network
        self._recipes = recipes
        for recipe in recipes:
            for term in recipe.objective:
                network.info.resolve(str(term.unit))  # raises if there is no such unit
        layers = {term.unit.layer for recipe in recipes for term in recipe.objective}
        self._layers = [x.path for x in network.info.layers if x.path in layers]
        points = [network.read_points[path] for path in self._layers]
        self._reader = ActivationReader(network.module, points)
        self._pooled = {x.path for x in network.info.layers if x.pooled}
        self._most = max(len(recipe.objective) for recipe in recipes)
        weights = torch.zeros(self._most, len(recipes), device=network.device)
        for i, recipe in enumerate(recipes):
            for k, term in enumerate(recipe.objective):
                weights[k, i] = term.weight
        self.weights = weights  # (terms, N); 0 where a recipe has fewer terms

    def __call__(self, rgb: Tensor) -> list[Tensor]:
        """Activations for ``rgb`` (N, 3, H, W) in [0, 1], one image a recipe, weights not applied.

        Entry k is (N,): the k-th term of every recipe, 0 where a recipe has fewer terms.
        """
        maps = dict(zip(self._layers, self._reader(self._network.preprocessing(rgb)), strict=True))
        terms = []
        for k in range(self._most):
            values = []
            for i, recipe in enumerate(self._recipes):
                if k < len(recipe.objective):
                    term = recipe.objective[k]
                    pooled = term.unit.layer in self._pooled
                    values.append(read_unit(maps[term.unit.layer][i], term.unit, pooled))
                else:
                    values.append(rgb.new_zeros(()))
            terms.append(torch.stack(values))
        return terms


def read_unit(activation: Tensor, unit: UnitAddress, pooled: bool = False) -> Tensor:
    """One number of a layer's output (C,) or (C, H, W) for one image.

    At the unit's position if it has one, else the mean over positions of a ``pooled`` layer, else
    the centre position.
    """
    channel = activation[unit.index]
    if channel.ndim == 0:
        return channel
    if unit.position is None and pooled:
        return channel.mean()
    row, col = unit.position or (channel.shape[0] // 2, channel.shape[1] // 2)
    return channel[row, col]

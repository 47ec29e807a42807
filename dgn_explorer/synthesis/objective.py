"""Objectives: the activations that an ascent maximises."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.probabilities import probabilities
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Term

_CENTRE = -1  # in place of a row and a column


@dataclass(frozen=True)
class _Source:
    """Where some units of a term are read: in which layer, and as the mean over its positions?"""

    layer: str
    mean: bool


class Objective:
    """The weighted units of a batch of recipes, one recipe an image.

    The network runs only as deep as the deepest unit. Which units are read is in tensors,
    ``weights`` (terms, N) and ``units`` (terms, N, 4), so that a recorded pass serves every
    objective of the same ``layout``: that says which layers are read for which term.
    """

    def __init__(self, network: Network, recipes: Sequence[Recipe], half: bool = False) -> None:
        """``half`` runs the network in bfloat16."""
        self._network, self._half = network, half
        for recipe in recipes:
            for term in recipe.target.terms:
                network.info.resolve(str(term.unit))  # raises if there is no such unit
        layers = {term.unit.layer for recipe in recipes for term in recipe.target.terms}
        self._layers = [x.path for x in network.info.layers if x.path in layers]
        points = [network.read_points[path] for path in self._layers]
        self._reader = ActivationReader(network.half_module if half else network.module, points)
        most = max(len(recipe.target.terms) for recipe in recipes)
        terms = [[_term(recipe, k) for recipe in recipes] for k in range(most)]
        pooled = {x.path for x in network.info.layers if x.pooled}
        sources = [[_source(term, pooled) for term in row] for row in terms]
        # in order of first use; None stands for recipes that have no such term
        self.layout = tuple(tuple(dict.fromkeys(row)) for row in sources)
        weights = [[term.weight if term else 0.0 for term in row] for row in terms]
        units = [
            [
                _numbers(term, self.layout[k].index(source))
                for term, source in zip(*row, strict=True)
            ]
            for k, row in enumerate(zip(terms, sources, strict=True))
        ]
        self.weights = torch.tensor(weights, device=network.device)  # 0 for a missing term
        self.units = torch.tensor(units, device=network.device)  # source, channel, row, column

    def __call__(self, rgb: Tensor) -> list[Tensor]:
        """Activations for ``rgb`` (N, 3, H, W) in [0, 1], one image a recipe, weights not applied.

        Entry k is (N,): the k-th term of every recipe, 0 where a recipe has fewer terms.
        """
        return self.read(rgb, self.units)

    def read(self, rgb: Tensor, units: Tensor) -> list[Tensor]:
        """The same for the ``units`` of another objective of this layout."""
        maps = self._maps(rgb)
        return [_read_term(maps, row, units[k], _gather) for k, row in enumerate(self.layout)]

    def reads_at(self, size: int) -> bool:
        """Whether the network takes images of ``size`` pixels, with the same units in its layers.

        Takes a pass of one image.
        """
        try:
            with torch.no_grad():
                maps = self._maps(torch.zeros(1, 3, size, size, device=self._network.device))
        except Exception:  # each kind of network has its own words for a size that it does not take
            return False
        layers = [(self._network.info.layer(path), values) for path, values in maps.items()]
        return all(
            values.shape[:2] == (1, layer.channels) and (values.ndim == 2) == (not layer.spatial)
            for layer, values in layers
        )

    def read_with_shares(self, rgb: Tensor, units: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """As `read`, and each unit's share (N,) in a softmax over its layer's channels.

        That is where the unit is read, at its position or of the means; it has no gradient.
        """
        maps = self._maps(rgb)
        rows = list(enumerate(self.layout))
        terms = [_read_term(maps, row, units[k], _gather) for k, row in rows]
        still = {path: values.detach() for path, values in maps.items()}
        return terms, [_read_term(still, row, units[k], _share) for k, row in rows]

    def _maps(self, rgb: Tensor) -> dict[str, Tensor]:
        x = self._network.preprocessing(rgb)
        values = self._reader(x.bfloat16() if self._half else x)
        return dict(zip(self._layers, values, strict=True))


def weighted(terms: Sequence[Tensor], weights: Tensor) -> Tensor:
    """The objective (N,) of the ``terms`` [(N,), ...] with ``weights`` (terms, N)."""
    return (torch.stack(list(terms)) * weights).sum(0)


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


def _term(recipe: Recipe, k: int) -> Term | None:
    return recipe.target.terms[k] if k < len(recipe.target.terms) else None


def _source(term: Term | None, pooled: set[str]) -> _Source | None:
    if term is None:
        return None
    layer = term.unit.layer
    return _Source(layer, mean=layer in pooled and term.unit.position is None)


def _numbers(term: Term | None, source: int) -> list[int]:
    if term is None:
        return [source, 0, 0, 0]
    return [source, term.unit.index, *(term.unit.position or (_CENTRE, _CENTRE))]


def _read_term(
    maps: dict[str, Tensor],
    sources: tuple[_Source | None, ...],
    units: Tensor,
    number: Callable[[Tensor, bool, Tensor], Tensor],
) -> Tensor:
    """One ``number`` (N,) an image: of the source that its row of ``units`` (N, 4) names."""
    if len(sources) == 1 and sources[0] is not None:
        return number(maps[sources[0].layer], sources[0].mean, units)
    total = next(iter(maps.values())).new_zeros(len(units))
    for i, source in enumerate(sources):
        if source is None:
            continue
        elsewhere = units[:, 0] != i
        here = units.masked_fill(elsewhere[:, None], 0)  # any unit that is there
        value = number(maps[source.layer], source.mean, here)
        total = total + value.masked_fill(elsewhere, 0.0)
    return total


def _gather(activation: Tensor, mean: bool, units: Tensor) -> Tensor:
    """Of every image's (C,) or (C, H, W) the number (N,) at its unit, with one operator for all."""
    channel = units[:, 1]
    if activation.ndim == 2:
        return activation.gather(1, channel[:, None])[:, 0]
    count, _, height, width = activation.shape
    if mean:
        index = channel[:, None, None].expand(count, 1, height * width)
        return activation.flatten(2).gather(1, index)[:, 0].mean(1)
    place = channel * height * width + _places(activation, units)
    return activation.flatten(1).gather(1, place[:, None])[:, 0]


def _share(activation: Tensor, mean: bool, units: Tensor) -> Tensor:
    """The same of the probabilities (N, C) of all channels where each image's unit is read."""
    channels = activation
    if activation.ndim == 4 and mean:
        channels = activation.mean((2, 3))
    elif activation.ndim == 4:
        place = _places(activation, units)[:, None, None]
        index = place.expand(-1, activation.shape[1], 1)
        channels = activation.flatten(2).gather(2, index)[:, :, 0]
    return probabilities(channels).gather(1, units[:, 1, None])[:, 0]


def _places(activation: Tensor, units: Tensor) -> Tensor:
    """Where in its (H * W) positions each image's unit is read: (N,)."""
    _, _, height, width = activation.shape
    row, column = units[:, 2], units[:, 3]
    row = row.masked_fill(row == _CENTRE, height // 2)
    column = column.masked_fill(column == _CENTRE, width // 2)
    return row * width + column

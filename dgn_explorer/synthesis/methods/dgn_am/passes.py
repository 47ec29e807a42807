"""The passes of a step: through generator and network to the activations, and the gradient back.

All of a step's cost is here. What changes from step to step or from unit to unit goes in as a
tensor on a GPU, so that one recording serves every ascent of the same kind (see `graphs`).
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.machine.graphs import static
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.precision import ARITHMETICS
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import clamped, direction, missing_operators
from dgn_explorer.synthesis.methods.dgn_am.about import CLAMPED, DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.coarse import coarse_size
from dgn_explorer.synthesis.methods.dgn_am.view import cut, projected, window, windows
from dgn_explorer.synthesis.objective import Objective, weighted
from dgn_explorer.synthesis.recipe import Recipe

Looked = tuple[Tensor, ...]  # activation (N,), image (N, 3, S, S), gradient (N, K)


class Passes:
    """The passes for ``recipes``, which share everything but their units, seeds and weights."""

    def __init__(self, network: Network, prior: Prior, recipes: Sequence[Recipe]) -> None:
        p = recipes[0].parameters
        assert isinstance(p, DgnAmParameters)
        self._network, self._prior, self._parameters = network, prior, p
        self._arithmetic = ARITHMETICS[recipes[0].numeric]
        self._objective = Objective(network, recipes, self._arithmetic.half_network)
        self._size = network.info.working_size
        self._coarse, self._coarse_steps = self._size, 0
        if p.coarse:
            size = coarse_size(network, recipes, self._objective)
            self._coarse, self._coarse_steps = size, round(p.coarse * p.steps)
        self._device = prior.device
        empty = torch.empty(1, 3, prior.info.image_size, prior.info.image_size, device="meta")
        self._whole = prior.seen(empty, self._size).shape[-1]
        self._static = static(self._device)
        if self._static:
            self._windows = windows(p, self._whole, self._device)

    @property
    def exact(self) -> bool:
        """Whether the images are as good as they can be, and not just for the ascent."""
        return not self._arithmetic.half_generator and not self._arithmetic.tf32

    def __call__(self, code: Tensor, index: int) -> Looked:
        """Step ``index`` for ``code`` (N, K)."""
        objective = self._objective
        with missing_operators(self._device), convolutions(self._device, self._arithmetic.tf32):
            size = self._size_of(index)
            if not self._static:
                view = partial(cut, place=window(index, self._parameters, self._whole), size=size)
                return self._look(view, code, objective.weights, objective.units)
            inputs = (code, self._windows[index], objective.weights, objective.units)
            look = partial(self._look_at, size)
            return self._network.graphs.run(self._key(size), look, inputs)

    def _size_of(self, index: int) -> int:
        """How many pixels the network sees in step ``index``; all in the last, which only looks."""
        last = index + 1 >= self._parameters.steps
        return self._size if last or index >= self._coarse_steps else self._coarse

    def _key(self, size: int) -> tuple[object, ...]:
        # the recording keeps this prior, so that no other can have its id
        return (
            "dgn-am",
            self._parameters.sees,
            size,
            id(self._prior),
            self._arithmetic,
            self._objective.layout,
        )

    def _look_at(
        self, size: int, code: Tensor, place: Tensor, weights: Tensor, units: Tensor
    ) -> Looked:
        return self._look(partial(projected, place=place, size=size), code, weights, units)

    def _look(
        self, view: "partial[Tensor]", code: Tensor, weights: Tensor, units: Tensor
    ) -> Looked:
        prior, half = self._prior, self._arithmetic.half_generator
        code = code.detach().requires_grad_(True)
        with torch.enable_grad():
            image = prior.rough_image(code) if half else prior.image(code)
            shown = clamped(image) if self._parameters.sees == CLAMPED else image
            terms = self._objective.read(view(prior.seen(shown, self._size)), units)
            gradient = direction(terms, weights, code)
        return weighted(terms, weights).detach(), image.detach(), gradient

"""The unit as the code itself excites it: read above the layer that codes belong to.

Where the network is the one whose layer the prior inverts, a code stands for values of that layer,
and the network's own layers above tell what those do to the unit, for next to nothing. An ascent
that follows both begins with a code that means the unit, and ends with one whose image shows it
more often (docs/measurements.md).
"""

from collections.abc import Callable, Hashable, Sequence

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.machine.graphs import Graphs
from dgn_explorer.networks.entered import entered
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.reading import ActivationReader
from dgn_explorer.priors.encoding import decoder
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import direction, missing_operators
from dgn_explorer.synthesis.methods.dgn_am.about import code_leads
from dgn_explorer.synthesis.objective import Objective
from dgn_explorer.synthesis.recipe import Recipe

WEIGHT = 0.5  # beside the image's own direction
AHEAD = 10  # steps of a random code before its first image
AFTERWARDS = 0.4  # of the step size: such a code has less far to go


class CodeTerm:
    """The units that ``objective`` reads from the layer's values that ``decode`` gives for codes.

    ``key`` names both among the recordings of ``graphs``.
    """

    def __init__(
        self,
        objective: Objective,
        decode: Callable[[Tensor], Tensor],
        graphs: Graphs,
        key: Hashable,
    ) -> None:
        self._objective, self._decode = objective, decode
        self._graphs, self._key = graphs, key

    def __call__(self, code: Tensor) -> Tensor:
        """Where each ``code`` (N, K) goes for its units: a direction (N, K), 0 if nowhere."""
        inputs = (code, self._objective.weights, self._objective.units)
        with missing_operators(code.device), convolutions(code.device):
            return self._graphs.run(self._key, self._look, inputs)[0]

    def _look(self, code: Tensor, weights: Tensor, units: Tensor) -> tuple[Tensor]:
        code = code.detach().requires_grad_(True)
        with torch.enable_grad():
            terms = self._objective.read(self._decode(code), units)
            found = direction(terms, weights, code)
        return (found.nan_to_num(0.0),)


def code_term(network: Network, prior: Prior, recipes: Sequence[Recipe]) -> CodeTerm | None:
    """The term for ``recipes``; None where the code says nothing of their units (`code_leads`)."""
    encoder, decode = prior.info.encoder, decoder(prior)
    led = all(code_leads(network.info, prior.info, recipe.target) for recipe in recipes)
    if decode is None or not led:
        return None
    upper = entered(network, encoder.layer, encoder.input_size)
    layers = {unit.layer for recipe in recipes for unit in recipe.units}
    if upper is None or not _reached(upper, layers, decode(prior.space.mean[None])):
        return None
    objective = Objective(upper, recipes)
    # a recording holds the decoder, so that no other prior can have its id
    key = ("dgn-am code", id(prior.generator), objective.layout)
    return CodeTerm(objective, decode, network.graphs, key)


def _reached(upper: Network, layers: set[str], values: Tensor) -> bool:
    """Whether the ``values`` (1, F) that are fed to ``upper`` decide what is in all ``layers``."""
    read = ActivationReader(upper.module, [upper.read_points[layer] for layer in layers])
    with torch.enable_grad():
        try:
            found = read(values.requires_grad_(True))
        # a layer below, which does not run or is not there; or other values than the layer's
        except (DgnError, AttributeError, RuntimeError):
            return False
    return all(activation.requires_grad for activation in found)

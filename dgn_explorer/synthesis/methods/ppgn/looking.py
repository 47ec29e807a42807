"""A look: from codes through generator and network, and back to the terms of a step."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.precision import ARITHMETICS
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.methods.dgn_am.view import cut, random_window
from dgn_explorer.synthesis.methods.ppgn.about import PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.condition import Asked, Read
from dgn_explorer.synthesis.methods.ppgn.hole import Hole
from dgn_explorer.synthesis.methods.ppgn.step import condition_direction


@dataclass(frozen=True)
class Seen:
    """What a look at N codes (N, K) gives, nothing of it with a gradient any more.

    ``image`` (N, 3, S, S) is the whole image, with the photograph around the hole if there is one,
    ``activation`` (N,) the weighted sum of the target, ``p`` (N,) its probability, ``read`` the
    units behind both. ``condition`` and ``context`` (N, K) are directions, ``prior`` (N, K) is
    R(h) - h.
    """

    image: Tensor
    activation: Tensor
    p: Tensor
    read: Read
    condition: Tensor
    context: Tensor | None
    prior: Tensor | None


class Looker:
    """Looks at codes with one network and prior; ``encoder`` is None without the prior term."""

    def __init__(
        self,
        network: Network,
        prior: Prior,
        parameters: PpgnParameters,
        numeric: str,
        encoder: Network | None,
        hole: Hole | None,
    ) -> None:
        self._prior, self._parameters = prior, parameters
        self.arithmetic = ARITHMETICS[numeric]
        self._encoder, self._hole = encoder, hole
        self._size = network.info.working_size

    def look(self, code: Tensor, condition: Asked, index: int, whole: bool) -> Seen:
        """Look at ``code`` in step ``index``, at the ``whole`` image or a random cut of it."""
        p, prior, device = self._parameters, self._prior, self._prior.device
        code = code.detach().requires_grad_(True)
        with (
            torch.enable_grad(),
            missing_operators(device),
            convolutions(device, self.arithmetic.tf32),
        ):
            rough = self.arithmetic.half_generator
            made = prior.rough_image(code) if rough else prior.image(code)
            image = made if self._hole is None else self._hole.filled(made)
            read = condition.read(self._cut(prior.seen(image, self._size), index, whole))
            context = None
            if self._hole is not None:
                error = self._hole.error(made).sum()
                (context,) = torch.autograd.grad(-error, code, retain_graph=True)
            towards = condition_direction(p, read, condition.weights, code)
        terms = [term.detach() for term in read.terms]
        read = Read(terms, read.shares.detach())
        activation = (torch.stack(terms) * condition.weights).sum(0)
        back = self._way_back(image.detach(), code.detach())
        probability = condition.probability(read)
        return Seen(image.detach(), activation, probability, read, towards, context, back)

    @torch.no_grad()
    def drawn(self, code: Tensor) -> tuple[Tensor, Tensor | None]:
        """The finished images (N, 3, S, S) of ``code``, and their distance (N,) to the context."""
        with convolutions(code.device):
            made = self._prior.image(code)
        if self._hole is None:
            return made, None
        return self._hole.filled(made), self._hole.distance(made)

    def _cut(self, image: Tensor, index: int, whole: bool) -> Tensor:
        side = image.shape[-1]
        place = (0, 0, side) if whole else random_window(index, self._parameters.zoom, side)
        return cut(image, place, self._size)

    def _way_back(self, image: Tensor, code: Tensor) -> Tensor | None:
        if self._encoder is None:
            return None
        seen = self._prior.seen(image, self._prior.info.encoder.input_size)
        return encode(self._prior, self._encoder, seen) - code


def needed_encoder(prior: Prior, encoder: Network | None) -> Network:
    """``encoder``, or a `DgnError` that says what cannot be done without."""
    if encoder is None:
        raise DgnError(
            f"The prior term needs {prior.info.encoder.network}, the network that the prior"
            f" {prior.info.name!r} inverts, and that cannot be opened.",
            "Leave the term out: --set prior_term=0.",
        )
    return encoder

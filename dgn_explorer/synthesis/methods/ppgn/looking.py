"""A look: from codes through generator and network, and back to the terms of a step."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.machine.graphs import static
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.precision import ARITHMETICS
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.methods.dgn_am.view import cut, projected, random_window
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
        self._network, self._encoder, self._hole = network, encoder, hole
        self._size = network.info.working_size
        empty = torch.empty(1, 3, prior.info.image_size, prior.info.image_size, device="meta")
        self._whole = prior.seen(empty, self._size).shape[-1]

    def look(self, code: Tensor, condition: Asked, index: int, whole: bool) -> Seen:
        """Look at ``code`` in step ``index``, at the ``whole`` image or a random cut of it."""
        device = self._prior.device
        place = (0, 0, self._whole)
        if not whole:
            place = random_window(index, self._parameters.zoom, self._whole)
        weights, units = condition.weights, condition.units
        with missing_operators(device), convolutions(device, self.arithmetic.tf32):
            if not static(device):
                view = partial(cut, place=place, size=self._size)
                found = self._pass(condition, view, code, weights, units)
            elif condition.layout is None or self._hole is not None:
                found = self._pass_at(condition, code, _numbers(place, device), weights, units)
            else:
                run = partial(self._pass_at, condition)
                inputs = (code, _numbers(place, device), weights, units)
                found = self._network.graphs.run(self._key(condition), run, inputs)
        image, towards, shares, terms, *more = found
        read = Read(list(terms), shares)
        activation = (terms * weights).sum(0)
        context = more.pop(0) if self._hole is not None else None
        back = more.pop(0) if self._encoder is not None else None
        return Seen(image, activation, condition.probability(read), read, towards, context, back)

    @torch.no_grad()
    def drawn(self, code: Tensor) -> tuple[Tensor, Tensor | None]:
        """The finished images (N, 3, S, S) of ``code``, and their distance (N,) to the context."""
        with convolutions(code.device):
            made = self._prior.image(code)
        if self._hole is None:
            return made, None
        return self._hole.filled(made), self._hole.distance(made)

    def _key(self, condition: Asked) -> tuple[object, ...]:
        # the recording keeps prior and encoder, so that no others can have their ids
        pair = id(self._prior), id(self._encoder)
        return "ppgn", self._parameters.rule, pair, self.arithmetic, condition.layout

    def _pass_at(
        self, condition: Asked, code: Tensor, place: Tensor, weights: Tensor, units: Tensor
    ) -> tuple[Tensor, ...]:
        view = partial(projected, place=place, size=self._size)
        return self._pass(condition, view, code, weights, units)

    def _pass(
        self,
        condition: Asked,
        view: "partial[Tensor]",
        code: Tensor,
        weights: Tensor,
        units: Tensor,
    ) -> tuple[Tensor, ...]:
        """Image, direction, shares (K, N) and terms (K, N), and what there is of the other two."""
        prior, code = self._prior, code.detach().requires_grad_(True)
        more: list[Tensor] = []
        with torch.enable_grad():
            rough = self.arithmetic.half_generator
            made = prior.rough_image(code) if rough else prior.image(code)
            image = made if self._hole is None else self._hole.filled(made)
            read = condition.read(view(prior.seen(image, self._size)), units)
            if self._hole is not None:
                error = self._hole.error(made).sum()
                more += torch.autograd.grad(-error, code, retain_graph=True)
            towards = condition_direction(self._parameters, read, weights, code)
        if self._encoder is not None:
            seen = prior.seen(image.detach(), prior.info.encoder.input_size)
            more.append(encode(prior, self._encoder, seen) - code.detach())
        terms = torch.stack(read.terms).detach()
        return (image.detach(), towards, read.shares.detach(), terms, *more)


def _numbers(place: tuple[int, int, int], device: torch.device) -> Tensor:
    return torch.tensor(place, dtype=torch.float32).to(device)


def needed_encoder(prior: Prior, encoder: Network | None) -> Network:
    """``encoder``, or a `DgnError` that says what cannot be done without."""
    if encoder is None:
        raise DgnError(
            f"The prior term needs {prior.info.encoder.network}, the network that the prior"
            f" {prior.info.name!r} inverts, and that cannot be opened.",
            "Leave the term out: --set prior_term=0.",
        )
    return encoder

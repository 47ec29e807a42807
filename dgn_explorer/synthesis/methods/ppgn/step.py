"""One step of a chain: equation 11, in the two ways of adding its terms up."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dgn_explorer.synthesis.ascent import direction
from dgn_explorer.synthesis.methods.ppgn.about import PUBLISHED, PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.condition import Read


@dataclass(frozen=True)
class Terms:
    """The terms of a step for N codes, not weighted yet, (N, K) each.

    ``condition`` is the direction to the target, ``prior`` R(h) - h or None without that term,
    ``prior_weight`` (N,) how much of it counts, ``noise`` standard normal numbers or None, and
    ``context`` the direction to the photograph's rest, None without one.
    """

    condition: Tensor
    prior: Tensor | None
    prior_weight: Tensor
    noise: Tensor | None
    context: Tensor | None


def condition_direction(p: PpgnParameters, read: Read, weights: Tensor, code: Tensor) -> Tensor:
    """The direction (N, K) to the target from ``code``; NaN for one without any gradient.

    The released rule takes the gradient of the target's own entry times 1 - p: of the gradient of
    log p it drops what the other entries would add (sampling_class.py of the authors' code).
    """
    if p.rule != PUBLISHED:
        return direction(read.terms, weights, code)
    shares = weights * (1 - read.shares)
    wanted = (torch.stack(read.terms) * shares).sum()
    (gradient,) = torch.autograd.grad(wanted, code)
    return gradient


def stepped(p: PpgnParameters, code: Tensor, terms: Terms, size: float) -> Tensor:
    """``code`` (N, K) after a step of ``size``, before bounds and decay; NaN where it has none."""
    if p.rule == PUBLISHED:
        total = _sum(p, terms)
        return code + size / total.abs().mean(1, keepdim=True) * total
    return code + size * _sum(p, _in_shares(terms))


def _sum(p: PpgnParameters, terms: Terms) -> Tensor:
    total = p.condition_term * terms.condition
    if terms.prior is not None:
        total = total + terms.prior_weight[:, None] * terms.prior
    if terms.noise is not None:
        total = total + p.noise_term * terms.noise
    if terms.context is not None:
        total = total + p.context_term * terms.context
    return total


def _in_shares(terms: Terms) -> Terms:
    prior = None if terms.prior is None else _normalised(terms.prior)
    context = None if terms.context is None else _normalised(terms.context)
    return Terms(terms.condition, prior, terms.prior_weight, terms.noise, context)


def _normalised(term: Tensor) -> Tensor:
    return term / term.abs().mean(1, keepdim=True).clamp_min(1e-12)

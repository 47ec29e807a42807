"""An image of each facet through the prior: towards the unit, and towards the facet's features.

Nguyen, Yosinski & Clune, "Multifaceted feature visualization", 2016, begin at the mean image of a
facet and stay near it by smoothing alone. Through a prior an image that begins at a facet's mean
code forgets it; what keeps it there is a term of every step, the gradient of the cosine between its
pooled features and the mean ones of the facet's photographs. With ``contrast`` both are taken less
what all the facets have in common, so that the pull is to what is the facet's own.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.precision import ARITHMETICS
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import (
    Watch,
    check_ascent,
    direction,
    missing_operators,
    seeded_normal,
)
from dgn_explorer.synthesis.methods.dgn_am.view import cut, random_window
from dgn_explorer.synthesis.methods.facets.about import NEAREST, PPGN, FacetsParameters
from dgn_explorer.synthesis.methods.ppgn.about import PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.step import Terms, stepped
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.unit_reader import UnitReader

SPREAD = 0.3  # of random first codes, as in DGN-AM
NUDGE = 0.5  # sigma: noise that gets a code off a plateau without gradient


@dataclass(frozen=True)
class FacetStep:
    """A step of k images: ``code`` (k, K) with ``image`` (k, 3, S, S) and ``activation`` (k,).

    ``kept`` says that the code is worth keeping: the last, or a sample of PPGN.
    """

    index: int
    total: int
    code: Tensor
    image: Tensor
    activation: Tensor
    kept: bool


def ascend(
    network: Network,
    prior: Prior,
    encoder: Network | None,
    recipe: Recipe,
    start: np.ndarray,
    features: np.ndarray,
    heights: np.ndarray,
) -> Generator[FacetStep, None, None]:
    """From the codes ``start`` (k, starts, K) towards ``features`` (k, D) and the recipe's unit.

    Of the starts of a facet the best after ``scout`` steps goes on alone. ``heights`` (k,) are the
    activations that the facets' photographs have; under PPGN they open the gate of the prior term.
    Raises `DgnError` as `dgn_am` does.
    """
    p = recipe.parameters
    assert isinstance(p, FacetsParameters)
    arithmetic = ARITHMETICS[recipe.numeric]
    device, space, size = prior.device, prior.space, network.info.working_size
    reader = UnitReader(network, recipe.units, arithmetic.half_network)
    facets, starts, _ = start.shape
    code = torch.from_numpy(np.ascontiguousarray(start, np.float32)).to(device).flatten(0, 1)
    noise = [torch.Generator().manual_seed(recipe.seed + k) for k in range(len(code))]
    pull, contrast = p.pull, p.contrast
    if p.pull_hidden and recipe.units[0].layer != network.info.output_layer:
        pull, contrast = p.pull_hidden, 0.0
    likeness = Likeness(torch.from_numpy(features).float().to(device), contrast)
    height = torch.from_numpy(heights).float().to(device).clamp_min(1e-6)
    rule = PpgnParameters(prior_term=p.prior_term, context_term=pull)
    lower, upper = space.lower * p.bounds, space.upper * p.bounds
    stalled, watch = torch.zeros(len(code), device=device), Watch(device)
    first = torch.arange(facets, device=device)
    scout = min(p.scout, p.steps - 1) if starts > 1 else 0
    for index, size_of, last in steps_of(p):
        weights, recipes = torch.ones(1, len(code), device=device), [recipe] * len(code)
        code = code.detach().requires_grad_(True)
        with torch.enable_grad(), missing_operators(device), convolutions(device, arithmetic.tf32):
            rough = arithmetic.half_generator
            image = prior.rough_image(code) if rough else prior.image(code)
            seen = prior.seen(image, size)
            whole = seen.shape[-1]
            place = (0, 0, whole) if last else random_window(index, p.zoom, whole)
            values, found = reader.with_features(cut(seen, place, size))
            alike = likeness(found.float(), starts)
            (towards,) = torch.autograd.grad(alike.sum(), code, retain_graph=True)
            up = direction([values[:, 0]], weights, code)
        code, image, activation = code.detach(), image.detach(), values[:, 0].detach().float()
        reached = activation / height.repeat_interleave(starts)
        value = worth(reached, alike.detach())
        best = first * starts + value.view(facets, starts).argmax(1)
        yield FacetStep(index, p.steps, code[best], image[best], activation[best], last)
        if index == scout and starts > 1:
            code, image, activation, reached = (x[best] for x in (code, image, activation, reached))
            up, towards, stalled, starts = up[best], towards[best], stalled[best], 1
            noise = [noise[row] for row in best.tolist()]
            recipes = recipes[:facets]
        back = _way_back(prior, encoder, image, code)
        gate = reached.clamp(0, 1) if p.synthesiser == PPGN else height.new_ones(())
        terms = Terms(up, back, gate.expand(len(code)), None, towards)
        moved = stepped(rule, code, terms, size_of)
        usable = moved.isfinite().all(1)
        code = torch.where(usable[:, None], moved, code) * (1 - p.decay)
        code = torch.minimum(torch.maximum(code, lower), upper)
        stalled = (stalled + 1).masked_fill(usable, 0.0)
        if watch.trouble(index, usable, activation):
            check_ascent(recipes, activation, stalled)
            push = seeded_normal(noise, space.size).to(device) * NUDGE * space.scale
            code = torch.where(usable[:, None], code, code + push)
        if last and index + 1 < p.steps:  # the next cycle of PPGN
            code = code + seeded_normal(noise, space.size).to(device) * p.kick * space.scale
            code = torch.minimum(torch.maximum(code, lower), upper)
    if watch.pending():
        check_ascent(recipes, activation, stalled)


def steps_of(p: FacetsParameters) -> list[tuple[int, float, bool]]:
    """Every step's number and size, and whether a cycle ends with it.

    >>> [last for _, _, last in steps_of(FacetsParameters(steps=5))]
    [False, False, False, False, True]
    >>> cycles = FacetsParameters(steps=5, synthesiser="ppgn", warm=2, cycle=2)
    >>> [last for _, _, last in steps_of(cycles)]
    [False, True, False, True, True]
    """
    lengths = [p.steps]
    if p.synthesiser == PPGN:
        lengths = [min(p.warm, p.steps)]
        while (left := p.steps - sum(lengths)) > 0:
            lengths.append(min(p.cycle, left))
    found: list[tuple[int, float, bool]] = []
    for length in lengths:
        for k in range(length):
            size = p.step_start + (p.step_end - p.step_start) * k / max(1, length - 1)
            found.append((len(found), size, k == length - 1))
    return found


def first_codes(
    prior: Prior,
    encoder: Network | None,
    pictures: np.ndarray,
    seed: int,
    begin: int = NEAREST,
    starts: int = 1,
) -> np.ndarray:
    """Codes (starts, K) for the pictures (n, S, S, 3) uint8 of a facet.

    The first is the mean code of the ``begin`` pictures nearest to the middle of the facet, the
    others are codes of single ones. Without encoder all are random.
    """
    if encoder is None:
        noise = [torch.Generator().manual_seed(seed + k) for k in range(starts)]
        code = SPREAD * seeded_normal(noise, prior.space.size).to(prior.device)
    else:
        codes = encode(prior, encoder, from_uint8(pictures, prior.device))
        single = [codes[place % len(codes)] for place in range(starts - 1)]
        code = torch.stack([codes[:begin].mean(0), *single])
    clamped: np.ndarray = prior.space.clamp(code).float().cpu().numpy()
    return clamped


def worth(reached: Tensor, alike: Tensor) -> Tensor:
    """By what starts are chosen: their activation, and where there is one, times their likeness.

    >>> worth(torch.tensor([-1.0, 0.5, 0.5]), torch.tensor([0.9, 0.5, 0.8])).tolist()
    [-1.0, 0.25, 0.4000000059604645]
    """
    found = torch.where(reached > 0, reached * alike.clamp_min(0), reached)
    return found.nan_to_num(-torch.inf)


class Likeness:
    """How near features are to those ``wanted`` (k, D) of their facets, as a cosine."""

    def __init__(self, wanted: Tensor, contrast: float) -> None:
        """``contrast`` is the share of the facets' mean that is left out on both sides.

        A single facet has nothing that is its own, and keeps all of it.
        """
        contrast = contrast if len(wanted) > 1 else 0.0
        self._contrast, self._common = contrast, contrast * wanted.mean(0)
        self._wanted = wanted - self._common if contrast else wanted

    def __call__(self, found: Tensor, each: int) -> Tensor:
        """Of ``found`` (k * each, D), in which the images of a facet follow each other."""
        if self._contrast:
            found = F.normalize(found) - self._common
        return F.cosine_similarity(found, self._wanted.repeat_interleave(each, 0))


@torch.no_grad()
def _way_back(prior: Prior, encoder: Network | None, image: Tensor, code: Tensor) -> Tensor | None:
    if encoder is None:
        return None
    seen = prior.seen(image, prior.info.encoder.input_size)
    return encode(prior, encoder, seen) - code

"""PPGN: chains of samples through the code space of a learned image generator.

Nguyen, Clune, Bengio, Dosovitskiy & Yosinski, "Plug & Play Generative Networks: Conditional
Iterative Generation of Images in Latent Space", CVPR 2017, equation 11, in its released form: the
autoencoder of codes is generator and encoder, one behind the other. Cycles of falling steps find a
mode each and settle in it (as step sizes do in Zhang et al., arXiv 1902.03932).
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import Watch, check_ascent, seeded_normal
from dgn_explorer.synthesis.methods.ppgn.about import DRAWN_WEIGHT, PUBLISHED, PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.condition import Asked
from dgn_explorer.synthesis.methods.ppgn.heights import Heights
from dgn_explorer.synthesis.methods.ppgn.looking import Looker, Seen
from dgn_explorer.synthesis.methods.ppgn.step import Terms, stepped
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Caption, Chain, Maximise

SampleTarget = Maximise | Caption
NUDGE = 0.5  # sigma: noise that gets a code off a plateau without gradient


@dataclass(frozen=True)
class ChainStep:
    """One step of N chains: step ``index``, on the way to sample ``number``.

    ``code`` (N, K) belongs to ``seen``; ``last`` says that it is the sample. ``state`` gives what
    one chain needs to be gone on with from this step.
    """

    index: int
    number: int
    code: Tensor
    seen: Seen
    last: bool
    state: Callable[[int], "ChainState"]


@dataclass(frozen=True)
class ChainState:
    """Where one chain is when it has come to sample ``number``, before the step that follows.

    ``code`` (K,) float32 is the sample's; ``rng`` (B,) uint8 the state of the random numbers, and
    ``heights`` (U,) float32 the highest activations of its units in the order of the plan, and
    ``weight`` that of the prior term.
    """

    number: int
    code: np.ndarray
    rng: np.ndarray
    heights: np.ndarray
    weight: float


def chains(
    asked: Callable[[Sequence[SampleTarget]], Asked],
    prior: Prior,
    recipes: Sequence[Recipe],
    looker: Looker,
    start: np.ndarray | None = None,
    spread: float = 0.0,
    resumed: Sequence[ChainState] = (),
) -> Generator[ChainStep, None, None]:
    """Run the chains of all ``recipes`` side by side; they share prior and parameters.

    ``asked`` makes a condition of the N targets of a sample.
    ``start`` (1, K) replaces the random first codes, which then lie ``spread`` sigma around it.
    Nothing depends on how many samples are wanted, so that a longer chain begins with a shorter
    one. ``resumed`` chains (N) go through the step of their newest sample again, and on as if they
    had never ended. Raises `DgnError` if an activation stops being finite or there is no gradient.
    """
    p = recipes[0].parameters
    assert isinstance(p, PpgnParameters)
    space, device = prior.space, prior.device
    noise = [torch.Generator().manual_seed(recipe.seed) for recipe in recipes]
    random = seeded_normal(noise, space.size).to(device)
    code = random * p.init_scale
    weight = torch.full((len(recipes),), p.prior_term, device=device)  # of the prior term
    if start is not None:
        first = torch.from_numpy(np.ascontiguousarray(start, np.float32)).to(device)
        code = first + random * spread * space.scale
    lower, upper = space.lower * p.bounds, space.upper * p.bounds
    stalled = torch.zeros(len(recipes), device=device)
    watch, heights = Watch(device), Heights(device, p.highest)
    begins = resumed[0].number if resumed else 0
    if resumed:
        code = torch.from_numpy(np.stack([state.code for state in resumed])).to(device)
        for row, state in enumerate(resumed):
            noise[row].set_state(torch.from_numpy(state.rng))
            before = [target_at(recipes[row], number) for number in range(begins)]
            heights.take_up(row, before, state.heights)
            weight[row] = state.weight
    index = p.warm + begins * p.cycle - 1 if resumed else 0
    for number in range(begins, p.samples):
        targets = [target_at(recipe, number) for recipe in recipes]
        condition = asked(targets)
        last = (p.cycle if number else p.warm) - 1
        for k in range(last if resumed and number == begins else 0, last + 1):
            seen = looker.look(code, condition, index, whole=k == last)
            now = partial(_state, number, code, noise, heights, weight)
            yield ChainStep(index, number, code, seen, k == last, now)
            heights.add(targets, seen.read, settled=k == last)
            near = condition.nearness(seen.read, heights.known(targets))
            terms = Terms(
                seen.condition,
                seen.prior,
                weight * near if p.gate else weight,
                seeded_normal(noise, space.size).to(device) if p.noise_term else None,
                seen.context,
            )
            size = p.step_start + (p.step_end - p.step_start) * k / max(1, last)
            moved = stepped(p, code, terms, size)
            usable = moved.isfinite().all(1)
            code = torch.where(usable[:, None], moved, code) * (1 - p.decay)
            code = torch.minimum(torch.maximum(code, lower), upper)
            stalled = (stalled + 1).masked_fill(usable, 0.0)
            if watch.trouble(index, usable, seen.activation):
                check_ascent(recipes, seen.activation, stalled)
                code = _nudged(code, usable, noise, space.scale)
            if p.reset and index % p.reset == 0:
                code, weight = _begun_anew(p, noise, code, weight)
            index += 1
        if p.kick:
            code = code + seeded_normal(noise, space.size).to(device) * p.kick * space.scale
            code = torch.minimum(torch.maximum(code, lower), upper)
    if watch.pending():
        check_ascent(recipes, seen.activation, stalled)


def _state(
    number: int,
    code: Tensor,
    noise: Sequence[torch.Generator],
    heights: Heights,
    weight: Tensor,
    row: int,
) -> ChainState:
    rng = noise[row].get_state().numpy().copy()
    own = code[row].float().cpu().numpy()
    return ChainState(number, own, rng, heights.of(row), float(weight[row]))


def _begun_anew(
    p: PpgnParameters, noise: Sequence[torch.Generator], code: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """Random codes in the place of ``code`` (N, K), and weights of the prior term."""
    fresh = seeded_normal(noise, code.shape[1]).to(code.device) * p.init_scale
    if p.rule == PUBLISHED:
        low, high = DRAWN_WEIGHT
        drawn = torch.cat([torch.rand(1, generator=rng) for rng in noise])
        weight = (low + (high - low) * drawn).to(code.device)
    return fresh, weight


def target_at(recipe: Recipe, number: int) -> SampleTarget:
    """What the sample ``number`` of a recipe is asked to be."""
    target = recipe.target
    if isinstance(target, Chain):
        return target.at(number)
    assert isinstance(target, Maximise | Caption)  # the recipe has checked
    return target


def _nudged(
    code: Tensor, usable: Tensor, noise: Sequence[torch.Generator], scale: Tensor
) -> Tensor:
    """``code`` with noise where there was no gradient; only those chains draw numbers for it."""
    rows = [row for row, well in enumerate(usable.tolist()) if not well]
    if not rows:  # the trouble was an earlier step's, or is the activation's
        return code
    push = seeded_normal([noise[row] for row in rows], code.shape[1]).to(code.device)
    code = code.clone()
    code[rows] += push * NUDGE * scale
    return code

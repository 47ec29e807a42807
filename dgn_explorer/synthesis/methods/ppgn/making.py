"""From recipes to the samples of their chains."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.methods.ppgn.about import PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.chain import (
    ChainStep,
    SampleTarget,
    chains,
    target_at,
)
from dgn_explorer.synthesis.methods.ppgn.condition import Asked, Condition
from dgn_explorer.synthesis.methods.ppgn.hole import Hole, open_hole
from dgn_explorer.synthesis.methods.ppgn.looking import Looker, needed_encoder
from dgn_explorer.synthesis.methods.ppgn.samples import Samples
from dgn_explorer.synthesis.methods.ppgn.spoken import SpokenCondition, open_captioner
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import RANDOM
from dgn_explorer.synthesis.step import to_uint8
from dgn_explorer.synthesis.targets import Caption
from dgn_explorer.synthesis.verdict import activations_of_images


def make(
    bench: Bench, recipes: tuple[Recipe, ...]
) -> Generator[Progress[Made], None, tuple[Made, ...]]:
    """Run the chains of all ``recipes`` side by side; see `chains`."""
    recipe, prior = recipes[0], bench.prior
    p = recipe.parameters
    assert isinstance(p, PpgnParameters) and prior is not None
    hole = open_hole(bench, prior, recipe, p.feather)
    encoder = needed_encoder(prior, bench.open_encoder()) if p.prior_term else None
    start = yield from _start(bench, prior, recipe, hole)
    # Seeds have to fill a hole differently, although they all know the same photograph around it
    spread = p.kick if hole is not None and recipe.start == RANDOM else 0.0
    _check(start, prior)
    looker = Looker(bench.network, prior, p, recipe.numeric, encoder, hole)
    caption = open_captioner(bench, recipe)

    def asked(targets: Sequence[SampleTarget]) -> Asked:
        spoken = [target for target in targets if isinstance(target, Caption)]
        if caption is not None:
            return SpokenCondition(caption, spoken)
        orders = [replace(r, target=target) for r, target in zip(recipes, targets, strict=True)]
        return Condition(bench.network, orders, looker.arithmetic.half_network)

    def reached(number: int, images: np.ndarray) -> np.ndarray:
        """The activations (N,) of finished images, which are those of the sample ``number``."""
        targets = [target_at(recipe, number) for recipe in recipes]
        condition = asked(targets)
        if isinstance(condition, SpokenCondition):
            return condition.of_images(images, bench.device).cpu().numpy()
        orders = [replace(r, target=target) for r, target in zip(recipes, targets, strict=True)]
        return activations_of_images(bench.network, prior, orders, images).cpu().numpy()

    with ExitStack() as opened:
        drafts = [opened.enter_context(closing(bench.draft(recipe))) for recipe in recipes]
        samples = Samples(prior, recipes, looker, drafts, reached)
        run = chains(asked, prior, recipes, looker, start, spread, samples.states)
        for step in opened.enter_context(closing(run)):
            samples.add(step)
            yield Progress(
                step.index + 1,
                p.steps,
                picture=partial(_picture, step),
                trace=samples.trace,
                partial=samples.made if samples.begun else None,
                so_far=samples.so_far,
            )
        return tuple(samples.made(place) for place in range(len(recipes)))


def _start(
    bench: Bench, prior: Prior, recipe: Recipe, hole: Hole | None
) -> Generator[Progress[Made], None, np.ndarray | None]:
    """The first code (1, K): of the photograph with a grey hole unless the recipe names another."""
    if hole is None or recipe.start != RANDOM:
        return (yield from bench.start(recipe))
    return (yield from bench.code_of(prior, to_uint8(hole.grey)[0]))


def _check(start: np.ndarray | None, prior: Prior) -> None:
    if start is not None and start.shape[1] != prior.space.size:
        raise DgnError(
            f"The starting code has {start.shape[1]} numbers; those of {prior.info.name} have"
            f" {prior.space.size}.",
            "Start with the prior that the code belongs to.",
        )


def _picture(step: ChainStep, place: int) -> np.ndarray:
    picture: np.ndarray = to_uint8(step.seen.image[place : place + 1])[0]
    return picture

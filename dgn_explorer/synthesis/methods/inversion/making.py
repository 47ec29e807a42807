"""From a recipe to the photograph as one layer keeps it, with how near it comes."""

from collections.abc import Generator

import numpy as np

from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.features import (
    Judge,
    Wanted,
    cosine,
    judged,
    relative_error,
    wanted_of,
    with_last,
)
from dgn_explorer.synthesis.following import follow
from dgn_explorer.synthesis.methods.inversion.about import FOURIER, InversionParameters
from dgn_explorer.synthesis.methods.inversion.fourier import fourier
from dgn_explorer.synthesis.methods.inversion.published import published
from dgn_explorer.synthesis.methods.inversion.through import through
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe


def pixels(bench: Bench, recipe: Recipe) -> Generator[Progress[Made], None, Made]:
    """Without a prior. The trace is the relative error."""
    p, wanted = recipe.parameters, wanted_of(bench, recipe)
    assert isinstance(p, InversionParameters)
    algorithm = fourier if p.image == FOURIER else published
    steps = algorithm(bench.network, recipe, wanted)
    return (yield from judged(follow(steps), _judge(wanted, None, "relative_error")))


def through_prior(bench: Bench, recipe: Recipe) -> Generator[Progress[Made], None, Made]:
    """Through the prior. The trace is the cosine."""
    wanted = wanted_of(bench, recipe)
    steps = through(bench, recipe, wanted)
    return (yield from judged(follow(steps), _judge(wanted, bench.prior, "cosine")))


def _judge(wanted: Wanted, prior: Prior | None, traced: str) -> Judge:
    plain = relative_error(wanted.features.of_images(wanted.plain()), wanted.values)

    def judge(made: Made) -> Made:
        found = wanted.features.of_images(np.asarray(made.parts["images"]), prior)
        numbers = {
            "relative_error": relative_error(found, wanted.values).cpu().numpy(),
            "cosine": cosine(found, wanted.values).cpu().numpy(),
            "plain_error": plain.cpu().numpy(),
        }
        trace = with_last(made.trace, float(numbers[traced][0]))
        return Made({**made.parts, **numbers}, trace)

    return judge

"""An ascent once more, for a film of it."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np

from dgn_explorer.engine.messages import Replay
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.draft import InMemory
from dgn_explorer.synthesis.making import computing
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe


def replay(bench: Bench, ask: Replay) -> Generator[Progress[Any], None, np.ndarray]:
    """Pictures (frames, S, S, 3) uint8 of an ascent, evenly spread, its last step included."""
    wanted = set(np.linspace(ask.steps, 1, min(ask.frames, ask.steps)).round().astype(int))
    pictures: list[np.ndarray] = []
    # from the first step on, whatever of it is kept somewhere
    bench = replace(bench, draft=lambda recipe: InMemory())
    with closing(computing((ask.recipe,), bench)) as work:
        for progress in work:
            if progress.done in wanted:
                pictures.append(_picture(ask.recipe, progress))
            yield Progress(progress.done, ask.steps, progress.picture)
            if progress.done >= ask.steps:
                break
    return np.stack(pictures)


def _picture(recipe: Recipe, progress: Progress[Made]) -> np.ndarray:
    """The step's picture: the finished one where a method makes one image, else the newest."""
    if recipe.about.count_field:
        assert progress.picture is not None
        return progress.picture(0)
    assert progress.partial is not None
    image: np.ndarray = np.asarray(progress.partial(0).parts["images"])[0]
    return image

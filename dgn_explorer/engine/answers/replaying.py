"""An ascent once more, for a film of it."""

from collections.abc import Generator
from contextlib import closing
from typing import Any

import numpy as np

from dgn_explorer.engine.messages import Replay
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import computing
from dgn_explorer.synthesis.progress import Made, Progress


def replay(bench: Bench, ask: Replay) -> Generator[Progress[Any], None, np.ndarray]:
    """Pictures (frames, S, S, 3) uint8 of an ascent, evenly spread, its last step included."""
    wanted = set(np.linspace(ask.steps, 1, min(ask.frames, ask.steps)).round().astype(int))
    pictures: list[np.ndarray] = []
    with closing(computing((ask.recipe,), bench)) as work:
        for progress in work:
            if progress.done in wanted and progress.partial is not None:
                pictures.append(_image(progress.partial(0)))
            yield Progress(progress.done, ask.steps, progress.picture)
            if progress.done >= ask.steps:
                break
    return np.stack(pictures)


def _image(made: Made) -> np.ndarray:
    image: np.ndarray = np.asarray(made.parts["images"])[0]
    return image

"""Several random starts for one image, of which the highest in the end is kept.

What is found depends on where an ascent starts, and the activation on the way says little of that
in the end (rank correlation .2 after 100 of 250 steps): so every start goes to the end.
"""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing

import numpy as np
import torch

from dgn_explorer.synthesis.ascent import seeded_normal
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step
from dgn_explorer.synthesis.trace import Trace

_LOOKED_AT = 10  # steps whose mean activation tells who leads: a single one is of a random cut


def several_starts(
    bench: Bench, recipes: Sequence[Recipe]
) -> Generator[Progress[Made], None, tuple[Made, ...]]:
    """Ascend from all starts of all ``recipes``, which share everything but units and seeds.

    The first start of a recipe is that of the same recipe with one start alone. A `Progress` shows,
    and a stopped run keeps, the start that leads. A network that takes few images at a time gets
    the starts in groups, in turns.
    """
    p = recipes[0].parameters
    assert isinstance(p, DgnAmParameters) and bench.prior is not None
    orders = [recipe for recipe in recipes for _ in range(p.starts)]
    rngs = [torch.Generator().manual_seed(recipe.seed) for recipe in recipes]
    size = bench.prior.space.size
    drawn = torch.stack([seeded_normal(rngs, size) for _ in range(p.starts)], 1)
    codes = (drawn.flatten(0, 1) * p.init_scale).numpy()
    most = bench.network.info.batch_limit or len(orders)
    field = _Field(p.starts, most, Trace(p.steps, len(orders), bench.device))
    with ExitStack() as held:
        groups = [
            held.enter_context(
                closing(
                    dgn_am(
                        bench.network,
                        bench.prior,
                        orders[at : at + most],
                        codes[at:][:most],
                        fresh=True,
                    )
                )
            )
            for at in range(0, len(orders), most)
        ]
        for index in range(p.steps):
            field.take([next(group) for group in groups], finished=index + 1 == p.steps)
            yield Progress(
                index + 1,
                p.steps,
                picture=field.picture,
                trace=field.trace_of,
                partial=field.made,
            )
        return tuple(field.made(n) for n in range(len(recipes)))


class _Field:
    """The newest step of every start; those of a recipe lie behind one another."""

    def __init__(self, starts: int, most: int, trace: Trace) -> None:
        self._starts, self._most, self._trace = starts, most, trace
        self._newest: list[Step] = []
        self._drawn: tuple[np.ndarray, np.ndarray] | None = None
        self._finished = False

    def take(self, steps: list[Step], finished: bool) -> None:
        """Take in a step of each group."""
        self._newest, self._drawn, self._finished = steps, None, finished
        self._trace.add(torch.cat([step.activations for step in steps]))

    def _leader(self, n: int) -> int:
        """The start of recipe ``n`` that is highest now, in the end that of the whole image."""
        rows = range(n * self._starts, (n + 1) * self._starts)
        last = 1 if self._finished else _LOOKED_AT
        return max(rows, key=lambda row: float(self._trace.of(row)[-last:].mean()))

    def picture(self, n: int) -> np.ndarray:
        """The newest picture (S, S, 3) of the start that leads."""
        group, place = divmod(self._leader(n), self._most)
        return self._newest[group].preview(place)

    def trace_of(self, n: int) -> np.ndarray:
        """The activations so far (steps,) of the start that leads."""
        return self._trace.of(self._leader(n))

    def made(self, n: int) -> Made:
        """Image and code of the start that leads, and its own trace."""
        if self._drawn is None:  # once for all that ask
            images = np.concatenate([step.images() for step in self._newest])
            self._drawn = images, np.concatenate([step.codes() for step in self._newest])
        row = self._leader(n)
        images, codes = (x[row : row + 1] for x in self._drawn)
        return Made({"images": images, "codes": codes}, self._trace.of(row))

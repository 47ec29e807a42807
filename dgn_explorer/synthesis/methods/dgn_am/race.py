"""Several random starts for one image: the weaker half gives up twice on the way, the best is kept.

What is found depends on where an ascent starts, and the activation tells good starts from bad ones
late: of four starts the one that is highest in the end shows its class more often than each alone
(figures in docs/priors.md).
"""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.synthesis.ascent import seeded_normal
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.methods.dgn_am.about import CUTS, DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step
from dgn_explorer.synthesis.trace import Trace

_LOOKED_AT = 10  # steps whose mean activation decides: a single one is that of a random cut

Ascent = Generator[Step, Sequence[int] | None, None]


def race(
    bench: Bench, recipes: Sequence[Recipe]
) -> Generator[Progress[Made], None, tuple[Made, ...]]:
    """Ascend from all starts of all ``recipes``, which share everything but units and seeds.

    The first start of a recipe is that of the same recipe with one start alone. A `Progress` shows,
    and a stopped run keeps, the start that leads. A network that takes few images at a time gets
    the starts in groups, in turns.
    """
    p = recipes[0].parameters
    assert isinstance(p, DgnAmParameters) and bench.prior is not None
    rows = [n for n in range(len(recipes)) for _ in range(p.starts)]  # a start's recipe
    rngs = [torch.Generator().manual_seed(recipe.seed) for recipe in recipes]
    size = bench.prior.space.size
    drawn = torch.stack([seeded_normal(rngs, size) for _ in range(p.starts)], 1)
    codes = (drawn.flatten(0, 1) * p.init_scale).numpy()
    most = bench.network.info.batch_limit or len(rows)
    parts = [list(range(at, min(at + most, len(rows)))) for at in range(0, len(rows), most)]
    cuts = {round(share * p.steps) for share in CUTS}
    trace = Trace(p.steps, len(rows), bench.device)
    with ExitStack() as held:
        groups = []
        for part in parts:
            orders = [recipes[rows[row]] for row in part]
            ascent: Ascent = dgn_am(bench.network, bench.prior, orders, codes[part])
            groups.append(_Group(part, held.enter_context(closing(ascent))))
        field = _Field(rows, groups, trace)
        for index in range(p.steps):
            if index in cuts:
                field.halve()
            field.step()
            field.finished = index + 1 == p.steps
            yield Progress(
                index + 1,
                p.steps,
                picture=field.picture,
                trace=field.trace_of,
                partial=field.made,
            )
        return tuple(field.made(n) for n in range(len(recipes)))


class _Group:
    """Starts that ascend in one batch: ``rows`` are their places among all."""

    def __init__(self, rows: list[int], ascent: Ascent) -> None:
        self.rows, self._ascent = rows, ascent
        self.newest: Step | None = None
        self._going: list[int] | None = None
        self._drawn: tuple[np.ndarray, np.ndarray] | None = None

    def step(self) -> Tensor:
        """The activations (rows,) of the next step."""
        if self.newest is None:
            self.newest = next(self._ascent)
        else:
            self.newest = self._ascent.send(self._going)
        self._going = self._drawn = None
        return self.newest.activations

    def drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """Images (rows, S, S, 3) and codes (rows, K) of the newest step, drawn once for all."""
        assert self.newest is not None
        self._drawn = self._drawn or (self.newest.images(), self.newest.codes())
        return self._drawn

    def keep(self, rows: set[int]) -> None:
        """Let only these go on, from the next step on."""
        places = [place for place, row in enumerate(self.rows) if row in rows]
        if len(places) < len(self.rows):
            self.rows, self._going = [self.rows[place] for place in places], places
            if not places:
                self._ascent.close()


@dataclass
class _Field:
    """All starts that are still in the race."""

    rows: list[int]
    groups: list[_Group]
    trace: Trace
    finished: bool = False

    def step(self) -> None:
        """One step of every start."""
        for group in self.groups:
            self.trace.put(group.rows, group.step())
        self.trace.next()

    def halve(self) -> None:
        """Take the weaker half of each recipe's starts out."""
        going: set[int] = set()
        for n in sorted(set(self.rows)):
            best = self._ranking(n)
            going.update(best[: (len(best) + 1) // 2])
        for group in self.groups:
            group.keep(going)
        self.groups = [group for group in self.groups if group.rows]

    def _ranking(self, n: int) -> list[int]:
        """The starts of recipe ``n``, the highest first."""
        rows = [row for group in self.groups for row in group.rows if self.rows[row] == n]
        last = 1 if self.finished else _LOOKED_AT  # the last step has seen the whole image
        return sorted(rows, key=lambda row: -float(self.trace.of(row)[-last:].mean()))

    def _leader(self, n: int) -> tuple[_Group, int]:
        best = self._ranking(n)[0]
        return next(group for group in self.groups if best in group.rows), best

    def picture(self, n: int) -> np.ndarray:
        """The newest picture (S, S, 3) of the start that leads."""
        group, row = self._leader(n)
        assert group.newest is not None
        return group.newest.preview(group.rows.index(row))

    def trace_of(self, n: int) -> np.ndarray:
        """The activations so far (steps,) of the start that leads."""
        return self.trace.of(self._ranking(n)[0])

    def made(self, n: int) -> Made:
        """Image and code of the start that leads, and its own trace."""
        group, row = self._leader(n)
        place = group.rows.index(row)
        images, codes = (x[place : place + 1] for x in group.drawn())
        return Made({"images": images, "codes": codes}, self.trace.of(row))

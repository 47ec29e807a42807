"""From recipes to what DGN-AM makes of them."""

from collections.abc import Generator

from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.following import follow
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.methods.dgn_am.several_starts import several_starts
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe


def make(
    bench: Bench, recipes: tuple[Recipe, ...]
) -> Generator[Progress[Made], None, tuple[Made, ...]]:
    """Ascend for all ``recipes`` at once; see `dgn_am`, and `several_starts`.

    A start that is given is the only one.
    """
    start = yield from bench.start(recipes[0])  # only a random start is shared by several
    p = recipes[0].parameters
    if start is None and isinstance(p, DgnAmParameters) and p.starts > 1:
        return (yield from several_starts(bench, recipes))
    return (yield from follow(dgn_am(bench.network, bench.prior, recipes, start)))

"""From recipes to what DGN-AM makes of them."""

from collections.abc import Generator

from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.following import follow
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe


def make(
    bench: Bench, recipes: tuple[Recipe, ...]
) -> Generator[Progress[Made], None, tuple[Made, ...]]:
    """Ascend for all ``recipes`` at once; see `dgn_am`."""
    start = yield from bench.start(recipes[0])  # only a random start is shared by several
    return (yield from follow(dgn_am(bench.network, bench.prior, recipes, start)))

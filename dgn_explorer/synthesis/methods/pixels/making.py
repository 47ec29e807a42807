"""From recipes to what the ascent without a prior makes of them."""

from collections.abc import Generator

from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.following import follow
from dgn_explorer.synthesis.methods.pixels.ascent import pixels
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe


def make(
    bench: Bench, recipes: tuple[Recipe, ...]
) -> Generator[Progress[Made], None, tuple[Made, ...]]:
    """Ascend for all ``recipes`` at once; see `pixels`."""
    start = yield from bench.start(recipes[0])  # only a random start is shared by several
    return (yield from follow(pixels(bench.network, bench.prior, recipes, start)))

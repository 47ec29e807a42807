"""A photograph beside what every layer keeps of it: the film strip of inversions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dgn_explorer.export.grid import Cell, make_grid
from dgn_explorer.export.png import save_png
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.methods.inversion.about import cannot_follow
from dgn_explorer.synthesis.recipe import Recipe, canonical_json
from dgn_explorer.synthesis.targets import Match

RECIPES_KEY = "dgn-explorer recipes"


def strip_cells(seen: np.ndarray, records: Sequence[Record]) -> list[Cell]:
    """The photograph (S, S, 3) uint8 as the network sees it, and an image for each inversion."""
    return [Cell(seen, "the photo"), *(Cell(one.image, strip_caption(one)) for one in records)]


def strip_caption(record: Record) -> str:
    """The layer, and how near the image comes; or that it does not follow."""
    target = record.recipe.target
    assert isinstance(target, Match)
    error, plain = (float(record.array(name)[0]) for name in ("relative_error", "plain_error"))
    lost = "  does not follow" if cannot_follow(error, plain) else ""
    return f"{target.layer}  {error:.2f}{lost}"


def save_strip(path: Path, seen: np.ndarray, records: Sequence[Record], columns: int = 0) -> None:
    """Write the strip as a PNG that carries all recipes; raises `DgnError`.

    ``columns`` 0 makes one row.
    """
    cells = strip_cells(seen, records)
    orders = [record.order for record in records]
    recipes = [one.to_dict() for one in orders if isinstance(one, Recipe)]
    save_png(
        path,
        make_grid(cells, columns or len(cells)),
        extra={RECIPES_KEY: canonical_json({"recipes": recipes})},
    )

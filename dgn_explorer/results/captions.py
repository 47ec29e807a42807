"""Captions of records in grids and on cards."""

import re
from collections.abc import Callable, Iterable

from dgn_explorer.errors import DgnError
from dgn_explorer.export.grid import Cell
from dgn_explorer.results.record import Record

_FIELD = re.compile(r"\{(\w+)\}")


def caption_of(record: Record, pattern: str) -> str:
    """The caption of one image; raises `DgnError` for a name it does not know.

    ``pattern`` may hold ``{label}``, ``{address}``, ``{seed}``, ``{activation}``, ``{steps}`` and
    ``{network}``.
    """
    address = record.recipe.target.text()
    names = {
        "label": record.label or address,
        "address": address,
        "seed": record.recipe.seed,
        "activation": f"{record.activation:.3g}",
        "steps": record.steps,
        "network": record.recipe.network,
    }
    unknown = [name for name in _FIELD.findall(pattern) if name not in names]
    if unknown:
        raise DgnError(
            f"A caption cannot hold {{{unknown[0]}}}.",
            f"It may hold {', '.join('{' + name + '}' for name in names)}.",
        )
    return _FIELD.sub(lambda match: str(names[match[1]]), pattern)


def cells_of(keys: Iterable[str], read: Callable[[str], Record | None], pattern: str) -> list[Cell]:
    """A cell for every image of the stored results ``keys``; what is gone is left out."""
    cells = []
    for key in keys:
        record = read(key)
        if record is not None and "images" in record.parts:
            caption = caption_of(record, pattern)
            cells += [Cell(image, caption) for image in record.images]
    return cells

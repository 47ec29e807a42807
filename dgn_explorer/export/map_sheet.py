"""All maps of a layer as one picture."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dgn_explorer.export.heat import GREY, Look, heat

SCALES = ("unit", "layer")  # whose largest number is full colour
UNIT, LAYER = SCALES
_GAP_PX = 2
_PAPER = 64  # grey between the maps, which are black where they are 0


@dataclass(frozen=True)
class Sheet:
    """``picture`` (H, W, 3) uint8 of the maps ``units`` in rows of ``columns``.

    A map begins every ``pitch`` pixels to the right and downwards (width, height) and is 2 px less.
    """

    picture: np.ndarray
    units: tuple[int, ...]
    columns: int
    pitch: tuple[int, int]

    def unit_at(self, x: float, y: float) -> int | None:
        """The unit whose map is at a pixel of the picture, None beside them."""
        column, row = int(x // self.pitch[0]), int(y // self.pitch[1])
        place = row * self.columns + column
        inside = 0 <= column < self.columns and 0 <= place < len(self.units)
        return self.units[place] if inside else None

    def corner_of(self, place: int) -> tuple[int, int]:
        """Where the map at a place begins, (x, y)."""
        row, column = divmod(place, self.columns)
        return column * self.pitch[0], row * self.pitch[1]


def map_sheet(
    maps: np.ndarray,
    order: np.ndarray | None = None,
    *,
    scale: str = UNIT,
    cell_px: int = 48,
    look: Look | None = None,
) -> Sheet:
    """``maps`` (N, H, W) in the ``order`` of units, about as many rows as columns.

    ``scale``: full colour is the largest magnitude of each map, or of them all, so that weak units
    stay dark. Maps are enlarged by a whole number to about ``cell_px``, their places stay sharp.

    >>> map_sheet(np.ones((5, 4, 4)), cell_px=8).picture.shape
    (18, 28, 3)
    """
    look = look or Look(clip=100, absolute=True, tone=GREY)
    units = np.arange(len(maps)) if order is None else order
    _, height, width = maps.shape
    times = max(1, round(cell_px / max(height, width)))
    columns = math.ceil(math.sqrt(len(units) * height / width))
    rows = math.ceil(len(units) / columns)
    pitch = width * times + _GAP_PX, height * times + _GAP_PX
    shape = rows * pitch[1] - _GAP_PX, columns * pitch[0] - _GAP_PX, 3
    picture = np.full(shape, _PAPER, np.uint8)
    together = (
        heat(maps.reshape(-1, width), look).reshape(*maps.shape, 3) if scale == LAYER else None
    )
    for place, unit in enumerate(units):
        drawn = heat(maps[unit], look) if together is None else together[unit]
        large = Image.fromarray(drawn).resize(
            (width * times, height * times), Image.Resampling.NEAREST
        )
        row, column = divmod(place, columns)
        top, left = row * pitch[1], column * pitch[0]
        picture[top : top + height * times, left : left + width * times] = np.asarray(large)
    return Sheet(picture, tuple(int(unit) for unit in units), columns, pitch)

"""All maps of a layer as one picture."""

import math
from dataclasses import dataclass

import numpy as np

from dgn_explorer.export.heat import Look, blurred

SCALES = ("unit", "layer")  # whose largest number is full colour
UNIT, LAYER = SCALES
_GAP_PX = 2
_PAPER = 64  # grey between the maps, which are black where they are 0
_LOOK = Look(clip=100)


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
    look: Look = _LOOK,
) -> Sheet:
    """``maps`` (N, H, W) in the ``order`` of units, about as many rows as columns.

    Black is 0 and white large, whatever the sign; of ``look`` its smoothing and clip count.
    ``scale``: full colour is that of each map, or of them all, so that weak units stay dark. Maps
    are enlarged by a whole number to about ``cell_px``, so their places stay sharp. It is quick
    enough for a film: a layer of 1280 maps takes some milliseconds.

    >>> map_sheet(np.ones((5, 4, 4)), cell_px=8).picture.shape
    (18, 28, 3)
    """
    units = np.arange(len(maps)) if order is None else order
    count, (height, width) = len(units), maps.shape[1:]
    sizes = np.abs(blurred(maps[units], look.smooth))
    axes = None if scale == LAYER else (1, 2)
    tops = np.percentile(sizes, look.clip, axis=axes, keepdims=True)
    tops = np.where(tops > 0, tops, np.maximum(sizes.max(axes, keepdims=True), 1e-30))
    grey = np.rint(255 * np.minimum(sizes / tops, 1.0)).astype(np.uint8)
    times = max(1, round(cell_px / max(height, width)))
    columns = math.ceil(math.sqrt(count * height / width))
    rows = math.ceil(count / columns)
    pitch = width * times + _GAP_PX, height * times + _GAP_PX
    cells = np.full((rows * columns, pitch[1], pitch[0]), _PAPER, np.uint8)
    cells[:count, :-_GAP_PX, :-_GAP_PX] = grey.repeat(times, 1).repeat(times, 2)
    sheet = cells.reshape(rows, columns, pitch[1], pitch[0]).swapaxes(1, 2)
    flat = sheet.reshape(rows * pitch[1], columns * pitch[0])[:-_GAP_PX, :-_GAP_PX]
    picture = np.repeat(flat[..., None], 3, axis=2)
    return Sheet(picture, tuple(int(unit) for unit in units), columns, pitch)

"""What facets look like while they form: their photographs, the images so far, and the map."""

import colorsys
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_CELL_PX, _GAP_PX, _DOT_PX = 96, 2, 2.0
_MAP_PX = 288
_TURN = 0.618034  # of the colour circle from one kind to the next: neighbours differ
_INK, _PAPER = (30, 30, 30), (255, 255, 255)


def colour_of(kind: int) -> tuple[int, int, int]:
    """The colour of a kind on every map of photographs."""
    red, green, blue = colorsys.hsv_to_rgb(kind * _TURN % 1.0, 0.62, 0.78)
    return round(255 * red), round(255 * green), round(255 * blue)


def forming(
    examples: np.ndarray,
    means: np.ndarray,
    images: np.ndarray | None,
    said: Sequence[str],
    places: np.ndarray,
    kinds: np.ndarray,
) -> np.ndarray:
    """A row a facet, with the map of all photographs beside them, (H, W, 3) uint8.

    ``examples`` (k, 3, S, S, 3), ``means`` (k, S, S, 3) and ``images`` (k, S, S, 3) uint8, None
    while there are none; ``said`` stands at the end of each row. ``places`` (n, 2) and ``kinds``
    (n,) are those of the photographs on the map.
    """
    count, step = len(means), _CELL_PX + _GAP_PX
    height = max(count * step - _GAP_PX, _MAP_PX)
    rows_px = 6 * step
    sheet = Image.new("RGB", (rows_px + _MAP_PX, height), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for row in range(count):
        pictures = [*examples[row], means[row], *([] if images is None else [images[row]])]
        for column, picture in enumerate(pictures):
            small = Image.fromarray(picture).resize((_CELL_PX, _CELL_PX))
            sheet.paste(small, (column * step, row * step))
        middle = row * step + _CELL_PX / 2
        draw.ellipse((5 * step + 4, middle - 5, 5 * step + 14, middle + 5), colour_of(row))
        draw.text((5 * step + 20, middle), said[row], _INK, font, anchor="lm")
    sheet.paste(Image.fromarray(photo_map(places, kinds, _MAP_PX)), (rows_px, 0))
    return np.array(sheet)


def photo_map(places: np.ndarray, kinds: np.ndarray, side: int) -> np.ndarray:
    """Photographs at ``places`` (n, 2) in the colours of their ``kinds`` (n,): (side, side, 3)."""
    picture = Image.new("RGB", (side, side), _PAPER)
    draw, edge = ImageDraw.Draw(picture), 8
    low, span = places.min(0), float(np.ptp(places, axis=0).max()) or 1.0
    points = (places - low) / span * (side - 2 * edge) + edge
    for (x, y), kind in zip(points.tolist(), kinds.tolist(), strict=True):
        box = (x - _DOT_PX, y - _DOT_PX, x + _DOT_PX, y + _DOT_PX)
        draw.ellipse(box, colour_of(kind))
    return np.array(picture)

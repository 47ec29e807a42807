"""Which of the eleven basic colours a place has: concepts that need no mask.

The eleven are those that Berlin and Kay (1969) found in the languages of the world and Broden has
as its category `color`. Broden learned the borders from photographs (van de Weijer et al. 2009);
here a place has the colour whose example is nearest in CIELAB, so labels of colours differ a
little from Broden's.
"""

from functools import cache

import numpy as np
from PIL import Image

CATEGORY = "colour"
_EXAMPLES = {
    "black": (20, 20, 20),
    "blue": (40, 75, 190),
    "brown": (120, 75, 40),
    "grey": (128, 128, 128),
    "green": (60, 140, 50),
    "orange": (240, 130, 30),
    "pink": (245, 160, 180),
    "purple": (120, 50, 150),
    "red": (200, 30, 30),
    "white": (245, 245, 245),
    "yellow": (235, 215, 50),
}
COLOURS = tuple(_EXAMPLES)
_BITS = 5  # of a component that the table tells apart
# sRGB (IEC 61966-2-1) to CIE XYZ, relative to its white D65
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def colours_on_grid(square: np.ndarray, side: int) -> np.ndarray:
    """The place in `COLOURS` (``side``, ``side``) uint8 of each cell's mean of a square.

    ``square`` is (S, S, 3) uint8.

    >>> red = np.zeros((8, 8, 3), np.uint8) + np.array([210, 20, 20], np.uint8)
    >>> COLOURS[colours_on_grid(red, 2)[0, 0]]
    'red'
    """
    cells = Image.fromarray(square).resize((side, side), Image.Resampling.BOX)
    steps = np.asarray(cells, np.int64) >> (8 - _BITS)
    return np.asarray(_table()[steps[..., 0], steps[..., 1], steps[..., 2]])


@cache
def _table() -> np.ndarray:
    """For every colour of `_BITS` bits a component the nearest example."""
    step = 1 << (8 - _BITS)
    axis = np.arange(0, 256, step) + step / 2
    every = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
    examples = _lab(np.array(list(_EXAMPLES.values()), np.float64))
    distance = ((_lab(every)[..., None, :] - examples) ** 2).sum(-1)
    return np.asarray(distance.argmin(-1), np.uint8)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (..., 3) of sRGB (..., 3) from 0 to 255."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _TO_XYZ.sum(1)
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), xyz * 841 / 108 + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)

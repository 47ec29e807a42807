"""What there is to look at in maps: over their photograph, or all of them on a sheet."""

import numpy as np

from dgn_explorer.export.map_sheet import map_sheet
from dgn_explorer.export.overlay import overlay
from dgn_explorer.synthesis.sheet import tiled

_MOST = 100  # over the photograph; more are nothing to look at


def map_picture(maps: np.ndarray, seen: np.ndarray | None) -> np.ndarray:
    """``maps`` (N, H, W) as one picture (H, W, 3) uint8.

    Maps of the pixels of ``seen`` (H, W, 3) lie over it, next to each other; those of a layer's own
    places are a sheet.

    >>> map_picture(np.ones((4, 2, 2)), np.zeros((2, 2, 3), np.uint8)).shape
    (6, 6, 3)
    """
    if seen is None or maps.shape[1:] != seen.shape[:2]:
        return map_sheet(maps).picture
    return tiled(np.stack([overlay(seen, one) for one in maps[:_MOST]]))

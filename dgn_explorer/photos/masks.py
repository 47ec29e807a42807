"""Masks: which part of a picture a method may change, or has to look at."""

from pathlib import Path

import numpy as np

from dgn_explorer.photos.files import read_file, refused
from dgn_explorer.photos.reading import unpack
from dgn_explorer.photos.tones import to_grey


def read_mask(path: Path) -> np.ndarray:
    """A mask (H, W) float32 from 0 (black, or transparent) to 1 (white), upright.

    Any photograph's file will do; colours count by their luma. Raises `DgnError` if it cannot be
    read.
    """
    picture = unpack(read_file(path), path.name)
    try:
        grey = np.asarray(to_grey(picture), np.float32)
    except Exception as error:  # modes that have no way to grey
        raise refused(path.name, error) from None
    return grey / 255

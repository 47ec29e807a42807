"""Masks: which part of a picture a method may change, or has to look at."""

import numpy as np

from dgn_explorer.photos.files import refused
from dgn_explorer.photos.reading import unpack
from dgn_explorer.photos.tones import to_grey


def decode_mask(data: bytes, name: str) -> np.ndarray:
    """A mask (H, W) float32 from 0 (black, or transparent) to 1 (white), upright.

    Any photograph's file will do; colours count by their luma; ``name`` is for the error. Raises
    `DgnError` if it cannot be read.
    """
    picture = unpack(data, name)
    try:
        grey = np.asarray(to_grey(picture), np.float32)
    except Exception as error:  # modes that have no way to grey
        raise refused(name, error) from None
    mask: np.ndarray = grey / 255
    return mask

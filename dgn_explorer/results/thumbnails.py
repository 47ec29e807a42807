"""Making images smaller."""

import numpy as np

THUMBNAIL_PX = 96


def fit(image: np.ndarray, size_px: int) -> np.ndarray:
    """``image`` (H, W, 3) uint8 with its longer side at most ``size_px``; never enlarged.

    >>> fit(np.zeros((100, 50, 3), np.uint8), 10).shape
    (10, 5, 3)
    """
    height, width = image.shape[:2]
    factor = size_px / max(height, width)
    if factor >= 1:
        return image
    from PIL import Image

    new = max(1, round(width * factor)), max(1, round(height * factor))
    return np.array(Image.fromarray(image).resize(new, Image.Resampling.LANCZOS))

"""Several images as one picture; free of torch."""

import math

import numpy as np


def tiled(images: np.ndarray, gap_px: int = 2) -> np.ndarray:
    """Images (N, H, W, 3) uint8 in rows, about as many rows as columns, white between them.

    >>> tiled(np.zeros((3, 4, 5, 3), np.uint8)).shape
    (10, 12, 3)
    """
    count, height, width, _ = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    step_y, step_x = height + gap_px, width + gap_px
    sheet = np.full((rows * step_y - gap_px, columns * step_x - gap_px, 3), 255, np.uint8)
    for number, image in enumerate(images):
        top, left = number // columns * step_y, number % columns * step_x
        sheet[top : top + height, left : left + width] = image
    return sheet

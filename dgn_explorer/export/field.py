"""A frame around the part of a photograph that a unit looks at."""

import numpy as np

_INNER, _OUTER = (255, 255, 255), (20, 20, 20)  # seen on every ground


def with_field(picture: np.ndarray, field: np.ndarray) -> np.ndarray:
    """``picture`` (H, W, 3) uint8 with the frame of ``field``: top, left, bottom, right as shares.

    One that is the whole picture is not drawn.

    >>> grey, field = np.full((9, 9, 3), 128, np.uint8), np.array([1 / 3, 1 / 3, 1, 1])
    >>> with_field(grey, field)[3, :, 0].tolist()
    [128, 128, 20, 255, 255, 255, 255, 255, 255]
    """
    marked = picture.copy()
    height, width, _ = picture.shape
    top, left = round(field[0] * height), round(field[1] * width)
    bottom, right = round(field[2] * height) - 1, round(field[3] * width) - 1
    if (top, left, bottom, right) == (0, 0, height - 1, width - 1):
        return marked
    for grown, colour in ((1, _OUTER), (0, _INNER)):
        rows = slice(max(0, top - grown), bottom + grown + 1)
        columns = slice(max(0, left - grown), right + grown + 1)
        for y in (top - grown, bottom + grown):
            if 0 <= y < height:
                marked[y, columns] = colour
        for x in (left - grown, right + grown):
            if 0 <= x < width:
                marked[rows, x] = colour
    return marked

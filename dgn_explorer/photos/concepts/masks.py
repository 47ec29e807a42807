"""From a file of indices to named places on a grid: what a network's map is compared with."""

import numpy as np

from dgn_explorer.photos.files import refused

UNNAMED = -1
_EXACT = ("PNG", "BMP", "GIF", "TIFF", "PPM")  # a lossy file has other indices than were written
_INDEXED = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")


def read_indices(data: bytes, name: str) -> np.ndarray:
    """The indices (H, W) int32 of a mask: those of a palette, or grey values.

    A file with colours holds red + 256 * green, as Broden's masks do. ``name`` is for the error.
    Raises `DgnError` for what is no picture, too large, or of a kind that does not keep indices.
    """
    from dgn_explorer.photos.reading import unpack  # brings Pillow, which is slow to import

    picture = unpack(data, name)
    if picture.format not in _EXACT:
        raise refused(name, f"a mask cannot be kept as {picture.format}, which changes its indices")
    if picture.mode in _INDEXED:
        return np.asarray(picture, np.int32)
    if picture.mode in ("RGB", "RGBA"):
        pixels = np.asarray(picture, np.int32)
        return np.asarray(pixels[..., 0] + 256 * pixels[..., 1], np.int32)
    raise refused(name, f"a mask of the kind {picture.mode} has no indices")


def on_grid(indices: np.ndarray, side: int) -> np.ndarray:
    """The indices (``side``, ``side``) at the middles of the cells of the middle square.

    ``indices`` is (H, W). The square is that of `crops.middle_square`, so a cell lies where the
    network's map has the same one.
    """
    height, width = indices.shape
    square = min(height, width)
    middles = (np.arange(side) + 0.5) / side * square
    rows = ((height - square) / 2 + middles).astype(np.int64)
    columns = ((width - square) / 2 + middles).astype(np.int64)
    return np.asarray(indices[np.ix_(rows, columns)])


def same_shape(mask: tuple[int, int], picture: tuple[int, int]) -> bool:
    """Whether a mask (H, W) is of the picture (H, W), at its size or at another scale.

    >>> same_shape((112, 112), (224, 224)), same_shape((100, 50), (50, 100))
    (True, False)
    """
    if mask == picture:
        return True
    scale = mask[0] / picture[0]
    return abs(mask[1] - scale * picture[1]) <= 1.0

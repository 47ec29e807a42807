"""The square in the middle of a photograph, at a network's size."""

import numpy as np
from PIL import Image

_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
_LONGEST = 16  # times the shorter side; more of a thread-like picture would only take memory


def middle_square(
    picture: Image.Image | np.ndarray,
    size: int,
    crop: float = 1.0,
    interpolation: str = "bicubic",
    resize: str = "shorter",
) -> np.ndarray:
    """The middle of ``picture`` (RGB, or (H, W, 3) uint8), (``size``, ``size``, 3) uint8.

    ``shorter``: the shorter side becomes ``size / crop`` pixels, as in torchvision. ``warp``: both
    sides do, which changes the proportions, as in Caffe's tools (256 for a crop of 227).
    ``crop`` is above 0 and up to 1.
    """
    rgb = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    side = max(size, round(size / crop))
    if resize == "warp":
        rgb = rgb.resize((side, side), _FILTERS[interpolation])
    else:
        rgb = _shorter(rgb, side, size, interpolation)
    left, top = (rgb.width - size) // 2, (rgb.height - size) // 2
    return np.array(rgb.crop((left, top, left + size, top + size)))


def _shorter(rgb: Image.Image, side: int, size: int, interpolation: str) -> Image.Image:
    rgb = _less_long(rgb)
    width, height = rgb.size
    factor = side / min(width, height)
    if factor == 1:
        return rgb
    return rgb.resize(
        (max(size, round(width * factor)), max(size, round(height * factor))),
        _FILTERS[interpolation],
    )


def _less_long(rgb: Image.Image) -> Image.Image:
    most = _LONGEST * min(rgb.size)
    width, height = (min(side, most) for side in rgb.size)
    left, top = (rgb.width - width) // 2, (rgb.height - height) // 2
    return rgb.crop((left, top, left + width, top + height))

"""Arrays to Qt pictures."""

import numpy as np
from PIL import Image
from PySide6.QtGui import QImage, QPixmap


def to_qimage(array: np.ndarray) -> QImage:
    """Copy (H, W, 3) uint8 RGB into a `QImage`."""
    array = np.ascontiguousarray(array)
    height, width = array.shape[:2]
    # Without the bytes per line Qt assumes rows aligned to 32 bits.
    return QImage(array.data, width, height, array.strides[0], QImage.Format.Format_RGB888).copy()


def scaled(array: np.ndarray, width: int, height: int, smooth: bool = True) -> np.ndarray:
    """Resample (H, W, 3) uint8 to (height, width, 3): Lanczos, or nearest for whole pixels.

    Qt's own smooth scaling is bilinear, which blurs an image that is enlarged four times.
    """
    method = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(array).resize((width, height), method))


def to_pixmap(array: np.ndarray, ratio: float = 1.0) -> QPixmap:
    """(H, W, 3) uint8 RGB as a pixmap with the given device pixel ratio."""
    pixmap = QPixmap.fromImage(to_qimage(array))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


_WARM = np.array([[0, 0, 0], [120, 20, 110], [230, 90, 40], [255, 225, 90]], np.float32)
_COLD = np.array([[0, 0, 0], [20, 60, 150], [40, 150, 220], [170, 235, 255]], np.float32)


def overlaid(below: np.ndarray | None, values: np.ndarray, strength: float) -> np.ndarray:
    """A map (H, W) in colour over a photograph (S, S, 3) uint8, as (S, S, 3) uint8.

    Warm colours are above 0 and cold ones below; the 99th percentile of the sizes is the brightest.
    ``strength`` from 0 (the photograph alone) to 1. Without a photograph the ground is grey.

    >>> overlaid(None, np.zeros((2, 2), np.float32), 1.0).shape
    (2, 2, 3)
    """
    if below is None:
        below = np.full((*values.shape, 3), 96, np.uint8)
    height, width = below.shape[:2]
    sizes = np.abs(np.nan_to_num(values.astype(np.float32)))
    top = float(np.percentile(sizes, 99)) or float(sizes.max()) or 1.0
    image = Image.fromarray(np.nan_to_num(values.astype(np.float32)) / top)
    signed = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC)).clip(-1, 1)
    share = np.abs(signed)
    at = share * (len(_WARM) - 1)
    low = np.minimum(at.astype(int), len(_WARM) - 2)
    part = (at - low)[..., None]
    ramps = np.where((signed >= 0)[..., None, None], _WARM, _COLD)
    rows = np.take_along_axis(ramps, low[..., None, None], 2)[..., 0, :]
    after = np.take_along_axis(ramps, low[..., None, None] + 1, 2)[..., 0, :]
    colour = rows * (1 - part) + after * part
    cover = (strength * np.minimum(1.0, 1.6 * share))[..., None]
    dim = below.astype(np.float32) * (1 - 0.45 * strength)
    mixed = dim * (1 - cover) + colour * cover
    made: np.ndarray = np.clip(np.round(mixed), 0, 255).astype(np.uint8)
    return made

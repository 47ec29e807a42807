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

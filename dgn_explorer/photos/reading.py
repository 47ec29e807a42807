"""Reading a photograph that somebody drops on the window."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from dgn_explorer.disk import disk_error
from dgn_explorer.errors import DgnError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
LARGEST_PX = 1024  # no network sees more
_MAX_PIXELS = 200_000_000


def read_photo(path: Path) -> np.ndarray:
    """The photograph upright, (H, W, 3) uint8 RGB, its longer side at most `LARGEST_PX`.

    Raises `DgnError` if it cannot be read or is too large to unpack.
    """
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise DgnError(
                    f"{path.name} has {picture.width} by {picture.height} pixels.",
                    "Make it smaller first.",
                )
            picture.draft("RGB", (LARGEST_PX, LARGEST_PX))  # lets JPEG unpack a smaller one
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((LARGEST_PX, LARGEST_PX), Image.Resampling.LANCZOS)
            return np.array(upright)
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        SyntaxError,
        ValueError,
        MemoryError,  # a damaged file may claim a part of any size
    ) as error:
        raise DgnError(
            f"{path.name} is no picture that can be read ({error}).", "Drop a JPEG or PNG."
        ) from None
    except OSError as error:
        raise disk_error(error, f"read {path}", "choose another file") from error

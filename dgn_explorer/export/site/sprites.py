"""Sheets of small pictures: a list of 10,000 units loads 40 files, and only those in sight."""

import io

import numpy as np
from PIL import Image, ImageOps

TILE_PX = 96
ACROSS = 16  # tiles, and as many down


class Sprites:
    """Puts small pictures on sheets in the order in which they come.

    ``add`` returns the sheets that are full now, each as WebP, and ``end`` the last one.
    """

    def __init__(self) -> None:
        self._count = 0
        self._sheet = self._empty()

    def add(self, image: np.ndarray | None) -> list[bytes]:
        """Take ``image`` (H, W, 3) uint8 as the next tile, or leave it empty."""
        if image is not None:
            place = self._count % (ACROSS * ACROSS)
            row, column = divmod(place, ACROSS)
            picture = Image.fromarray(np.ascontiguousarray(image))
            # a small network's images are larger here than they are, as on the page of their unit
            picture = ImageOps.contain(picture, (TILE_PX, TILE_PX), Image.Resampling.LANCZOS)
            left = column * TILE_PX + (TILE_PX - picture.width) // 2
            top = row * TILE_PX + (TILE_PX - picture.height) // 2
            self._sheet.paste(picture, (left, top))
        self._count += 1
        return [self._take()] if self._count % (ACROSS * ACROSS) == 0 else []

    def end(self) -> list[bytes]:
        """The sheet that is not full yet."""
        return [self._take()] if self._count % (ACROSS * ACROSS) else []

    def _take(self) -> bytes:
        buffer = io.BytesIO()
        rows = -(-(self._count % (ACROSS * ACROSS) or ACROSS * ACROSS) // ACROSS)
        used = self._sheet.crop((0, 0, self._sheet.width, rows * TILE_PX))
        used.save(buffer, "webp", quality=82, method=4)
        self._sheet = self._empty()
        return buffer.getvalue()

    @staticmethod
    def _empty() -> Image.Image:
        return Image.new("RGB", (ACROSS * TILE_PX, ACROSS * TILE_PX), (128, 128, 128))

"""Small pictures of photographs as one row of bytes, for a record."""

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.collection import Collection
from dgn_explorer.synthesis.photographs.measuring import square_of

_QUALITY = 88
_THREADS = 2


def thumbnails(
    collection: Collection, places: Sequence[int], side: int, px: int
) -> tuple[np.ndarray, np.ndarray]:
    """JPEGs one behind the other (bytes,) uint8, and where each ends (n,) int64.

    They show the middle squares that the network saw at ``side`` px. One that cannot be read any
    more has no bytes.
    """

    def jpeg(place: int) -> bytes:
        try:
            square = square_of(collection.read(place), collection.names[place], side)
        except DgnError:  # it was there when it was measured
            return b""
        out = io.BytesIO()
        small = Image.fromarray(square).resize((px, px), Image.Resampling.LANCZOS)
        small.save(out, "jpeg", quality=_QUALITY)
        return out.getvalue()

    with ThreadPoolExecutor(_THREADS) as pool:
        made = list(pool.map(jpeg, places))
    ends = np.cumsum([len(one) for one in made], dtype=np.int64)
    return np.frombuffer(b"".join(made), np.uint8), ends

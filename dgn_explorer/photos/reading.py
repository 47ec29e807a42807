"""Reading one photograph, wherever it comes from: the same pixels at every entrance.

`decode` is the one decoder. The window, ``--init``, photo sets and training all go through it, and
differ only in what they make of the upright RGB picture. Two entrances see *the same* photograph:
its orientation, tones, background and middle are the same, and so are its pixels at one size, bit
for bit; only where a JPEG is unpacked at a part of its size for speed (`decode`, ``at_least``) may
they differ, by 1 level of 255 on average.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.files import LARGEST_PIXELS, read_file, refused
from dgn_explorer.photos.tones import to_rgb

LARGEST_PX = 1024  # no network sees more
# By content, whatever the name says. Other decoders of Pillow start programs or are seldom used.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "PPM")
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_photo(path: Path) -> np.ndarray:
    """The photograph in a file, as `decode_photo`."""
    return decode_photo(read_file(path), path.name)


def decode_photo(data: bytes, name: str) -> np.ndarray:
    """The photograph upright, (H, W, 3) uint8 RGB, its longer side at most `LARGEST_PX`.

    Raises `DgnError` if it cannot be read or is too large.
    """
    picture = decode(data, name, at_least=LARGEST_PX)
    picture.thumbnail((LARGEST_PX, LARGEST_PX), Image.Resampling.LANCZOS)
    return np.array(picture)


def decode(data: bytes, name: str, at_least: int | None = None) -> Image.Image:
    """The first frame upright in 8-bit RGB; ``name`` is for the error.

    A JPEG may be unpacked at a half, quarter or eighth of its size as long as both sides keep
    ``at_least`` pixels. Raises `DgnError` for what is no photograph, or has too many pixels.
    """
    try:
        return to_rgb(unpack(data, name, at_least))
    except DgnError:
        raise
    except Exception as error:  # modes that have no way to RGB
        raise refused(name, error) from None


def unpack(data: bytes, name: str, at_least: int | None = None) -> Image.Image:
    """The first frame upright, in the file's own kind of numbers; otherwise as `decode`."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > LARGEST_PIXELS:
                raise refused(name, f"it has {picture.width} by {picture.height} pixels")
            if at_least is not None:
                picture.draft("RGB", (at_least, at_least))
            picture.load()
            turn = _TURNS.get(_orientation(picture))
            if turn is None:
                return picture
            return _with_info(picture.transpose(turn), picture)
    except DgnError:
        raise
    except Exception as error:  # decoders raise nearly anything on damaged bytes
        raise refused(name, error) from None


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged note about the picture is no reason not to show it
        return 1


def _with_info(turned: Image.Image, picture: Image.Image) -> Image.Image:
    """A turned picture with what `tones` wants to know of its file."""
    turned.format = picture.format
    if hasattr(picture, "tag_v2"):
        turned.tag_v2 = picture.tag_v2  # type: ignore[attr-defined]
    return turned

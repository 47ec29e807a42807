"""From whatever a picture's numbers mean to 8-bit RGB: scaled, never clipped.

* Transparency lies over white, the paper of a page and the background of most viewers.
* 16 bits become 8 by division with 257, so that white stays white.
* Numbers without a declared white (32-bit whole numbers, floats) take the first of these that
  holds all of them: 1 (floats), 255, 65535 (if all are whole); else their own largest number.
  Black is 0, or the smallest number if some are negative. What is not finite is black or white.
* CMYK is mixed as ink, R = (1 - C)(1 - K); colour profiles are not applied.
"""

from typing import Any

import numpy as np
from PIL import Image

BACKGROUND = "white"
_BITS, _PHOTOMETRIC, _SAMPLES = 258, 262, 339  # tags of TIFF
_WHITE_IS_ZERO, _UNSIGNED, _SIGNED = 0, 1, 2
_BLOCK = 1 << 20  # numbers at a time
_TINY = 1e-30


def to_rgb(picture: Image.Image) -> Image.Image:
    """The first frame of a loaded picture as 8-bit RGB of the same size, on `BACKGROUND`."""
    if _is_deep(picture):
        grey = Image.fromarray(deep_grey(picture))
        clear = picture.info.get("transparency")
        if isinstance(clear, int):  # the one value of a PNG that is transparent
            grey.paste(255, mask=Image.fromarray(np.asarray(picture) == clear))
        return grey.convert("RGB")
    if picture.has_transparency_data:
        layer = _straight(picture).convert("RGBA")
        paper = Image.new("RGBA", layer.size, BACKGROUND)
        return Image.alpha_composite(paper, layer).convert("RGB")
    return picture.convert("RGB")


def to_grey(picture: Image.Image) -> Image.Image:
    """The same in one channel of 8 bits, transparency over black: for masks."""
    if _is_deep(picture):
        return Image.fromarray(deep_grey(picture))
    if picture.has_transparency_data:
        layer = _straight(picture).convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "black"), layer).convert("L")
    return picture.convert("L")


def deep_grey(picture: Image.Image) -> np.ndarray:
    """(H, W) uint8 of a picture with one channel of more than 8 bits."""
    tags = getattr(picture, "tag_v2", {})
    values = np.asarray(picture)
    if picture.mode.startswith("I;16"):
        bits = int(_first(tags.get(_BITS, 16)))
        grey: np.ndarray = _table(2**bits - 1 if 8 < bits < 16 else 65535)[values]
    else:
        sample = _first(tags.get(_SAMPLES, _UNSIGNED))
        if values.dtype == np.int32 and tags and sample == _UNSIGNED:
            values = values.view(np.uint32)  # Pillow has no unsigned kind
        white = _white(values, signed=bool(tags) and sample == _SIGNED)
        grey = _scaled(values, 65535 if picture.mode == "I" and picture.format == "PPM" else white)
    inverted = _first(tags.get(_PHOTOMETRIC, 1)) == _WHITE_IS_ZERO
    made: np.ndarray = 255 - grey if inverted else grey
    return made


def _is_deep(picture: Image.Image) -> bool:
    return picture.mode[0] in "IF"  # I;16 and its kin, I, F


def _straight(picture: Image.Image) -> Image.Image:
    """With plain alpha: Pillow converts premultiplied colours in one step only."""
    return picture.convert({"La": "LA", "RGBa": "RGBA"}.get(picture.mode, picture.mode))


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and value else value


def _table(white: int) -> np.ndarray:
    """8-bit grey of every 16-bit number."""
    scaled = np.arange(65536, dtype=np.float32) * (255 / white)
    table: np.ndarray = np.minimum(np.rint(scaled), 255).astype(np.uint8)
    return table


def _white(values: np.ndarray, signed: bool) -> float:
    finite = np.isfinite(values)
    top = float(values.max(initial=0, where=finite))
    if values.dtype.kind == "f" and top <= 1:
        return 1.0
    whole = bool((np.rint(values) == values)[finite].all())
    usual = (255, 32767, 65535) if signed else (255, 65535)
    return float(next((white for white in usual if whole and top <= white), top))


def _scaled(values: np.ndarray, white: float) -> np.ndarray:
    black = min(0.0, _least(values))
    grey = np.empty(values.shape, np.uint8)
    rows = max(1, _BLOCK // max(1, values.shape[1]))
    for top in range(0, len(values), rows):
        block = values[top : top + rows].astype(np.float32)
        np.nan_to_num(block, copy=False, nan=black, posinf=white, neginf=black)
        # halves: the whole range of the largest floats would overflow
        share = (block / 2 - black / 2) / max(white / 2 - black / 2, _TINY)
        grey[top : top + rows] = np.rint(np.clip(share, 0, 1) * 255)
    return grey


def _least(values: np.ndarray) -> float:
    return float(values.min(initial=0, where=np.isfinite(values)))

"""One figure: a picture, its nearest photographs, and where its distance lies among others."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

_SIDE, _GAP, _CURVE = 128, 8, 120
_BINS = 48
_INK, _PALE, _MARK, _CONTROL = (30, 30, 30), (190, 198, 206), (200, 60, 40), (60, 110, 170)


def nearest_figure(
    picture: np.ndarray,
    photos: Sequence[np.ndarray],
    distance: float,
    own: np.ndarray,
    controls: np.ndarray,
    sentence: str,
    columns: int = 0,
) -> np.ndarray:
    """``picture`` and ``photos`` (H, W, 3) uint8 in rows, and below a histogram (H, W, 3) uint8.

    ``columns`` are in a row, 0 for all of them.

    The histogram is that of the distances ``own`` of photographs to their nearest other; a line
    marks the picture's ``distance``, and ticks the ``controls``, rebuilt photographs.
    """
    shown = [_small(one) for one in (picture, *photos)]
    columns = columns or max(len(shown), 6)
    width = columns * (_SIDE + _GAP) + 2 * _GAP
    rows = -(-len(shown) // columns)
    top = rows * (_SIDE + _GAP) + 2 * _GAP
    sheet = Image.new("RGB", (width, top + _CURVE + 3 * _GAP + 34), "white")
    draw = ImageDraw.Draw(sheet)
    for place, one in enumerate(shown):
        row, column = divmod(place, columns)
        left = _GAP + column * (_SIDE + _GAP) + (_GAP if column or row else 0)
        sheet.paste(one, (left, _GAP + row * (_SIDE + _GAP)))
    most = float(max([distance, *own[-1:].tolist(), *controls.tolist()])) * 1.05 or 1.0
    counts, _ = np.histogram(own, _BINS, (0, most))
    step = (width - 2 * _GAP) / _BINS
    for place, count in enumerate(counts):
        height = round(_CURVE * count / max(1, counts.max()))
        begin = _GAP + place * step
        box = (begin, top + _CURVE - height, begin + step - 1, top + _CURVE)
        if height:
            draw.rectangle(box, fill=_PALE)

    def at(value: float) -> float:
        return _GAP + (width - 2 * _GAP) * value / most

    for value in controls.tolist():
        draw.line((at(value), top + _CURVE - 10, at(value), top + _CURVE), fill=_CONTROL, width=2)
    draw.line((at(distance), top, at(distance), top + _CURVE), fill=_MARK, width=2)
    draw.line((_GAP, top + _CURVE, width - _GAP, top + _CURVE), fill=_INK)
    under = top + _CURVE + 4
    key = "distance to the nearest photograph: grey photos, blue rebuilt ones, red this picture"
    draw.text((_GAP, under), f"0   {key}", fill=_INK)
    draw.text((width - _GAP, under), f"{most:.2f}", fill=_INK, anchor="ra")
    draw.text((_GAP, under + 16), sentence, fill=_INK)
    return np.array(sheet)


def _small(picture: np.ndarray) -> Image.Image:
    return Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)

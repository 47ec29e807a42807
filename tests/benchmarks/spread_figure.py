"""A figure of how numbers spread: a line of dots for each of a few sets, and their mean."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_INK, _FAINT, _BAND = (30, 30, 30), (205, 205, 205), (214, 236, 224)
# Okabe and Ito's colours, which people who see few colours can tell apart
_COLOURS = ((0, 114, 178), (213, 94, 0), (0, 158, 115))
_WIDTH, _ROW_PX, _NAME_PX, _TOP_PX, _DOT_PX = 900, 84, 190, 56, 4
_TEXT_PX, _LEVELS = 15, 7


def spread_figure(
    title: str,
    rows: Sequence[tuple[str, np.ndarray]],
    band: tuple[float, float] | None = None,
) -> np.ndarray:
    """Draw ``rows`` of a name and its numbers (N,) below each other on one axis: (H, W, 3) uint8.

    ``band`` is laid behind them.
    """
    font = ImageFont.load_default(_TEXT_PX)
    every = np.concatenate([values for _, values in rows])
    low, high = float(every.min()), float(every.max())
    if band is not None:
        low, high = min(low, band[0]), max(high, band[1])
    step = _round_step((high - low) or 1.0)
    low, high = np.floor(low / step) * step, np.ceil(high / step) * step
    height = _TOP_PX + _ROW_PX * len(rows) + 44
    picture = Image.new("RGB", (_WIDTH, height), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    draw.text((_NAME_PX, 24), title, _INK, ImageFont.load_default(_TEXT_PX * 1.25), anchor="lm")
    bottom = height - 40

    def x(value: float) -> float:
        return _NAME_PX + (value - low) / (high - low) * (_WIDTH - _NAME_PX - 30)

    if band is not None:
        draw.rectangle((x(band[0]), _TOP_PX, x(band[1]), bottom), _BAND)
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        draw.line((x(value), _TOP_PX, x(value), bottom), _FAINT)
        draw.text((x(value), bottom + 16), f"{value:g}", _INK, font, anchor="mm")
    for place, (name, values) in enumerate(rows):
        middle = _TOP_PX + _ROW_PX * (place + 0.5)
        colour = _COLOURS[place % len(_COLOURS)]
        draw.text((16, middle - 10), name, _INK, font, anchor="lm")
        text = f"{values.mean():.3g} ± {values.std():.2g}"
        draw.text((16, middle + 12), text, colour, font, anchor="lm")
        for at, value in enumerate(np.sort(values).tolist()):
            y = middle + (at % _LEVELS - _LEVELS // 2) * 8  # so that dots do not hide each other
            box = (x(value) - _DOT_PX, y - _DOT_PX, x(value) + _DOT_PX, y + _DOT_PX)
            draw.ellipse(box, outline=colour, width=2)
        mean = x(float(values.mean()))
        draw.line((mean, middle - 34, mean, middle + 34), colour, width=3)
    return np.array(picture)


def _round_step(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that gives at most ten lines.

    >>> _round_step(12.0), _round_step(0.7)
    (2.0, 0.1)
    """
    power = 10.0 ** np.floor(np.log10(span / 10))
    return float(next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= 10))

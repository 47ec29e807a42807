"""The figure of the paper: detectors and unique detectors by layer, a colour for each category.

Bau et al. 2017, figures 5 and 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dgn_explorer.errors import DgnError
from dgn_explorer.studies.dissection.labels import LayerTally

_INK, _FAINT, _GREY = (30, 30, 30), (205, 205, 205), (175, 175, 175)
# Okabe and Ito's colours, which people who see few colours can tell apart
_COLOURS = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (213, 94, 0),
    (240, 228, 66),
    (110, 110, 110),
)
_BAR_PX, _GAP_PX, _PLOT_PX, _MARGIN_PX, _TEXT_PX = 34, 30, 300, 56, 14
_MOST_BARS = 400
_MOST_NAMES = 12  # of categories beside the bars


@dataclass(frozen=True)
class Panel:
    """One network: its title and the tallies of its layers."""

    title: str
    tallies: Sequence[LayerTally]


def detector_plot(panels: Sequence[Panel]) -> np.ndarray:
    """Draw networks side by side on one scale; (H, W, 3) uint8.

    Every layer has two bars, detectors and unique detectors, and below them the share of the
    detectors whose label is stable. Raises `DgnError` if there is nothing to draw.
    """
    layers = [tally for panel in panels for tally in panel.tallies]
    if not layers or len(layers) > _MOST_BARS:
        raise DgnError(
            f"A figure of {len(layers)} layers cannot be drawn.", f"Take 1 to {_MOST_BARS}."
        )
    every = sorted({name for tally in layers for name, _, _ in tally.categories})
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(every)}
    categories = every[:_MOST_NAMES]
    most = max(1, *(tally.detectors for tally in layers))
    font, large = ImageFont.load_default(_TEXT_PX), ImageFont.load_default(round(1.3 * _TEXT_PX))
    step = 2 * _BAR_PX + _GAP_PX
    widest = max(font.getlength(tally.layer) for tally in layers)
    step = max(step, round(widest) + _GAP_PX // 2)
    widths = [
        max(_MARGIN_PX + len(p.tallies) * step, round(large.getlength(p.title)) + _MARGIN_PX)
        for p in panels
    ]
    legend = round(max((font.getlength(name) for name in categories), default=0)) + 40
    top = 48
    note = "left: detectors; right: unique concepts; %: labels that hold in both halves"
    width = max(sum(widths) + legend, round(font.getlength(note)) + _MARGIN_PX)
    size = (width + _GAP_PX, top + _PLOT_PX + 80)
    picture = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    left = 0
    for panel, width in zip(panels, widths, strict=True):
        draw.text((left + _MARGIN_PX, 20), panel.title, _INK, large, anchor="lm")
        _axis(draw, left, left + width, top, most, font)
        for place, tally in enumerate(panel.tallies):
            _bars(draw, left + _MARGIN_PX + place * step, step, top, most, tally, colours, font)
        left += width
    for place, name in enumerate(categories):
        y = top + 10 + place * round(1.6 * _TEXT_PX)
        draw.rectangle((left + 12, y - 6, left + 24, y + 6), colours[name])
        draw.text((left + 32, y), name, _INK, font, anchor="lm")
    draw.text((_MARGIN_PX, size[1] - 14), note, _GREY, font, anchor="lm")
    return np.array(picture)


def _axis(
    draw: ImageDraw.ImageDraw, left: int, right: int, top: int, most: int, font: "_Font"
) -> None:
    step = _round_step(most)
    for value in range(0, most + 1, step):
        y = top + _PLOT_PX - round(_PLOT_PX * value / most)
        draw.line((left + _MARGIN_PX - 6, y, right - _GAP_PX // 2, y), _FAINT)
        draw.text((left + _MARGIN_PX - 10, y), str(value), _INK, font, anchor="rm")


def _bars(
    draw: ImageDraw.ImageDraw,
    left: int,
    width: int,
    top: int,
    most: int,
    tally: LayerTally,
    colours: dict[str, tuple[int, int, int]],
    font: "_Font",
) -> None:
    middle, bottom = left + width // 2, top + _PLOT_PX
    for place, start in ((0, middle - _BAR_PX), (1, middle + 2)):
        done = 0
        for name, *counts in tally.categories:
            low, high = done, done + counts[place]
            done = high
            y0, y1 = (bottom - round(_PLOT_PX * value / most) for value in (high, low))
            if y1 > y0:
                draw.rectangle((start, y0, start + _BAR_PX - 3, y1 - 1), colours[name])
        total = tally.unique if place else tally.detectors
        y = bottom - round(_PLOT_PX * done / most)
        draw.text((start + _BAR_PX // 2, y - 9), str(total), _INK, font, anchor="mm")
    draw.text((middle, bottom + 14), tally.layer, _INK, font, anchor="mm")
    draw.text((middle, bottom + 32), f"{tally.agreement:.0%}", _INK, font, anchor="mm")


def _round_step(most: int) -> int:
    """A step of 1, 2 or 5 times a power of ten that gives at most six lines.

    >>> _round_step(185), _round_step(3)
    (50, 1)
    """
    step = 1
    while most / step > 6:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

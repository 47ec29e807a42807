"""One picture from many: images in rows, with captions and a title."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dgn_explorer.errors import DgnError

MAX_PIXELS = 200_000_000
_DARK, _LIGHT = (20, 20, 20), (235, 235, 235)
_LINE = 1.4  # height of a line of text, in font sizes

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Cell:
    """One image (H, W, 3) uint8 and the text below it, which may be empty."""

    image: np.ndarray
    caption: str = ""


def make_grid(
    cells: Sequence[Cell],
    columns: int,
    *,
    gap_px: int = 8,
    scale: float = 1.0,
    title: str = "",
    background: tuple[int, int, int] = (255, 255, 255),
    text_px: int = 14,
) -> np.ndarray:
    """Lay ``cells`` out row by row and return the picture, (H, W, 3) uint8.

    Images are resized by ``scale`` and then centred in cells as large as the largest of them;
    ``gap_px`` lies between and around the cells. Texts too long for their place end in an
    ellipsis. Raises `DgnError` if there is nothing to show, or for a value out of range.
    """
    _check(cells, columns, gap_px, scale, text_px)
    sizes = [_scaled(cell.image, scale) for cell in cells]
    cell_width, cell_height = max(w for w, _ in sizes), max(h for _, h in sizes)
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    caption_px = round(text_px * _LINE) if any(cell.caption for cell in cells) else 0
    title_px = round(2 * text_px * _LINE) if title else 0
    step_x, step_y = cell_width + gap_px, cell_height + caption_px + gap_px
    width, height = gap_px + columns * step_x, title_px + gap_px + rows * step_y
    if width * height > MAX_PIXELS:
        raise DgnError(
            f"The picture would be {width} by {height} pixels.",
            "Take fewer images, or a smaller scale.",
        )

    picture = Image.new("RGB", (width, height), background)
    draw = ImageDraw.Draw(picture)
    ink = _DARK if _luminance(background) > 127.5 else _LIGHT
    if title:
        font = ImageFont.load_default(round(1.5 * text_px))
        text = _shorten(title, font, width - 2 * gap_px)
        draw.text((width / 2, gap_px + title_px / 2), text, ink, font, anchor="mm")
    font = ImageFont.load_default(text_px)
    for number, (cell, size) in enumerate(zip(cells, sizes, strict=True)):
        row, column = divmod(number, columns)
        left, top = gap_px + column * step_x, title_px + gap_px + row * step_y
        offset = (left + (cell_width - size[0]) // 2, top + (cell_height - size[1]) // 2)
        picture.paste(_resized(cell.image, size), offset)
        centre = (left + cell_width / 2, top + cell_height + caption_px / 2)
        draw.text(centre, _shorten(cell.caption, font, cell_width), ink, font, anchor="mm")
    return np.array(picture)


def _check(cells: Sequence[Cell], columns: int, gap_px: int, scale: float, text_px: int) -> None:
    if not cells:
        raise DgnError("There is no image to put into the grid.", "Choose at least one result.")
    for name, value, low, high in (
        ("columns", columns, 1, 10_000),
        ("gap", gap_px, 0, 1_000),
        ("scale", scale, 0.01, 32),
        ("text size", text_px, 6, 200),
    ):
        if not low <= value <= high:
            raise DgnError(f"The {name} cannot be {value}.", f"It goes from {low} to {high}.")


def _scaled(image: np.ndarray, scale: float) -> tuple[int, int]:
    height, width = image.shape[:2]
    return max(1, round(width * scale)), max(1, round(height * scale))


def _resized(image: np.ndarray, size: tuple[int, int]) -> Image.Image:
    picture = Image.fromarray(image)
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def _luminance(color: tuple[int, int, int]) -> float:
    red, green, blue = color
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _shorten(text: str, font: _Font, width_px: int) -> str:
    """``text`` on one line, cut so that it is at most ``width_px`` wide."""
    line = " ".join(text.split())
    if font.getlength(line) <= width_px:
        return line
    kept = line
    while kept and font.getlength(f"{kept}…") > width_px:
        kept = kept[:-1]
    return f"{kept.rstrip()}…" if kept else ""

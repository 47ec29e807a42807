"""Exporting many results as a picture, several pictures, or a PDF; window and command use this.

A grid that is too large for one picture is cut between rows into tiles or pages.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageColor

from dgn_explorer.disk import FileSystem, disk_error, write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.export.grid import Cell, make_grid
from dgn_explorer.export.pdf import pdf_of
from dgn_explorer.export.png import paths_for

GRID_SUFFIXES = (".png", ".pdf")
TILE_PIXELS = 60_000_000  # 180 MB in memory, and what other programs open without trouble


@dataclass(frozen=True)
class SheetOptions:
    """How a sheet looks; ``columns`` 0 makes it about square, ``background`` is a colour name.

    ``captions`` is a pattern for `results.captions.caption_of`; an empty text leaves them out.
    """

    columns: int = 0
    gap_px: int = 8
    scale: float = 1.0
    captions: str = "{label}"
    title: str = ""
    background: str = "white"
    text_px: int = 14
    dots_per_inch: float = 150.0


def make_sheets(
    cells: Sequence[Cell], options: SheetOptions, tile_pixels: int = TILE_PIXELS
) -> list[np.ndarray]:
    """The pictures of a grid, cut between rows so that none has more than ``tile_pixels``."""
    try:
        red, green, blue = ImageColor.getrgb(options.background)[:3]
    except ValueError:
        raise DgnError(
            f"{options.background!r} is no colour.", "Write a name such as white, or #rrggbb."
        ) from None
    columns = options.columns or max(1, round(len(cells) ** 0.5))
    rows = -(-len(cells) // columns)
    most = max((cell.image.shape[0] * cell.image.shape[1] for cell in cells), default=1)
    row_pixels = max(1.0, columns * most * options.scale**2)
    rows_a_tile = int(max(1, min(rows, tile_pixels // row_pixels)))
    step = rows_a_tile * columns
    tiles = [cells[at : at + step] for at in range(0, len(cells), step)] or [cells]
    return [
        make_grid(
            tile,
            columns,
            gap_px=options.gap_px,
            scale=options.scale,
            title=options.title if number == 0 else "",
            background=(red, green, blue),
            text_px=options.text_px,
        )
        for number, tile in enumerate(tiles)
    ]


def check_grid(path: Path) -> None:
    """Raise `DgnError` if ``path`` names no kind of grid; ask before its images are made."""
    if path.suffix.lower() not in GRID_SUFFIXES:
        raise DgnError(
            f"A grid cannot be written to {path.name}.", f"End it in {' or '.join(GRID_SUFFIXES)}."
        )


def save_sheet(
    path: Path,
    cells: Sequence[Cell],
    options: SheetOptions,
    *,
    tile_pixels: int = TILE_PIXELS,
    fs: FileSystem | None = None,
) -> list[Path]:
    """Write ``cells`` as a grid to ``path`` and return the files written.

    Raises `DgnError` for another suffix, or if there is nothing to write.
    """
    check_grid(path)
    sheets = make_sheets(cells, options, tile_pixels)
    if path.suffix.lower() == ".pdf":
        written = {path: pdf_of(sheets, options.dots_per_inch, options.title or path.stem)}
    else:
        written = {
            target: _png(sheet, options.dots_per_inch)
            for target, sheet in zip(paths_for(path, len(sheets)), sheets, strict=True)
        }
    try:
        for target, data in written.items():
            write_file(target, data, fs or FileSystem())
    except OSError as error:
        raise disk_error(error, f"write {path}", "choose another folder") from error
    return list(written)


def _png(sheet: np.ndarray, dots_per_inch: float) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "png", dpi=(dots_per_inch, dots_per_inch))
    return buffer.getvalue()

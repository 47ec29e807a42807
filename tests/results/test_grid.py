import numpy as np
import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.export.grid import Cell, make_grid


def plain(height: int, width: int, value: int) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_images_lie_row_by_row_with_gaps() -> None:
    cells = [Cell(plain(10, 20, value)) for value in (10, 20, 30, 40, 50)]
    grid = make_grid(cells, 3, gap_px=4, background=(255, 0, 0))
    assert grid.dtype == np.uint8
    assert grid.shape == (2 * 10 + 3 * 4, 3 * 20 + 4 * 4, 3)
    for number in range(5):
        row, column = divmod(number, 3)
        top, left = 4 + row * 14, 4 + column * 24
        assert (grid[top : top + 10, left : left + 20] == 10 * (number + 1)).all()
        grid[top : top + 10, left : left + 20] = (255, 0, 0)
    assert (grid == (255, 0, 0)).all()


def test_pixels_are_unchanged_at_scale_one() -> None:
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    np.testing.assert_array_equal(make_grid([Cell(image)], 1, gap_px=0), image)


def test_sizes_and_colours_are_rounded() -> None:
    assert make_grid([Cell(plain(15, 17, 255))], 1, gap_px=0, scale=0.1).shape == (2, 2, 3)
    half = plain(2, 2, 100)
    half[0] = 101
    half[:, 0, 0] = (99, 100)
    small = make_grid([Cell(plain(64, 64, 255))], 1, gap_px=0, scale=1 / 3)
    assert small.shape == (21, 21, 3)
    assert (small == 255).all()


def test_images_of_other_sizes_are_centred() -> None:
    cells = [Cell(plain(10, 10, 0)), Cell(plain(4, 6, 0))]
    grid = make_grid(cells, 2, gap_px=0)
    assert grid.shape == (10, 20, 3)
    dark = np.argwhere((grid[:, 10:] == 0).all(axis=2))
    assert dark.min(axis=0).tolist() == [3, 2]
    assert dark.max(axis=0).tolist() == [6, 7]


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0), (30, 30, 60)])
def test_captions_and_title_can_be_read(background: tuple[int, int, int]) -> None:
    cells = [Cell(plain(60, 60, 128), "volcano"), Cell(plain(60, 60, 128))]
    bare = make_grid([Cell(cell.image) for cell in cells], 2, background=background)
    grid = make_grid(cells, 2, title="Lite0", background=background)
    assert grid.shape[1] == bare.shape[1]
    title_px = round(2 * 14 * 1.4)
    caption_px = round(14 * 1.4)
    assert grid.shape[0] == bare.shape[0] + title_px + caption_px

    def contrast(part: np.ndarray) -> int:
        return int(np.abs(part.astype(int) - background).max())

    below = title_px + 8 + 60
    assert contrast(grid[:title_px]) > 120
    assert contrast(grid[below : below + caption_px, 8:68]) > 120
    assert contrast(grid[below:, 76:]) == 0


def test_a_long_caption_stays_below_its_image() -> None:
    white = plain(50, 50, 255)
    cells = [Cell(white, "a name that is much too long for this"), Cell(white)]
    grid = make_grid(cells, 2, gap_px=8)
    assert (grid[:, :6] == 255).all()
    assert (grid[:, 60:] == 255).all()
    assert (grid[58:, 8:58] < 128).any()


def test_more_columns_than_images_make_no_empty_columns() -> None:
    assert make_grid([Cell(plain(5, 5, 0))], 10, gap_px=1).shape == (7, 7, 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"columns": 0}, "columns cannot be 0"),
        ({"scale": 0.0}, "scale cannot be 0.0"),
        ({"scale": float("nan")}, "scale cannot be nan"),
        ({"gap_px": -1}, "gap cannot be -1"),
        ({"text_px": 1}, "text size cannot be 1"),
        ({"cells": []}, "no image"),
        ({"cells": [Cell(plain(600, 600, 0))], "scale": 32}, "19216 by 19216 pixels"),
    ],
)
def test_values_out_of_range_are_refused(changes: dict[str, object], words: str) -> None:
    arguments = {"cells": [Cell(plain(5, 5, 0))], "columns": 2} | changes
    with pytest.raises(DgnError, match=words):
        make_grid(**arguments)  # type: ignore[arg-type]

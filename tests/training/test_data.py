from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.training.photographs.cache import PhotoCache
from dgn_explorer.training.photographs.data import TrainingPhotos, prefetch
from dgn_explorer.training.photographs.device_photos import DevicePhotos

SIZE, SIDE = 16, 18


def marked(count: int, first: int = 0, held_out: int = 0, own: int = 0) -> PhotoCache:
    """Photographs that are their number in red, their row in green and their column in blue."""
    pixels = np.zeros((count, SIDE, SIDE, 3), np.uint8)
    pixels[..., 0] = np.arange(first, first + count)[:, None, None]
    pixels[..., 1] = np.arange(SIDE)[:, None]
    pixels[..., 2] = np.arange(SIDE)
    rows = np.arange(count)
    sides = np.full(count, own or SIDE)
    return PhotoCache(pixels, sides, rows[held_out:], rows[:held_out], 0)


def numbers(batch: torch.Tensor) -> list[int]:
    return batch[:, 0, 0, 0].tolist()


def test_a_draw_depends_on_seed_and_step_alone() -> None:
    photos = TrainingPhotos([marked(50)], [1.0], SIZE)
    first = photos.batch(8, 3, 5).pixels
    photos.batch(8, 3, 6)
    torch.testing.assert_close(photos.batch(8, 3, 5).pixels, first)
    assert numbers(photos.batch(8, 3, 6).pixels) != numbers(first)
    assert numbers(photos.batch(8, 4, 5).pixels) != numbers(first)
    assert first.shape == (8, 3, SIZE, SIZE) and first.dtype == torch.uint8


def test_rows_are_a_part_of_the_same_draw() -> None:
    photos = TrainingPhotos([marked(50), marked(20, 100)], [1.0, 2.0], SIZE)
    whole = photos.batch(10, 0, 0).pixels
    rows = np.array([7, 2, 3])
    torch.testing.assert_close(photos.batch(10, 0, 0, rows).pixels, whole[rows])


def test_crops_and_flips_stay_inside_and_vary() -> None:
    batch = TrainingPhotos([marked(5)], [1.0], SIZE).batch(200, 0, 0).pixels.int()
    tops, columns = batch[:, 1, 0, 0], batch[:, 2, 0]
    steps = (columns[:, 1] - columns[:, 0]).tolist()
    assert set(tops.tolist()) == {0, 1, 2}
    assert 60 < steps.count(-1) < 140 and set(steps) == {-1, 1}
    lefts = columns.min(1).values
    assert set(lefts.tolist()) == {0, 1, 2}


def test_weights_say_how_often_a_photograph_is_drawn() -> None:
    photos = TrainingPhotos([marked(10), marked(30, 100)], [3.0, 1.0], SIZE)
    drawn = [n for step in range(40) for n in numbers(photos.batch(100, 0, step).pixels)]
    share = sum(n < 100 for n in drawn) / len(drawn)
    assert share == pytest.approx(3 * 10 / (3 * 10 + 30), abs=0.04)
    assert photos.count == 40


def test_a_source_of_weight_0_or_with_all_held_out_is_never_drawn() -> None:
    photos = TrainingPhotos([marked(4), marked(4, 100), marked(4, 50, 4)], [0.0, 1.0, 1.0], SIZE)
    assert set(numbers(photos.batch(100, 0, 0).pixels)) == {100, 101, 102, 103}
    with pytest.raises(DgnError, match="No photograph is left"):
        TrainingPhotos([marked(4)], [0.0], SIZE)
    with pytest.raises(DgnError, match="No photograph is left"):
        TrainingPhotos([marked(4, 0, 4)], [1.0], SIZE)


def test_held_out_photographs_are_never_drawn_and_come_as_centre_crops() -> None:
    photos = TrainingPhotos([marked(20, 0, 5), marked(20, 100, 3)], [1.0, 1.0], SIZE)
    drawn = {n for step in range(20) for n in numbers(photos.batch(50, 0, step).pixels)}
    held = photos.held_out(48)
    assert numbers(held) == [0, 1, 2, 3, 4, 100, 101, 102]
    assert not drawn & set(numbers(held))
    assert held[0, 1, 0, 0] == 1 and held.shape == (8, 3, SIZE, SIZE)
    assert len(photos.held_out(3)) == 3
    assert TrainingPhotos([marked(4)], [1.0], SIZE).held_out(3).shape == (0, 3, SIZE, SIZE)


def test_prefetching_gives_the_same_batches_from_any_step_on() -> None:
    photos = TrainingPhotos([marked(50)], [1.0], SIZE)
    rows = np.arange(2, 6)
    with prefetch(photos, 8, 1, 4, rows, pin=False) as batches:
        found = list(islice(batches, 3))
    for step, batch in enumerate(found, 4):
        torch.testing.assert_close(batch.pixels, photos.batch(8, 1, step).pixels[2:6])


def test_an_error_while_drawing_is_not_swallowed(tmp_path: Path) -> None:
    photos = TrainingPhotos([marked(50)], [1.0], SIZE)
    with (
        pytest.raises(IndexError),
        prefetch(photos, 8, 1, 0, np.array([9]), pin=False) as batches,
    ):
        next(batches)


def test_crops_stay_inside_what_a_small_photograph_fills() -> None:
    batch = TrainingPhotos([marked(5, own=SIZE + 1)], [1.0], SIZE).batch(200, 0, 0)
    assert set(batch.pixels[:, 1, 0, 0].tolist()) == {0, 1}  # of 0 to 2
    soft = TrainingPhotos([marked(5, own=7), marked(5)], [1.0, 1.0], SIZE)
    drawn = soft.batch(200, 0, 0)
    assert soft.some_soft and not soft.all_soft
    assert set(drawn.sides.tolist()) == {7, SIZE}
    small = drawn.pixels[drawn.sides == 7]
    assert set(small[:, 1, 0, 0].tolist()) == {1}  # the middle alone


def test_photographs_on_the_device_are_drawn_as_those_on_the_disk() -> None:
    caches = [marked(10, held_out=2), marked(30, 100), marked(4, 200, own=7)]
    photos = TrainingPhotos(caches, [3.0, 1.0, 5.0], SIZE)
    held = DevicePhotos(photos, torch.device("cpu"), lambda *_: None)
    torch.manual_seed(0)
    drawn = [held.draw(100) for _ in range(40)]
    pixels, sides = (torch.cat(x) for x in zip(*drawn, strict=True))
    assert pixels.shape == (4000, 3, SIZE, SIZE) and pixels.dtype == torch.uint8
    found = pixels[:, 0, 0, 0].int()
    assert not {0, 1} & set(found.tolist()) and set(range(2, 10)) < set(found.tolist())
    share = (found < 100).float().mean().item()
    assert share == pytest.approx(24 / (24 + 30 + 20), abs=0.04)
    assert torch.equal(sides == 7, found >= 200)
    tops, columns = pixels[:, 1, 0, 0].int(), pixels[:, 2, 0].int()
    assert set(tops[found < 200].tolist()) == {0, 1, 2}
    assert set(tops[found >= 200].tolist()) == {1}
    flipped = columns[:, 1] < columns[:, 0]
    assert 0.4 < flipped.float().mean() < 0.6
    assert set(columns.min(1).values.tolist()) == {0, 1, 2}
    torch.manual_seed(0)
    assert torch.equal(held.draw(100).pixels, drawn[0].pixels)

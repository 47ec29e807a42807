from itertools import count
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.training.photographs.cache import photo_bytes
from dgn_explorer.training.running.estimate import Estimate, _pace, estimate
from dgn_explorer.training.running.run import train
from tests.training.test_trainer import trainer
from tests.training.tiny import open_tiny, tiny_settings


def dry_run(photos: Path, folder: Path, **changes: object) -> Estimate:
    seconds = count()  # every reading of the clock is a second later
    return estimate(
        tiny_settings(photos, **changes),
        folder,
        device="cpu",
        steps=2,
        opener=open_tiny,
        clock=lambda: next(seconds),
    )


def test_sizes_and_times_are_those_of_the_run(photos: Path, tmp_path: Path) -> None:
    changes = {"steps": 100, "adversarial_start": 0.5}
    found = dry_run(photos, tmp_path / "not" / "yet", **changes)
    assert list(tmp_path.iterdir()) == []  # nothing is written
    assert (found.photographs, found.layer, found.feature_shape) == (80, "conv3", (16, 4, 4))
    assert (found.code_size, found.cache_bytes) == (16, 80 * photo_bytes(32))
    assert found.images_per_s == found.adversarial_images_per_s == 4  # a step of 4 in a second
    assert (found.images, found.training_s) == (400, 100)
    assert found.memory_bytes is None or found.memory_bytes > 10**7
    path = train(
        tiny_settings(photos, steps=1, adversarial_start=0.0),
        tmp_path / "run",
        name="tiny",
        save_every_s=1e9,
        progress=lambda *_: None,
        report=lambda *_: None,
        device="cpu",
        opener=open_tiny,
    )
    assert path.stat().st_size == pytest.approx(found.prior_bytes, rel=0.5)
    checkpoint = (tmp_path / "run" / "checkpoint.pt").stat().st_size
    assert checkpoint == pytest.approx(found.checkpoint_bytes, rel=0.25)


def test_hours_give_a_number_of_images(photos: Path, tmp_path: Path) -> None:
    found = dry_run(photos, tmp_path, steps=0, hours=2.0)
    assert (found.images, found.training_s) == (2 * 3600 * 4, 7200)
    text = found.text()
    assert "28,800 images (360.0 times each photograph) in 2.0 hours" in text
    assert "conv3 16 x 4 x 4" in text and "Warning" not in text


def test_what_would_stop_the_run_is_warned_of(photos: Path, tmp_path: Path) -> None:
    found = dry_run(photos, tmp_path, components=200)
    assert found.warnings == ("80 photographs are too few for 200 components.",)
    assert "Warning: 80 photographs" in found.text()


@pytest.mark.parametrize(("crops", "size"), [(128, 64), (1000, 80), (2, 1)])
def test_a_code_is_as_long_as_the_photographs_allow(
    photos: Path, tmp_path: Path, crops: int, size: int
) -> None:
    found = dry_run(photos, tmp_path, components=0, statistics_images=crops)
    assert (found.code_size, found.warnings) == (size, ())


def test_flat_layers_and_bad_settings(photos: Path, tmp_path: Path) -> None:
    assert dry_run(photos, tmp_path, layer="fc6", adversarial_weight=0.0).code_size == 24
    with pytest.raises(DgnError, match="conv9"):
        dry_run(photos, tmp_path, layer="conv9")
    with pytest.raises(DgnError, match="no file or folder"):
        dry_run(tmp_path / "none", tmp_path)


def test_on_a_gpu_the_steps_are_those_of_a_run_there() -> None:
    seconds = count()
    t = trainer()
    assert _pace(t, 0.9, 20, lambda: next(seconds)) == 20 * 4
    assert t.index == 25

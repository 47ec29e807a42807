import csv
import math
from pathlib import Path

import numpy as np
from PIL import Image

from dgn_explorer.training.learning.trainer import Losses
from dgn_explorer.training.running.metrics import COLUMNS, EVERY, Metrics, draw_curves, read_metrics


def test_means_of_a_hundred_steps_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    metrics = Metrics(path, 0)
    for step in range(1, EVERY + 51):
        d = math.nan if step <= 50 else 2.0
        metrics.add(step, step / 2, Losses(step, 1.0, 0.0, d), 5e-4, 30.0)
    assert [row["step"] for row in read_metrics(path)] == [EVERY]
    metrics.flush()
    first, second = read_metrics(path)
    assert first["image"] == 50.5
    assert first["discriminator"] == 2.0  # over the steps that have one
    assert (second["step"], second["image"], second["seconds"]) == (150, 125.5, 75)
    assert (second["learning_rate"], second["images_per_s"]) == (5e-4, 30)


def test_a_loss_that_is_not_in_use_is_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    metrics = Metrics(path, 0)
    metrics.add(1, 1.0, Losses(0.5, 1.0, 0.0, math.nan), 5e-4, 30.0)
    metrics.flush()
    with path.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["discriminator"] == "" and tuple(row) == COLUMNS
    assert math.isnan(read_metrics(path)[0]["discriminator"])


def test_a_resumed_run_drops_the_lines_it_does_again(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    # a file of the first version, with a last line cut off by a kill
    path.write_text(
        "step,seconds,image,feature,adversarial,discriminator\n"
        "100,9.0,0.5,1.5,0.0,nan\n200,18.0,0.4,1.4,0.0,nan\n300,27.0,0.3,1.3,0.0,nan\n400,3"
    )
    metrics = Metrics(path, 250)
    metrics.add(251, 20.0, Losses(0.35, 1.35, 0.0, 2.0), 5e-4, 30.0)
    metrics.flush()
    rows = read_metrics(path)
    assert [row["step"] for row in rows] == [100, 200, 251]
    assert [row["image"] for row in rows] == [0.5, 0.4, 0.35]
    assert math.isnan(rows[0]["code"])


def test_damaged_lines_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    good = b"100,9.0,0.5,1.5"
    bad = [
        b"200,9.0,0.5,1.5,7",
        b"x,9.0,0.5,1.5",
        b"nan,9.0,0.5,1.5",
        b"300,\x85,0.5,1.5",
        b"\0" * 9,
    ]
    path.write_bytes(b"\n".join([b"step,seconds,image,feature", *bad, good]))
    assert [row["step"] for row in read_metrics(path)] == [100]
    path.write_bytes(b"stop\n1")
    assert read_metrics(path) == []


def test_curves_show_every_loss_in_use(tmp_path: Path) -> None:
    rows = [
        {"step": 100.0 * i, "image": 1 / i, "feature": 2 / i, "adversarial": 0.0, "code": 0.0}
        | {"discriminator": math.nan}
        for i in range(1, 20)
    ]
    path = tmp_path / "curves.png"
    draw_curves(path, rows)
    with Image.open(path) as image:
        two = np.asarray(image.convert("RGB")).astype(int)
    rows[-1]["discriminator"] = 1.0
    draw_curves(path, rows)
    with Image.open(path) as image:
        assert image.height == two.shape[0] * 3 // 2
    blue = (two[..., 2] - two[..., 0]) > 60
    columns = np.flatnonzero(blue[: two.shape[0] // 2].any(0))
    tops = [np.flatnonzero(blue[: two.shape[0] // 2, x]).min() for x in (columns[5], columns[-5])]
    assert columns.max() - columns.min() > 0.8 * two.shape[1]
    assert tops[1] > tops[0] + 50  # a falling loss is a falling line


def test_no_rows_no_picture(tmp_path: Path) -> None:
    draw_curves(tmp_path / "curves.png", read_metrics(tmp_path / "none.csv"))
    assert list(tmp_path.iterdir()) == []

"""``dgn-explorer sample`` and ``inpaint``: lines, files, plans, and the same images once more."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import read_recipe
from dgn_explorer.synthesis.plan import parse_plan
from tests.test_command_line import run

SHORT = ("--set", "warm=3", "--set", "cycle=2", "--json", "--out", "made")
KEYS = {"address", "label", "index", "activation", "top1", "path", "seconds"}


def test_a_chain_through_two_units_has_a_line_for_every_image(tmp_path: Path) -> None:
    done = run("sample", "--chain", "volcano*2,strawberry*1", *SHORT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["label"] for line in lines] == ["volcano", "volcano", "strawberry"]
    assert [line["address"] for line in lines] == ["fc:980", "fc:980", "fc:949"]
    assert [line["index"] for line in lines] == [0, 1, 2]
    assert all(set(line) >= KEYS for line in lines)
    assert all(Path(line["path"]).is_absolute() for line in lines)
    recipe = read_recipe(Path(lines[0]["path"]))
    assert recipe is not None
    assert recipe.method == "ppgn"
    again = run("sample", "--chain", "volcano*2,strawberry*1", *SHORT, cwd=tmp_path)
    stored = [json.loads(line) for line in again.stdout.splitlines()]
    assert [line["activation"] for line in stored] == [line["activation"] for line in lines]
    assert all(line["cached"] for line in stored)


def test_a_hole_is_filled_from_the_command_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (90, 120, 3), np.uint8)).save(tmp_path / "photo.png")
    mask = np.zeros((90, 120), np.uint8)
    mask[30:60, 45:75] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    arguments = ("inpaint", "photo.png", "--mask", "mask.png", "--unit", "church")
    done = run(*arguments, "--count", "1", *SHORT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert set(line) >= KEYS
    assert line["label"] == "church"
    with Image.open(line["path"]) as image:
        assert image.size == (128, 128)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sample",), "nothing to sample"),
        (("sample", "--chain", "volcano"), "'volcano' is no part of a plan"),
        (("sample", "--chain", "volcanoo*2"), "Did you mean 'volcano'"),
        (("sample", "volcano", "--count", "0"), "samples cannot be 0"),
    ],
)
def test_bad_orders_are_explained(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["", "volcano", "volcano*0", "volcano*2,", "*3", "volcano*2 x"])
def test_plans_that_are_none(text: str) -> None:
    if text == "volcano*2,":  # a comma at the end does no harm
        assert parse_plan(text) == [("volcano", 2)]
        return
    with pytest.raises(DgnError, match="no part of a plan"):
        parse_plan(text)

"""``dgn-explorer invert`` and ``caricature``: numbers, files and refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.export.png import read_recipe
from dgn_explorer.results.strip import RECIPES_KEY
from dgn_explorer.synthesis.targets import Match
from tests.test_command_line import run


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "ramp.png"
    ramp = np.tile(np.linspace(0, 255, 64), (48, 1))
    Image.fromarray(np.stack([ramp, ramp[:, ::-1], ramp * 0 + 90], 2).astype(np.uint8)).save(path)
    return path


def test_invert_tells_how_near_it_comes(photo: Path, tmp_path: Path) -> None:
    wanted = ("--layer", "blocks.2", "--set", "steps=6", "--json", "--out", "made")
    done = run("invert", photo.name, *wanted, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert line["address"] == "photo at blocks.2" and line["steps"] == 6
    assert line["relative_error"] > 0 and -1 <= line["cosine"] <= 1
    assert line["activation"] == line["relative_error"]
    assert f"relative error {line['relative_error']:.3f}" in done.stderr
    follows = line["relative_error"] <= min(line["plain_error"], 1)
    assert ("does not follow the photograph" in done.stderr) != follows
    recipe = read_recipe(Path(line["path"]))
    assert recipe is not None and recipe.target == Match("blocks.2")


def test_several_layers_make_a_strip(photo: Path, tmp_path: Path) -> None:
    layers = ("--layer", "stem", "--layer", "blocks.2")
    wanted = (*layers, "--set", "steps=2", "--strip", "strip.png", "--out", "made")
    done = run("invert", photo.name, *wanted, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "strip.png") as strip:
        assert strip.width > 3 * 192 and strip.height < 250
        kept = json.loads(strip.text[RECIPES_KEY])["recipes"]
    assert [one["target"]["layer"] for one in kept] == ["stem", "blocks.2"]


def test_caricature_takes_several_photographs(photo: Path, tmp_path: Path) -> None:
    wanted = ("--layer", "blocks.2", "--set", "steps=3", "--json", "--out", "made")
    done = run("caricature", photo.name, photo.name, *wanted, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert Path(line["path"]).is_file() and {"dot", "cosine"} <= set(line)
    none = run("invert", photo.name, "--layer", "blocks.99", cwd=tmp_path)
    assert none.returncode == 2 and "has no layer 'blocks.99'" in none.stderr


@pytest.mark.parametrize("command", ["invert", "caricature"])
def test_what_is_no_photograph_is_refused(command: str, photo: Path, tmp_path: Path) -> None:
    photo.write_bytes(photo.read_bytes()[:60])
    broken = run(command, photo.name, "--layer", "blocks.2", cwd=tmp_path)
    assert broken.returncode == 2
    assert f"{photo.name} is no picture" in broken.stderr and "Traceback" not in broken.stderr

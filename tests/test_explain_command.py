"""``dgn-explorer explain``: the overlay with its order, raw maps, numbers, and refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.export.overlay import overlay
from dgn_explorer.export.png import read_recipe, read_survey
from tests.test_command_line import run


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a photo.png"
    pixels = np.random.default_rng(0).integers(0, 256, (70, 60, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_explain_writes_overlay_maps_and_numbers(photo: Path, tmp_path: Path) -> None:
    wanted = ("--unit", "volcano", "--how", "guided", "--json", "--raw", "map.npy")
    look = ("--tone", "colours", "--smooth", "1", "--opacity", "0.9")
    done = run("explain", photo.name, *wanted, *look, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert (line["address"], line["label"], line["how"]) == ("fc:980", "volcano", "guided")
    maps = np.load(tmp_path / "map.npy")
    assert maps.shape == (1, 192, 192) and maps.dtype == np.float32
    written = Path(line["path"])
    assert written.name == "a photo fc-980 volcano guided.png"
    assert np.array(Image.open(written)).shape == (192, 192, 3)
    survey = read_survey(written)
    assert survey is not None and read_recipe(written) is None
    again = run("make", survey.to_json(), "--json", cwd=tmp_path)
    assert np.array_equal(np.load(json.loads(again.stdout)["path"]), maps)


def test_explain_says_why_not(photo: Path, tmp_path: Path) -> None:
    done = run("explain", photo.name, "--unit", "volcano", "--how", "deconvnet", cwd=tmp_path)
    assert done.returncode == 2
    assert "it has no max-pooling before fc" in done.stderr
    assert "Traceback" not in done.stderr
    photo.write_bytes(b"no photograph")
    broken = run("explain", photo.name, "--unit", "volcano", cwd=tmp_path)
    assert broken.returncode == 2
    assert photo.name in broken.stderr and "Traceback" not in broken.stderr


def test_an_overlay_is_red_for_the_unit_and_blue_against_it() -> None:
    seen = np.full((4, 4, 3), 128, np.uint8)
    values = np.zeros((4, 4))
    values[0, 0], values[3, 3] = 2.0, -2.0
    image = overlay(seen, values).astype(int)
    assert image[0, 0, 0] > image[0, 0, 2] + 100
    assert image[3, 3, 2] > image[3, 3, 0] + 100
    assert len(set(image[1, 1])) == 1
    np.testing.assert_array_equal(overlay(seen, values * 0)[0, 0], image[1, 1])

"""``dgn-explorer grid`` and ``animate``: pictures of what is stored, and films."""

import json
from pathlib import Path

from PIL import Image

from dgn_explorer.paths import data_folder
from dgn_explorer.results.store import Store
from tests.results.making import make_result
from tests.test_command_line import run


def test_grid_of_the_store(tmp_path: Path) -> None:
    store = Store(data_folder() / "results")
    keys = []
    for index in range(5):
        result = make_result(index)
        store.put(result)
        keys.append(result.key)
    sheet = ("--columns", "2", "--gap", "1", "--caption", "", "--json")
    done = run("grid", *sheet, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"results": 5, "paths": [str(tmp_path / "grid.png")]}
    with Image.open(tmp_path / "grid.png") as grid:
        assert grid.size == (1 + 2 * 17, 1 + 3 * 13)
    again = run("grid", *sheet, cwd=tmp_path)
    assert again.returncode == 2
    assert "grid.png is there already" in again.stderr
    chosen = run("grid", keys[3][:12], keys[0], "--out", "two.pdf", "--json", cwd=tmp_path)
    assert json.loads(chosen.stdout)["results"] == 2
    assert (tmp_path / "two.pdf").read_bytes().startswith(b"%PDF-")
    missing = run("grid", "ffff", "--out", "x.png", cwd=tmp_path)
    assert "No result in the store has a key that begins with 'ffff'" in missing.stderr


def test_animate_an_ascent_and_a_morph(tmp_path: Path) -> None:
    short = ("--steps", "4", "--json")
    ascent = run("animate", "volcano", *short, "--out", "a.gif", cwd=tmp_path)
    assert ascent.returncode == 0, ascent.stderr
    assert json.loads(ascent.stdout) == {"frames": 4, "path": str(tmp_path / "a.gif")}
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == 4
    way = run("animate", "volcano", "tench", *short, "--frames", "5", cwd=tmp_path)
    assert json.loads(way.stdout) == {"frames": 5, "path": str(tmp_path / "animation.webp")}
    bad = run("animate", "volcano", *short, "--out", "a.avi", cwd=tmp_path)
    assert bad.returncode == 2
    assert "a.avi is no kind of animation" in bad.stderr

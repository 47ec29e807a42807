"""``dgn-explorer maps``: the sheet with its order, raw maps, rows, and refusals."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from dgn_explorer.export.png import read_survey
from tests.test_command_line import run


def test_maps_writes_a_sheet_and_a_row_for_each_unit(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 60, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    wanted = ("--layer", "blocks.4", "--strongest", "--json", "--raw", "maps.npy")
    done = run("maps", "a.png", *wanted, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    maps = np.load(tmp_path / "maps.npy")
    assert len(rows) == len(maps)
    heights = [row["highest"] for row in rows]
    assert heights == sorted(heights, reverse=True)
    first = int(rows[0]["address"].partition(":")[2])
    assert maps[first].max() == np.float32(heights[0]) == maps.max()
    written = Path(rows[0]["path"])
    with Image.open(written) as picture:
        assert picture.size[0] > 200
    survey = read_survey(written)
    assert survey is not None and survey.study == "maps" and survey.layers == ("blocks.4",)
    flat = run("maps", "a.png", "--layer", "fc", cwd=tmp_path)
    assert flat.returncode == 2 and "fc has no maps" in flat.stderr

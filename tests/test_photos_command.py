"""``dgn-explorer photos``: what it prints and writes, twice, and of bad sets."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import dgn_explorer as dgn
from dgn_explorer import cli
from dgn_explorer.errors import DgnError
from tests.photos.sets_of import fill
from tests.tiny_opened import tiny

__all__ = ["tiny"]  # a fixture
pytestmark = pytest.mark.usefixtures("tiny")


def run(*words: str) -> list[str]:
    result = CliRunner().invoke(cli.group, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return fill(tmp_path / "set", cat=6, dog=5)


def test_top_lists_the_strongest_and_draws_them(photos: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    rows = [
        json.loads(line)
        for line in run(
            *("photos", "top", "conv2:3", "--set", str(photos), "--count", "4", "--json"),
            *("--out", str(sheet)),
        )
    ]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    values = [row["activation"] for row in rows]
    assert values == sorted(values, reverse=True)
    assert Path(rows[0]["photo"]).is_file() and rows[0]["folder"] in ("cat", "dog")
    top, left, bottom, right = rows[0]["field"]
    row, column = rows[0]["position"]
    assert top <= 4 * row < bottom <= top + 7 and left <= 4 * column < right
    assert np.array(Image.open(sheet)).ndim == 3
    text = run("photos", "top", "dog", "--set", str(photos), "--count", "2")
    assert len(text) == 3 and text[-1].startswith("Of 11 photographs 0 %:")


def test_measure_tells_what_there_is(photos: Path, tmp_path: Path) -> None:
    (photos / "cat" / "broken.jpg").write_text("no photograph")
    (line,) = run("photos", "measure", str(photos), "--layers", "conv1,fc", "--json")
    told = json.loads(line)
    assert (told["photos"], told["unreadable"], told["units"]) == (11, 1, 13)
    assert told["layers"] == ["conv1", "fc"]
    with dgn.open(progress=False) as explorer:
        record = explorer.get(told["key"])
        assert record is not None and record.array("counted")[0] == 11
    (text,) = run("photos", "measure", str(photos), "--layer", "fc")
    assert text == "11 photographs, 5 units of fc."


def test_bad_sets_and_units_are_refused_in_a_sentence(tmp_path: Path, photos: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DgnError, match="holds no photographs"):
        run("photos", "measure", str(tmp_path / "empty"))
    with pytest.raises(DgnError, match="no layer 'conv9'"):
        run("photos", "measure", str(photos), "--layer", "conv9")
    (photos.parent / "bad").mkdir()
    (photos.parent / "bad" / "a.png").write_text("no photograph")
    with pytest.raises(DgnError, match="Nothing of bad can be measured, of 1 photograph: "):
        run("photos", "top", "dog", "--set", str(photos.parent / "bad"))


def test_the_library_tells_where_an_activation_lies(photos: Path) -> None:
    with dgn.open(progress=False) as explorer:
        found = explorer.top_photos("dog", photos, count=3)
        counts, low, high = found.histogram
        assert counts.sum() == 11 and low < high == found.activations[0]
        assert found.share_below(high + 1) == 1.0 and found.share_below(low - 1) == 0.0
        middle = found.quantile(0.5)
        assert found.share_below(middle) == pytest.approx(0.5, abs=0.01)
        names, lows, highs = zip(*found.ranges(), strict=True)
        assert len(names) == 5 and all(a < b for a, b in zip(lows, highs, strict=True))
        picture = found.thumbnail(found.photos[0])
        assert picture is not None and picture.shape == (96, 96, 3)
        with pytest.raises(DgnError, match="was not among what was measured"):
            from dgn_explorer.results.top_photos import unit_photos

            unit_photos(found.record, explorer.network.resolve("conv1:0"))

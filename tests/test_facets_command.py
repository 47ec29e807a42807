"""``dgn-explorer facets``: its lines, its files, and its sheet."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import dgn_explorer as dgn
from dgn_explorer import cli
from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import read_recipe
from tests.synthesis.test_facets import kinds
from tests.tiny_opened import tiny

__all__ = ["tiny"]  # a fixture
pytestmark = pytest.mark.usefixtures("tiny")

QUICK = ("--change", "prior_term=0", "--change", "steps=2", "--folder", "all")


def run(*words: str) -> list[str]:
    result = CliRunner().invoke(cli.group, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_facets_prints_one_object_a_facet(tmp_path: Path) -> None:
    photos, sheet = kinds(tmp_path / "kinds"), tmp_path / "sheet.png"
    words = ("facets", "dog", "--set", str(photos), "-k", "3", *QUICK, "--out", str(tmp_path / "x"))
    lines = [json.loads(line) for line in run(*words, "--json", "--sheet", str(sheet))]
    wanted = {"facet", "share", "stability", "activation", "mean_image", "path"}
    assert [line["facet"] for line in lines] == [0, 1, 2]
    assert all(wanted <= set(line) for line in lines)
    with dgn.open(progress=False) as explorer:
        record = explorer.facets(
            "dog", photos, 3, parameters={"folder": "all", "prior_term": 0.0, "steps": 2}
        )
    for line in lines:
        image = np.array(Image.open(line["path"]))
        np.testing.assert_array_equal(image, record.images[line["facet"]])
        mean = np.array(Image.open(line["mean_image"]))
        np.testing.assert_array_equal(mean, record.array("mean_images")[line["facet"]])
        assert read_recipe(Path(line["path"])) == record.recipe
    assert np.array(Image.open(sheet)).shape[1] > 5 * 32
    text = run(*words)
    assert len(text) == 3 and text[0].startswith("0  share 0.33  stability 1.00  activation")


def test_facets_refuses_what_it_cannot_group(tmp_path: Path) -> None:
    photos = kinds(tmp_path / "kinds", each=2)
    with pytest.raises(DgnError, match="its facets need 12"):
        run("facets", "dog", "--set", str(photos), "-k", "3", *QUICK)
    assert not list(tmp_path.glob("*.png"))

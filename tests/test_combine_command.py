"""``dgn-explorer combine``: the same keys as visualize, and the units with their weights."""

import json
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import read_recipe
from dgn_explorer.synthesis.combination import parse_part
from tests.test_command_line import run

SHORT = ("--steps", "3", "--json", "--out", "made")


def test_combine_and_visualize_print_the_same_keys(tmp_path: Path) -> None:
    done = run("combine", "volcano=1", "strawberry=0.6", *SHORT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    alone = json.loads(run("visualize", "volcano", *SHORT, cwd=tmp_path).stdout)
    assert set(line) == {*alone, "units"}
    assert line["address"] == "fc:980 + 0.6*fc:949"
    assert line["label"] == "volcano + 0.6*strawberry"
    assert [(u["address"], u["label"], u["weight"]) for u in line["units"]] == [
        ("fc:980", "volcano", 1.0),
        ("fc:949", "strawberry", 0.6),
    ]
    recipe = read_recipe(tmp_path / line["path"])
    assert recipe is not None
    assert [term.weight for term in recipe.target.terms] == [1.0, 0.6]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("volcano=x",), "'volcano=x' is not a unit with its weight"),
        (("volcano=0",), "is not a unit with its weight"),
        (("volcano=1", "fc:980=2"), "names a unit twice"),
    ],
)
def test_bad_parts_are_explained(parts: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = run("combine", *parts, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["=1", "a=nan", "a=inf", "a="])
def test_weights_are_numbers(text: str) -> None:
    with pytest.raises(DgnError):
        parse_part(text)

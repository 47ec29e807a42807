"""``dgn-explorer inverse-set`` and `Explorer.inverse_set`: the same set, from the same store."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import dgn_explorer
from dgn_explorer import cli
from dgn_explorer.engine import opened
from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import read_recipe
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.verdict import readings_of_images
from tests.tiny import tiny_network, tiny_prior

QUICK = {"ascend": 30, "spread": 2, "walk": 2, "prior": 0.0, "apart": 0.0, "together": 2}
SETTINGS = [word for name, value in QUICK.items() for word in ("--set", f"{name}={value}")]


@pytest.fixture(autouse=True)
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Network, Prior]]:
    network, prior = tiny_network(), tiny_prior(tmp_path)
    monkeypatch.setattr(opened, "open_network", lambda spec, device, confirm: network)
    monkeypatch.setattr(opened, "open_prior", lambda spec, device: prior)
    yield network, prior


def run(*words: str, out: Path) -> list[dict[str, object]]:
    words = ("inverse-set", *words, *SETTINGS, "--out", str(out), "--json", "--device", "cpu")
    result = CliRunner().invoke(cli.group, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_object_a_sample_that_says_what_the_file_holds(
    tiny: tuple[Network, Prior], tmp_path: Path
) -> None:
    words = ("bee=-0.4..0.4", "fc:0=-2..2", "--minimise", "cat", "--count", "3", "--seed", "5")
    lines = run(*words, out=tmp_path / "made")
    assert [line["index"] for line in lines] == [0, 1, 2]
    for line in lines:
        path = Path(str(line["path"]))
        assert path.is_absolute() and path.is_file()
        assert line["inside"] is True and line["tries"] >= 1  # type: ignore[operator]
        pixels = np.array(Image.open(path))
        recipe = read_recipe(path)
        assert recipe is not None
        values, _ = readings_of_images(*tiny, recipe.units, pixels[None])
        named = line["activations"]
        assert isinstance(named, dict) and list(named) == ["fc:1", "fc:0", "fc:2"]
        np.testing.assert_allclose(values[0], list(named.values()), atol=1e-5)
        assert -0.4 <= named["fc:1"] <= 0.4
    assert all(line["cached"] for line in run(*words, out=tmp_path / "made"))


def test_the_library_makes_the_same_set(tmp_path: Path) -> None:
    lines = run("bee=-0.4..0.4", "--maximise", "dog", "--count", "3", out=tmp_path)
    with dgn_explorer.open("tiny", device="cpu", progress=False) as explorer:
        record = explorer.inverse_set(
            {"bee": (-0.4, 0.4)}, maximise="dog", count=3, parameters=QUICK
        )
        assert [r.key for r in explorer.results()] == [record.key]
        with pytest.raises(DgnError, match="images were tried"):
            explorer.inverse_set({"bee": (900, 901)}, count=2, parameters=QUICK)
        with pytest.raises(DgnError, match="named twice"):
            explorer.inverse_set({"bee": (0, 1)}, minimise=("bee",))
    named = [line["activations"] for line in lines]
    assert named == [
        dict(zip(("fc:1", "fc:3"), row, strict=True))
        for row in record.array("activations").astype(float).tolist()
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("bee=8",), "is not a unit with its range"),
        (("bee=2..1",), "cannot lie from 2"),
        (("bee=1..2", "bee=2..3"), "has two ranges"),
        (("wasp=1..2",), "no class called"),
        (("bee=1..2", "--count", "0"), "count cannot be 0"),
        (("bee=900..901", "--count", "2", *SETTINGS), "No image lies in the range"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(cli.group, ["inverse-set", *words, "--device", "cpu"])
    assert isinstance(result.exception, DgnError)
    assert told in str(result.exception)


def test_other_commands_say_that_the_method_needs_ranges() -> None:
    words = ["visualize", "bee", "--method", "inverse-set", "--device", "cpu"]
    result = CliRunner().invoke(cli.group, words)
    assert isinstance(result.exception, DgnError)
    assert "cannot make 'maximise' images" in str(result.exception)

"""``dgn-explorer prior compare`` and ``evaluate --against``: priors side by side."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from dgn_explorer import cli
from dgn_explorer.engine import opened
from dgn_explorer.errors import DgnError
from dgn_explorer.priors.files import load_prior
from dgn_explorer.results.store import open_store
from dgn_explorer.synthesis.step_sizes import remember_step
from tests.tiny import tiny_network, tiny_prior_file
from tests.tiny_opened import STEP


@pytest.fixture(autouse=True)
def two_priors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """``one`` and ``two`` open priors of these names, whatever network is asked for."""
    network = tiny_network()
    priors = {}
    for name in ("default", "one", "two"):
        path = tiny_prior_file(tmp_path / f"{name}.safetensors", name)
        priors[name] = load_prior(path, network.device)
        remember_step(network.info.fingerprint, priors[name].info.fingerprint, STEP)
    for place in (opened, "dgn_explorer.networks.opening", "dgn_explorer.commands.opening"):
        monkeypatch.setattr(
            f"{place if isinstance(place, str) else place.__name__}.open_network",
            lambda spec, device, confirm=None: network,
            raising=False,
        )
    for place in ("dgn_explorer.engine.opened", "dgn_explorer.priors.opening"):
        monkeypatch.setattr(f"{place}.open_prior", lambda spec, device: priors[spec])
    yield


def run(*arguments: str | Path) -> Result:
    found = CliRunner().invoke(cli.group, [str(one) for one in arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def test_a_row_a_unit_and_a_column_a_prior(tmp_path: Path) -> None:
    out = tmp_path / "grid.png"
    how = ("--with", "one", "--with", "two", "--with", "pixels", "--steps", "3", "--out", out)
    done = run("prior", "compare", "cat", "conv2:3", *how, "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["prior"], row["address"]) for row in rows] == [
        *(("one", "fc:2"), ("two", "fc:2"), ("no prior", "fc:2")),
        *(("one", "conv2:3"), ("two", "conv2:3"), ("no prior", "conv2:3")),
    ]
    kept = {item.key: item for item in open_store().list()}
    assert all(kept[row["key"]].activation == row["activation"] for row in rows)
    picture = np.array(Image.open(out))
    assert picture.shape[1] > picture.shape[0]  # three in a row, two rows
    assert picture.shape[1] > 3 * 200  # however small the images: captions need room
    with pytest.raises(DgnError, match="there already"):
        run("prior", "compare", "cat", *how)
    assert run("prior", "compare", "cat", *how, "--overwrite").exit_code == 0


def test_one_prior_is_no_comparison(tmp_path: Path) -> None:
    with pytest.raises(DgnError, match="1 priors cannot be compared"):
        run("prior", "compare", "cat", "--with", "one")


def test_evaluate_puts_priors_side_by_side() -> None:
    how = ("evaluate", "--network", "tiny", "--prior", "one", "--against", "two", "--steps", "2")
    wanted = ("--units", "2", "--part", "recognisability", "--judge", "other")
    lines = run(*how, *wanted, "--json").stdout.splitlines()
    assert [json.loads(line)["prior"] for line in lines] == ["one", "two"]
    table = run(*how, *wanted).stdout
    assert table.startswith("1: one, dgn-am, 2 units of tiny\n2: two, dgn-am, 2 units of tiny\n")
    with pytest.raises(DgnError, match="no part 'all'"):
        run(*how, "--part", "all")


def test_the_length_of_the_trainings_and_foreign_layers_are_named(tmp_path: Path) -> None:
    how = ("prior", "layers", tmp_path, "--run", tmp_path / "runs", "--out", tmp_path / "priors")
    for more in ((), ("--seconds", "1", "--images", "1")):
        with pytest.raises(DgnError, match="length of the trainings is not clear"):
            run(*how, *more)
    with pytest.raises(DgnError, match="layers of torchvision:vgg11 to invert are not named"):
        run(*how, "--images", "1", "--network", "torchvision:vgg11")

"""A strip over training, and which units changed: on the example series."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dgn_explorer.engine.ordering import Wanted
from dgn_explorer.errors import DgnError
from dgn_explorer.evaluation.unit_changes import probes, unit_changes
from dgn_explorer.over_training import at_position, film_strip
from dgn_explorer.results.store import open_store
from tests.test_command_line import run
from tests.tiny import TinyNet, tiny_network, tiny_prior

SHORT = Wanted.of("pixels", changes={"steps": 3})
ENDS = ("step-0", "step-3000")


def test_the_same_recipe_at_every_checkpoint() -> None:
    said: list[str] = []
    strip = film_strip(
        "shapes", ["class:0-1"], wanted=SHORT, positions=ENDS, seed=4, progress=said.append
    )
    assert said == ["step-0, 1 of 2", "step-3000, 2 of 2"]
    assert strip.names == ("red disc", "green square")
    records = [[strip.record(unit, at) for at in range(2)] for unit in range(2)]
    recipes = [record.recipe for row in records for record in row]
    assert {recipe.seed for recipe in recipes} == {4}
    assert len({recipe.parameters for recipe in recipes}) == 1
    assert [recipe.network for recipe in recipes] == ["shapes@step-0", "shapes@step-3000"] * 2
    assert len({recipe.network_fingerprint for recipe in recipes}) == 2
    assert len(strip.cells()) == 6  # with the names
    for unit in range(2):
        for at, cell in enumerate(strip.cells()[3 * unit + 1 : 3 * unit + 3]):
            record = records[unit][at]
            np.testing.assert_array_equal(cell.image, record.image)
            assert cell.caption.startswith(f"{ENDS[at]}: {record.activation:.3g}, ")
    frames = strip.film(1)
    assert len({frame.shape for frame in frames}) == 1
    assert len(frames) == 2
    rows = strip.rows()
    assert [row["position"] for row in rows] == [*ENDS, *ENDS]
    assert rows[1]["activation"] == records[0][1].activation


def test_a_strip_that_is_stored_is_not_made_again() -> None:
    film_strip("shapes", ["class:0"], wanted=SHORT, positions=ENDS)
    before = {key: open_store().path(key).stat().st_mtime_ns for key in list(open_store().keys())}
    assert len(before) == 2
    film_strip("shapes", ["class:0"], wanted=SHORT, positions=ENDS)
    assert before == {key: open_store().path(key).stat().st_mtime_ns for key in before}


def test_one_network_is_no_series() -> None:
    with pytest.raises(DgnError, match="no series of checkpoints"):
        film_strip("lite0", ["fc:0"], wanted=SHORT)
    with pytest.raises(DgnError, match="no checkpoint 'step-7'"):
        film_strip("shapes", ["class:0"], wanted=SHORT, positions=["step-7"])


def test_a_unit_that_only_grew_has_not_changed(tmp_path: Path) -> None:
    """Twice the answers order the images alike; a negated unit orders them the other way round."""
    prior = tiny_prior(tmp_path)
    before = tiny_network()
    module = TinyNet()
    module.load_state_dict(tiny_network().module.state_dict(), strict=False)
    with torch.no_grad():
        for parameter, old in zip(module.parameters(), before.module.parameters(), strict=True):
            parameter.copy_(old)
        module.fc.weight[1] *= 2
        module.fc.weight[3] *= -1
        module.fc.bias[3] *= -1
        module.fc.weight[4] = 0
    after = tiny_network(module)
    found = unit_changes(before, after, prior, ["fc"], probes(prior, 16))
    by_unit = {one.unit: one for one in found}
    assert [one.unit for one in found[:1]] == ["fc:3"]
    assert by_unit["fc:3"].change == pytest.approx(2, abs=1e-4)
    assert by_unit["fc:0"].change == pytest.approx(0, abs=1e-4)
    assert by_unit["fc:1"].change == pytest.approx(0, abs=1e-4)
    assert by_unit["fc:1"].spread_after == pytest.approx(2 * by_unit["fc:1"].spread_before, 1e-3)
    assert by_unit["fc:4"].change is None
    assert found[-1].unit == "fc:4"
    with pytest.raises(DgnError, match="2 images cannot show a change"):
        unit_changes(before, after, prior, ["fc"], probes(prior, 2))


def test_probes_are_the_same_for_a_seed(tmp_path: Path) -> None:
    prior = tiny_prior(tmp_path)
    torch.testing.assert_close(probes(prior, 5), probes(prior, 5), rtol=0, atol=0)
    assert not torch.equal(probes(prior, 5), probes(prior, 5, seed=1))


def test_the_spec_of_another_checkpoint_keeps_its_options() -> None:
    from dgn_explorer.networks.opening import open_network

    info = open_network("shapes@step-10 --size 48").info
    assert at_position(info, "step-30") == "shapes@step-30 --size 48"


def test_the_commands(tmp_path: Path) -> None:
    how = ("--network", "shapes", "--method", "pixels", "--steps", "3", "--at", ENDS[0])
    strip = ("strip", "class:0", *how, "--at", ENDS[1], "--film", "f.gif", "--json")
    done = run(*strip, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["position"] for row in rows] == list(ENDS)
    with Image.open(tmp_path / "f.gif") as film:
        assert film.n_frames == 2
    with Image.open(tmp_path / "strip.png") as sheet:
        assert sheet.width > 3 * 240
    assert run(*strip, cwd=tmp_path).returncode == 2
    changes = run("changes", "fc", "--network", "shapes", "--images", "8", "--json", cwd=tmp_path)
    assert changes.returncode == 0, changes.stderr
    found = [json.loads(line)["change"] for line in changes.stdout.splitlines()]
    assert len(found) == 8
    assert found == sorted(found, reverse=True)
    assert "From step-0 to step-3000, by 8 images of default" in changes.stderr

"""The window with the real engine, the embedded network and a tiny prior."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dgn_explorer.engine.engine import Engine
from dgn_explorer.export.png import encode_png
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.frame.permission_dialog import PermissionDialog
from dgn_explorer.gui.state.display import Showing
from dgn_explorer.gui.state.run_settings import RunSettings
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.spec_text import spec_text
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.morph import between
from dgn_explorer.synthesis.start import FromResult
from tests.gui.conftest import Explorer
from tests.tiny import tiny_prior_file

OPEN_MS = 60_000


FACTORY = """
from torch import nn

def make():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(4, 3))
"""


@pytest.fixture
def real(make_explorer, tmp_path: Path) -> Explorer:
    made: Explorer = make_explorer(
        make_engine=lambda store, bridge: Engine(
            store, bridge.listen, "cpu", threads=1, confirm=bridge.confirm
        )
    )
    made.session.open("lite0", str(tiny_prior_file(tmp_path / "tiny.safetensors")))
    made.qtbot.waitUntil(lambda: made.session.network is not None, timeout=OPEN_MS)
    return made


def test_search_watch_stop_and_come_back(real: Explorer) -> None:
    real.session.settings.edit(RunSettings(parameters=DgnAmParameters(steps=10_000)), "long")
    real.type_and_enter("volcano")
    frames = []
    real.session.frame.connect(frames.append)
    real.qtbot.waitUntil(lambda: len(frames) >= 3, timeout=OPEN_MS)
    assert frames[0].image.shape == (32, 32, 3)
    assert frames[-1].step > frames[0].step
    real.desk.table["stop"].trigger()
    real.qtbot.waitUntil(lambda: real.session.runs.live is None, timeout=OPEN_MS)
    assert real.session.display.badge.startswith("Stopped at step ")

    real.session.settings.edit(RunSettings(parameters=DgnAmParameters(steps=2)), "short")
    real.type_and_enter("volcano")
    real.qtbot.waitUntil(lambda: real.session.display.badge == "Finished", timeout=OPEN_MS)
    result = real.session.display.result
    assert result is not None
    assert result.label == "volcano"
    assert result.steps == 2
    real.desk.table["more_steps"].trigger()
    real.qtbot.waitUntil(
        lambda: (
            real.session.display.result is not None
            and real.session.display.result.recipe.start == FromResult(result.key)
        ),
        timeout=OPEN_MS,
    )
    real.type_and_enter("volcano")
    real.qtbot.waitUntil(lambda: real.session.display.badge == "From cache", timeout=OPEN_MS)
    assert real.session.display.showing is Showing.RESULT


def test_combine_morph_film_and_photo(real: Explorer, tmp_path: Path) -> None:
    session = real.session
    session.settings.edit(RunSettings(parameters=DgnAmParameters(steps=3)), "short")
    units = [UnitAddress("fc", 980), UnitAddress("fc", 949)]
    real.combination.add(units)
    real.qtbot.waitUntil(lambda: session.display.badge == "Finished", timeout=OPEN_MS)
    first = session.display.result
    assert first is not None
    assert first.label == "volcano + strawberry"
    real.combination.weigh(units[1], 0.6)
    real.qtbot.waitUntil(
        lambda: session.display.result is not None and session.display.result.key != first.key,
        timeout=OPEN_MS,
    )
    second = session.display.result
    assert second.recipe.start == FromResult(first.key)
    assert second.label == "volcano + 0.6*strawberry"

    answers: list[object] = []
    codes = between(first.code, second.code, 5, "spherical")
    questions, recipe = session.questions, second.recipe
    questions.images_of(recipe.prior_fingerprint, codes, answers.append)
    questions.frames_of(second, 3, answers.append)
    photo = Input("photo", session.library.keep_input(encode_png(first.image)))
    network = session.network
    survey = Survey(network.name, network.fingerprint, "strongest", inputs=(photo,))
    questions.order(survey, answers.append)
    real.qtbot.waitUntil(lambda: len(answers) == 3, timeout=OPEN_MS)
    morph, film, strongest = answers
    np.testing.assert_array_equal(morph[0], first.image)
    np.testing.assert_array_equal(morph[-1], second.image)
    np.testing.assert_array_equal(film[-1], second.image)
    assert set(strongest.parts["layer"]) == {x.path for x in session.network.layers}
    assert not session.runs.watching


def asked(explorer: Explorer) -> PermissionDialog:
    find = explorer.window.findChild
    explorer.qtbot.waitUntil(lambda: find(PermissionDialog) is not None, timeout=OPEN_MS)
    dialog: PermissionDialog = find(PermissionDialog)
    return dialog


def test_own_code_runs_after_a_yes_and_is_asked_for_once(real: Explorer, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(FACTORY)
    scope: dict[str, Any] = {}
    exec(FACTORY, scope)
    torch.save(scope["make"]().state_dict(), tmp_path / "mine.pt")
    options = NetworkOptions(arch=f"{tmp_path / 'mine.py'}:make", size=32)
    spec, prior = spec_text(str(tmp_path / "mine.pt"), options), real.session.asked[1]
    problems: list[str] = []
    real.session.problem.connect(lambda message, *_: problems.append(message))

    real.session.reopen(spec, prior)
    asked(real).reject()
    real.qtbot.waitUntil(lambda: bool(problems), timeout=OPEN_MS)
    assert "needs your permission" in problems[0]
    real.window.findChild(ErrorDialog).close()
    assert real.session.network.name == "lite0"

    real.session.reopen(spec, prior)
    asked(real).accept()
    real.qtbot.waitUntil(lambda: real.session.network.name == spec, timeout=OPEN_MS)
    real.session.reopen("lite0", prior)
    real.qtbot.waitUntil(lambda: real.session.network.name == "lite0", timeout=OPEN_MS)
    real.session.reopen(spec, prior)  # remembered
    real.qtbot.waitUntil(lambda: real.session.network.name == spec, timeout=OPEN_MS)

    with (tmp_path / "mine.py").open("a") as file:
        file.write("# changed\n")
    real.session.reopen(spec, prior)
    asked(real)
    real.window.close_at_once()  # the question is open, and the engine ends all the same
    assert real.engine.close()

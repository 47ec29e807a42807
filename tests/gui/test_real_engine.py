"""The window with the real engine, the embedded network and a tiny prior."""

from pathlib import Path

import numpy as np
import pytest

from dgn_explorer.engine.engine import Engine
from dgn_explorer.engine.messages import Decode, Replay, Strongest
from dgn_explorer.gui.display import Showing
from dgn_explorer.gui.run_settings import RunSettings
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.morph import between
from dgn_explorer.synthesis.parameters import DgnAmParameters
from tests.gui.conftest import Explorer
from tests.tiny import tiny_prior_file

OPEN_MS = 60_000


@pytest.fixture
def real(make_explorer, tmp_path: Path) -> Explorer:
    made: Explorer = make_explorer(
        make_engine=lambda store, listener: Engine(store, listener, "cpu", threads=1)
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
    real.window.table["stop"].trigger()
    real.qtbot.waitUntil(lambda: real.session.live is None, timeout=OPEN_MS)
    assert real.session.display.badge.startswith("Stopped at step ")

    real.session.settings.edit(RunSettings(parameters=DgnAmParameters(steps=2)), "short")
    real.type_and_enter("volcano")
    real.qtbot.waitUntil(lambda: real.session.display.badge == "Finished", timeout=OPEN_MS)
    result = real.session.display.result
    assert result is not None
    assert result.label == "volcano"
    assert result.steps == 2
    real.window.table["more_steps"].trigger()
    real.qtbot.waitUntil(
        lambda: (
            real.session.display.result is not None
            and real.session.display.result.recipe.start == f"result:{result.key}"
        ),
        timeout=OPEN_MS,
    )
    real.type_and_enter("volcano")
    real.qtbot.waitUntil(lambda: real.session.display.badge == "From cache", timeout=OPEN_MS)
    assert real.session.display.showing is Showing.RESULT


def test_combine_morph_film_and_photo(real: Explorer, tmp_path: Path) -> None:
    session, window = real.session, real.window
    session.settings.edit(RunSettings(parameters=DgnAmParameters(steps=3)), "short")
    units = [UnitAddress("fc", 980), UnitAddress("fc", 949)]
    window.combination.add(units)
    real.qtbot.waitUntil(lambda: session.display.badge == "Finished", timeout=OPEN_MS)
    first = session.display.result
    assert first is not None
    assert first.label == "volcano + strawberry"
    window.combination.weigh(units[1], 0.6)
    real.qtbot.waitUntil(
        lambda: session.display.result is not None and session.display.result.key != first.key,
        timeout=OPEN_MS,
    )
    second = session.display.result
    assert second.recipe.start == f"result:{first.key}"
    assert second.label == "volcano + 0.6*strawberry"

    answers: list[object] = []
    codes = between(first.code, second.code, 5, "spherical")
    session.ask(Decode(second.recipe.prior_fingerprint, codes), answers.append)
    session.ask(Replay(second.recipe, second.steps, 3), answers.append)
    session.ask(Strongest(second.recipe.network_fingerprint, first.image), answers.append)
    real.qtbot.waitUntil(lambda: len(answers) == 3, timeout=OPEN_MS)
    morph, film, strongest = answers
    np.testing.assert_array_equal(morph[0], first.image)
    np.testing.assert_array_equal(morph[-1], second.image)
    np.testing.assert_array_equal(film[-1], second.image)
    assert {one.unit.layer for one in strongest} == {x.path for x in session.network.layers}
    assert not session._frames.isActive()

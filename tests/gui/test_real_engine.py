"""The window with the real engine, the embedded network and a tiny prior."""

from pathlib import Path

import pytest

from dgn_explorer.engine.engine import Engine
from dgn_explorer.gui.display import Showing
from dgn_explorer.gui.run_settings import RunSettings
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

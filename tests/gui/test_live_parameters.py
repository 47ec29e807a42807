"""Parameters that act at once: the running image goes on from its code, and the box says so."""

from dataclasses import replace

import pytest

from dgn_explorer.engine.messages import Failed
from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.state.live_parameters import FOLLOW_MS
from dgn_explorer.gui.state.run_settings import RunSettings
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM, DgnAmParameters
from dgn_explorer.synthesis.methods.pixels.about import PixelsParameters
from dgn_explorer.synthesis.start import RANDOM, FromResult
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK
from tests.gui.test_controls import enter
from tests.results.making import make_recipe, make_result

LONG_MS = 3 * FOLLOW_MS


@pytest.fixture
def live(explorer: Explorer) -> Explorer:
    """The window with the box ticked and a run at step 7."""
    explorer.controls.live.click()
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(7)
    return explorer


def starts(explorer: Explorer) -> list[list[float]]:
    return [recipe.start.code[:1].tolist() for recipe in explorer.engine.submitted[1:]]


def test_a_typed_value_moves_the_running_image_on(live: Explorer) -> None:
    enter(live, live.controls.fields["decay"], "0.05")
    live.submitted(2)
    first, second = live.engine.submitted
    assert second.parameters == replace(first.parameters, decay=0.05)
    assert (second.target.terms, second.seed) == (first.target.terms, first.seed)
    assert starts(live) == [[7.0]]
    assert live.stage.canvas.image is not None
    live.engine.advance(10_000)
    live.until(lambda: live.session.display.badge == "Finished")
    assert live.store.keys() == {second.key}


def test_undo_and_presets_act_at_once_too(live: Explorer) -> None:
    enter(live, live.controls.fields["steps"], "90")
    live.submitted(2)
    live.engine.advance(3)
    live.desk.table["undo"].trigger()
    live.submitted(3)
    live.engine.advance(4)
    settings = live.session.settings
    settings.edit(replace(settings.value, parameters=settings.presets["published"]), "Preset")
    live.submitted(4)
    parameters = [recipe.parameters for recipe in live.engine.submitted]
    default = DGN_AM.default
    published = DGN_AM.presets["published"]
    assert parameters == [default, default.changed(steps=90), default, published]
    assert starts(live) == [[7.0], [3.0], [4.0]]


def test_many_changes_in_a_row_are_one(live: Explorer) -> None:
    settings = live.session.settings
    for steps in range(60, 80):
        parameters = DGN_AM.default.changed(steps=steps)
        settings.edit(replace(settings.value, parameters=parameters), "Change of steps")
    live.submitted(2)
    live.qtbot.wait(LONG_MS)
    assert [recipe.parameters.steps for recipe in live.engine.submitted] == [140, 79]


def test_what_only_says_how_to_begin_waits(live: Explorer) -> None:
    settings = live.session.settings
    parameters = DGN_AM.default.changed(init_scale=2.0)
    settings.edit(replace(settings.value, parameters=parameters, seed=5), "Change")
    live.qtbot.wait(LONG_MS)
    assert len(live.engine.submitted) == 1


def test_the_box_is_off_at_first_and_remembered(explorer: Explorer) -> None:
    box, action = explorer.controls.live, explorer.desk.table["live_parameters"]
    assert not box.isChecked()
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(7)
    enter(explorer, explorer.controls.fields["steps"], "90")
    explorer.qtbot.wait(LONG_MS)
    assert len(explorer.engine.submitted) == 1
    action.trigger()
    assert box.isChecked()
    explorer.submitted(2)  # what was changed before counts now
    explorer.window.close_at_once()
    assert Preferences().get("live_parameters", False)


def test_pixels_wait_for_the_next_run(live: Explorer) -> None:
    session, box = live.session, live.controls.live
    assert "goes on" in box.toolTip()
    live.engine.advance(10_000)
    live.until(lambda: session.runs.live is None)
    session.settings.use_method("pixels")
    assert "next run" in box.toolTip()
    live.type_and_enter("strawberry")
    live.submitted(2)
    live.engine.advance(7)
    parameters = PixelsParameters(steps=99)
    session.settings.edit(replace(session.settings.value, parameters=parameters), "Change")
    live.qtbot.wait(LONG_MS)
    assert len(live.engine.submitted) == 2
    session.visualise(session.unit)
    live.submitted(3)
    assert live.engine.submitted[2].parameters == parameters


def test_another_network_leaves_the_running_image_alone(live: Explorer) -> None:
    live.engine.network = replace(NETWORK, name="other", fingerprint="d" * 64)
    live.session.reopen("other", "default")
    live.until(lambda: live.session.network.name == "other")
    settings = live.session.settings
    settings.edit(RunSettings(parameters=DgnAmParameters(steps=60)), "Change")
    live.qtbot.wait(LONG_MS)
    assert len(live.engine.submitted) == 1


def test_weights_and_parameters_move_one_run_on(explorer: Explorer) -> None:
    model, table = explorer.combination, explorer.desk.table
    table["live_parameters"].trigger()
    model.add([UnitAddress("fc", 1), UnitAddress("fc", 2)])
    explorer.submitted(1)
    explorer.engine.advance(5)
    enter(explorer, explorer.controls.fields["steps"], "90")
    explorer.submitted(2)
    explorer.engine.advance(6)
    model.weigh(UnitAddress("fc", 2), 0.5)
    explorer.submitted(3)
    last = explorer.engine.submitted[-1]
    assert (last.parameters.steps, last.target.terms) == (90, model.terms)
    assert starts(explorer) == [[5.0], [6.0]]
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.display.badge == "Finished")
    assert explorer.store.keys() == {last.key}


def test_a_run_that_fails_is_not_gone_on_from(live: Explorer) -> None:
    live.engine.holds_cancels = True
    enter(live, live.controls.fields["steps"], "90")
    live.until(lambda: live.engine.held_cancels)
    live.engine.queue.clear()
    live.engine.tell(Failed(1, "It broke.", "Try again.", ""))
    live.until(lambda: live.session.display.badge == "Failed")
    live.qtbot.wait(LONG_MS)
    assert len(live.engine.submitted) == 1
    assert not live.desk.table["stop"].isEnabled()
    live.engine.held_cancels.clear()


def test_a_start_can_always_be_made_again() -> None:
    done, stopped = make_result(), make_result(state="stopped")
    assert done.next_start == FromResult(done.key)
    assert stopped.next_start.code == pytest.approx(stopped.code, rel=1e-3)
    pixels = make_recipe(method="pixels", parameters=PixelsParameters(), prior="")
    assert replace(stopped, order=pixels).next_start == RANDOM

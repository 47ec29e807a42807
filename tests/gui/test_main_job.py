"""The main job, by clicks and keys: search, double-click, watch, stop, come back."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from dgn_explorer.engine.messages import Frame
from dgn_explorer.gui.look.card import CardState
from dgn_explorer.gui.state.display import Showing
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.start import FromResult
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import picture_of

VOLCANO = UnitAddress("fc", 1)
STRAWBERRY = UnitAddress("fc", 2)


def button(explorer: Explorer, name: str) -> QPushButton:
    found = [b for b in explorer.window.findChildren(QPushButton) if b.accessibleName() == name]
    assert len(found) == 1
    return found[0]


def test_search_and_enter_starts(explorer: Explorer) -> None:
    explorer.type_and_enter("volc")
    explorer.submitted(1)
    assert explorer.engine.submitted[0].target.terms[0].unit == VOLCANO
    assert explorer.session.unit == VOLCANO
    assert explorer.session.display.showing is Showing.LIVE


def test_address_and_layer_can_be_typed(explorer: Explorer) -> None:
    explorer.type_and_enter("blocks.0.expand:11@2,3")
    explorer.submitted(1)
    unit = explorer.engine.submitted[0].target.terms[0].unit
    assert unit == UnitAddress("blocks.0.expand", 11, (2, 3))
    explorer.type_and_enter("conv1")
    assert explorer.browser.units.layer is not None
    assert explorer.browser.units.layer.path == "conv1"
    assert len(explorer.engine.submitted) == 1


def test_double_click_shows_live_frames(explorer: Explorer) -> None:
    explorer.double_click(1)
    explorer.submitted(1)
    explorer.engine.advance(7)
    explorer.until(lambda: explorer.stage.canvas.image is not None)
    recipe = explorer.engine.submitted[0]
    np.testing.assert_array_equal(explorer.stage.canvas.image, picture_of(recipe, 7))
    job = explorer.job_of(VOLCANO)
    assert job is not None
    assert (job.step, job.steps) == (7, 140)
    card = explorer.browser.units.card(VOLCANO)
    assert card.state is CardState.RUNNING
    assert card.subtitle == "7 of 140"


def test_the_curve_says_why_it_may_jump(explorer: Explorer) -> None:
    curve = explorer.stage.curve
    explorer.double_click(1)
    explorer.submitted(1)
    explorer.engine.advance(7)
    explorer.until(lambda: "first 98 steps" in curve.toolTip())  # .7 of 140
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.display.result is not None)
    assert "first 98 steps" in curve.toolTip()
    settings = explorer.session.settings
    settings.edit(replace(settings.value, parameters=settings.presets["plain"]), "Preset")
    explorer.make("strawberry")
    assert curve.toolTip() == ""


def test_enter_in_the_grid_starts_the_current_unit(explorer: Explorer) -> None:
    grid = explorer.browser.grid
    grid.setFocus()
    grid.setCurrentIndex(explorer.browser.units.index(2))
    explorer.qtbot.keyClick(grid, Qt.Key.Key_Return)
    explorer.submitted(1)
    assert explorer.engine.submitted[0].target.terms[0].unit == STRAWBERRY


def test_finished_result_is_shown_and_listed(explorer: Explorer) -> None:
    explorer.make("volcano")
    display = explorer.session.display
    assert display.showing is Showing.RESULT
    assert display.badge == "Finished"
    explorer.until(lambda: explorer.results.model.rowCount() == 1)
    explorer.until(lambda: explorer.browser.units.card(VOLCANO).pixmap is not None)
    assert explorer.browser.units.card(VOLCANO).state is CardState.CACHED


def test_second_double_click_preempts_and_keeps_the_first(explorer: Explorer) -> None:
    explorer.double_click(1)
    explorer.submitted(1)
    explorer.engine.advance(9)
    explorer.double_click(2)
    explorer.submitted(2)
    assert explorer.session.display.unit == STRAWBERRY
    kept = explorer.store.get(explorer.engine.submitted[0].key)
    assert kept is not None
    assert (kept.state, kept.steps) == ("stopped", 9)
    explorer.engine.advance(3)
    explorer.until(lambda: explorer.stage.canvas.image is not None)
    # a late frame of the first job is dropped
    blank = np.zeros((8, 8, 3), np.uint8)
    explorer.engine.frames.put(Frame(1, 10, 250, blank, np.ones(10, np.float32), 1.0))
    explorer.qtbot.wait(80)
    expected = picture_of(explorer.engine.submitted[1], 3)
    np.testing.assert_array_equal(explorer.stage.canvas.image, expected)


def test_double_click_on_what_runs_does_not_start_it_again(explorer: Explorer) -> None:
    explorer.double_click(1)
    explorer.submitted(1)
    explorer.engine.advance(3)
    explorer.double_click(1)
    explorer.qtbot.wait(50)
    assert len(explorer.engine.submitted) == 1


def test_stop_acts_at_once_and_keeps_the_partial_image(explorer: Explorer) -> None:
    explorer.double_click(1)
    explorer.submitted(1)
    explorer.engine.advance(12)
    explorer.until(lambda: explorer.job_of(VOLCANO).step == 12)
    explorer.qtbot.mouseClick(
        button(explorer, "Stop the ascent and keep the image"), Qt.MouseButton.LeftButton
    )
    explorer.until(lambda: explorer.session.display.showing is Showing.RESULT)
    assert explorer.session.display.badge == "Stopped at step 12"
    assert explorer.session.runs.live is None


def test_escape_stops_but_first_empties_the_search_box(explorer: Explorer) -> None:
    explorer.double_click(1)
    explorer.submitted(1)
    explorer.engine.advance(5)
    field = explorer.browser.search.field
    field.setFocus()
    explorer.qtbot.keyClicks(field, "cas")
    explorer.qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    assert explorer.session.runs.live is not None
    explorer.qtbot.keyClick(field, Qt.Key.Key_Escape)
    explorer.until(lambda: explorer.session.runs.live is None)


def test_cached_result_shows_without_computing_or_disturbing(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.double_click(2)
    explorer.submitted(2)
    explorer.engine.advance(4)
    explorer.double_click(1)
    explorer.until(lambda: explorer.session.display.showing is Showing.RESULT)
    assert explorer.session.display.badge == "From cache"
    assert explorer.session.display.unit == VOLCANO
    assert len(explorer.engine.submitted) == 2
    assert explorer.session.runs.live == 2  # strawberry goes on
    explorer.engine.advance(2)
    explorer.until(lambda: explorer.job_of(STRAWBERRY).step == 6)
    assert explorer.session.display.unit == VOLCANO
    explorer.qtbot.mouseClick(
        button(explorer, "Watch the running ascent"), Qt.MouseButton.LeftButton
    )
    assert explorer.session.display.unit == STRAWBERRY
    assert explorer.session.display.showing is Showing.LIVE


def test_job_that_finishes_in_the_background_says_so(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.double_click(2)
    explorer.submitted(2)
    explorer.engine.advance(1)
    explorer.double_click(1)
    explorer.until(lambda: explorer.session.display.showing is Showing.RESULT)
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.notices.cards())
    card = explorer.notices.cards()[-1]
    assert card.notice.text == "strawberry is finished."
    explorer.qtbot.mouseClick(
        button(explorer, "Show: strawberry is finished."), Qt.MouseButton.LeftButton
    )
    explorer.until(lambda: explorer.session.display.unit == STRAWBERRY)


def test_bad_address_shows_a_sentence_with_a_hint(explorer: Explorer) -> None:
    explorer.type_and_enter("conv9:3")
    search = explorer.browser.search
    assert search.problem.isVisible()
    assert search.problem.text() == "tiny has no layer 'conv9'."
    assert "conv1" in search.problem_hint.text()
    explorer.qtbot.keyClick(search.field, Qt.Key.Key_Backspace)
    assert not search.problem.isVisible()


def test_more_steps_go_on_from_the_result(explorer: Explorer) -> None:
    explorer.make("volcano")
    first = explorer.session.display.result
    assert first is not None
    explorer.qtbot.mouseClick(
        button(explorer, "Go on from the image on show"), Qt.MouseButton.LeftButton
    )
    explorer.submitted(2)
    assert explorer.engine.submitted[1].start == FromResult(first.key)
    assert explorer.engine.submitted[1].target.terms == first.recipe.target.terms
    gentle = explorer.engine.submitted[1].parameters  # more or larger would wipe the image out
    assert isinstance(gentle, DgnAmParameters)
    assert gentle.steps == round(140 * (1 - 0.85))
    start, end = DgnAmParameters.step_start, DgnAmParameters.step_end
    assert gentle.step_start == pytest.approx(start - 0.85 * (start - end))


def test_a_stop_is_said_with_its_image_before_the_result_is_there(explorer: Explorer) -> None:
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(12)  # nobody has taken this frame up yet
    seen: list[tuple[object, ...]] = []

    def look() -> None:
        job, bar, image = explorer.session.runs.live_job, explorer.stage.run_bar, explorer.stage
        if explorer.session.display.halted is None or job is None:
            return
        said = (explorer.desk.title.badge.text(), bar._title.text(), job.progress_text)
        step = image.canvas.image[0, 0, 1]  # in these pictures
        seen.append((*said, step, explorer.session.display.result))

    explorer.session.runs.live_changed.connect(look)
    explorer.desk.table["stop"].trigger()
    explorer.until(lambda: explorer.session.display.result is not None)
    words = "Stopped at step 12"
    assert seen == [(words, words, "stopped at step 12", 12, None)]
    assert explorer.session.display.badge == words


def test_a_stop_from_another_page_does_not_turn_it(explorer: Explorer) -> None:
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(12)
    explorer.book.show_page(PageName.LIBRARY)
    explorer.session.stop()
    explorer.until(lambda: explorer.session.display.badge == "Stopped at step 12")
    explorer.until(lambda: explorer.session.runs.live is None)
    assert explorer.book.page is PageName.LIBRARY


def test_more_steps_go_on_with_one_count_and_one_curve(explorer: Explorer) -> None:
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(40)
    explorer.desk.table["stop"].trigger()
    explorer.until(lambda: explorer.session.display.result is not None)
    explorer.desk.table["more_steps"].trigger()
    explorer.submitted(2)
    explorer.engine.advance(10)
    curve, bar = explorer.stage.curve, explorer.stage.run_bar
    explorer.until(lambda: "in 50 steps" in curve.accessibleDescription())
    explorer.until(lambda: bar._title.text() == "Step 50 of 140")  # 40 of 140, and 100 more
    explorer.engine.advance(10_000)
    explorer.until(lambda: bar._title.text() == "140 steps")
    explorer.desk.table["more_steps"].trigger()
    explorer.submitted(3)
    explorer.engine.advance(10_000)
    last = explorer.engine.submitted[2].parameters.steps
    explorer.until(lambda: bar._title.text() == f"{140 + last} steps")
    assert f"in {140 + last} steps" in curve.accessibleDescription()


def test_more_steps_keep_to_the_method_of_the_result(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.session.settings.use_method("pixels")
    explorer.desk.table["more_steps"].trigger()
    explorer.submitted(2)
    assert explorer.engine.submitted[1].method == "dgn-am"
    assert isinstance(explorer.engine.submitted[1].parameters, DgnAmParameters)


def test_welcome_example_runs(explorer: Explorer) -> None:
    example = button(explorer, "Visualise golden retriever")
    assert example.isVisible()
    explorer.qtbot.mouseClick(example, Qt.MouseButton.LeftButton)
    explorer.submitted(1)
    assert explorer.engine.submitted[0].target.terms[0].unit == UnitAddress("fc", 3)


def test_unit_from_the_command_line_runs_once_opened(make_explorer) -> None:
    explorer = make_explorer()
    assert explorer.session.display.showing is Showing.LOADING
    explorer.session.open("tiny", "default", "goldfish")
    explorer.submitted(1)
    assert explorer.session.unit == UnitAddress("fc", 0)


def test_damaged_result_is_computed_afresh(explorer: Explorer) -> None:
    explorer.make("volcano")
    path = explorer.store.path(explorer.engine.submitted[0].key)
    path.write_bytes(path.read_bytes()[:200])
    explorer.double_click(2)
    explorer.submitted(2)
    explorer.double_click(1)
    explorer.submitted(3)
    assert any("damaged" in card.notice.text for card in explorer.notices.cards())

"""Combinations: units by drag, key and name; the picture follows from its last code."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QComboBox

from dgn_explorer.gui.features.combine.sentence_dialog import SentenceDialog
from dgn_explorer.gui.features.combine.weight_pad import point_of, weights_at
from dgn_explorer.gui.look.dragging import carried_units, carry_units
from dgn_explorer.gui.state.answering.combination import MOST
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis import sentence
from dgn_explorer.synthesis.start import RANDOM, FromResult
from dgn_explorer.synthesis.targets import Term
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK

VOLCANO, STRAWBERRY = UnitAddress("fc", 1), UnitAddress("fc", 2)
CONV = UnitAddress("conv1", 3)


def drop(explorer: Explorer, *units: UnitAddress) -> None:
    data = carry_units(list(units))  # the event does not keep it alive
    event = QDropEvent(
        QPoint(5, 5).toPointF(),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    explorer.combine.dropEvent(event)


def newest_notice(explorer: Explorer) -> str:
    return str(explorer.notices.cards()[-1].notice.text)


def following(explorer: Explorer, count: int) -> None:
    explorer.until(lambda: len(explorer.engine.submitted) == count)
    explorer.until(lambda: explorer.session.runs.live == count)


def test_dropped_units_start_together(explorer: Explorer) -> None:
    drop(explorer, VOLCANO)
    explorer.qtbot.wait(300)
    assert explorer.engine.submitted == []  # one unit is no combination yet
    drop(explorer, STRAWBERRY, CONV)
    following(explorer, 1)
    recipe = explorer.engine.submitted[0]
    assert recipe.target.terms == (Term(VOLCANO), Term(STRAWBERRY), Term(CONV))
    assert recipe.start == RANDOM
    assert explorer.session.display.label == "volcano + strawberry + conv1:3"
    assert explorer.job_of(VOLCANO) is None  # a combination is not its first unit


def embed(texts: Sequence[str]) -> np.ndarray:
    """A direction for each word that the tests use."""
    words = ["volcano", "strawberry", "castle", "nothing"]
    found = np.array([[float(word in text) for word in words] for text in texts])
    return found / np.linalg.norm(found, axis=1, keepdims=True).clip(1)


def test_a_sentence_becomes_a_combination(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentence, "word_vectors", lambda: embed)
    explorer.desk.table["sentence"].trigger()
    dialog = explorer.window.findChild(SentenceDialog)
    assert dialog is not None and not dialog.go.isEnabled()
    dialog.text.setText("a volcano with a strawberry by nothing")
    dialog.go.click()
    following(explorer, 1)
    target = explorer.engine.submitted[0].target
    assert target.terms == (Term(VOLCANO), Term(STRAWBERRY))
    assert explorer.desk.book.page.value == "mix"
    explorer.desk.table["undo"].trigger()
    explorer.until(lambda: not explorer.combine._model.parts)
    problems: list[str] = []
    explorer.session.problem.connect(lambda message, _hint, _details: problems.append(message))
    explorer.desk.table["sentence"].trigger()
    again = [d for d in explorer.window.findChildren(SentenceDialog) if d.isVisible()][-1]
    again.text.setText("something else")
    again.go.click()
    explorer.until(lambda: problems)
    assert "is like anything in 'something else'" in problems[0]


def test_the_grid_gives_units_to_drag(explorer: Explorer) -> None:
    units = explorer.browser.units
    data = units.mimeData([units.index(2), units.index(1)])
    assert carried_units(data) == [VOLCANO, STRAWBERRY]
    assert data.text() == "fc:1\nfc:2"
    assert units.flags(units.index(1)) & Qt.ItemFlag.ItemIsDragEnabled


def test_a_slider_moves_the_running_picture_on(explorer: Explorer) -> None:
    drop(explorer, VOLCANO, STRAWBERRY)
    following(explorer, 1)
    explorer.engine.advance(5)
    slider = explorer.combine.rows[1].slider
    slider.setFocus()
    for _ in range(8):
        explorer.qtbot.keyClick(slider, Qt.Key.Key_Left)
    following(explorer, 2)
    second = explorer.engine.submitted[1]
    assert second.target.terms == (Term(VOLCANO), Term(STRAWBERRY, 0.6))
    assert second.start.code.tolist() == [5] * 16  # where the first was
    explorer.until(lambda: explorer.session.display.recipe == second)
    assert explorer.stage.canvas.image is not None  # no blank in between
    assert explorer.store.list() == ()  # the way to a picture is not kept
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.display.result is not None)
    explorer.desk.table["undo"].trigger()  # all moves of the slider are one step
    assert explorer.combination.terms[1].weight == 1.0


def test_a_stop_before_the_first_step_starts_where_the_last_began(explorer: Explorer) -> None:
    drop(explorer, VOLCANO, STRAWBERRY)
    following(explorer, 1)
    explorer.combination.weigh(VOLCANO, 0.5)
    following(explorer, 2)
    assert explorer.engine.submitted[1].start == RANDOM


def test_a_stop_by_hand_counts_more_than_a_slider(explorer: Explorer) -> None:
    drop(explorer, VOLCANO, STRAWBERRY)
    following(explorer, 1)
    explorer.engine.advance(5)
    explorer.engine.holds_cancels = True
    explorer.combination.weigh(VOLCANO, 0.5)
    explorer.until(lambda: explorer.engine.held_cancels)
    explorer.desk.table["stop"].trigger()
    explorer.engine.let_cancels_go()
    explorer.until(lambda: explorer.session.display.badge == "Stopped at step 5")
    assert len(explorer.engine.submitted) == 1
    assert explorer.store.get(explorer.engine.submitted[0].key).steps == 5


def test_a_double_click_counts_more_than_a_slider(explorer: Explorer) -> None:
    drop(explorer, VOLCANO, STRAWBERRY)
    following(explorer, 1)
    explorer.engine.advance(5)
    explorer.engine.holds_cancels = True
    explorer.combination.weigh(VOLCANO, 0.5)
    explorer.until(lambda: explorer.engine.held_cancels)
    explorer.desk.table["page_unit"].trigger()  # on the mix's page a search adds to the mix
    explorer.type_and_enter("goldfish")
    explorer.until(lambda: len(explorer.engine.submitted) == 2)
    explorer.engine.let_cancels_go()
    explorer.qtbot.wait(50)
    assert [recipe.target.terms for recipe in explorer.engine.submitted[1:]] == [
        (Term(UnitAddress("fc", 0)),)
    ]
    assert explorer.session.display.label == "goldfish"


def test_it_starts_from_the_picture_on_show(explorer: Explorer) -> None:
    explorer.make("volcano")
    key = explorer.engine.submitted[0].key
    explorer.desk.table["add_to_combination"].trigger()
    drop(explorer, STRAWBERRY)
    following(explorer, 2)
    assert explorer.engine.submitted[1].start == FromResult(key)
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.runs.live is None)
    explorer.desk.table["restart_combination"].trigger()
    following(explorer, 3)
    assert explorer.engine.submitted[2].start == RANDOM


def test_weights_of_zero_and_below(explorer: Explorer) -> None:
    drop(explorer, VOLCANO, STRAWBERRY, CONV)
    model = explorer.combination
    model.weigh(STRAWBERRY, 0.0)
    model.weigh(CONV, -0.5)
    assert model.terms == (Term(VOLCANO), Term(CONV, -0.5))
    assert len(explorer.combine.rows) == 3


def test_not_live_waits_for_start_over(explorer: Explorer) -> None:
    explorer.qtbot.mouseClick(
        explorer.combine.live, Qt.MouseButton.LeftButton, pos=QPoint(6, 8)
    ) if explorer.combine.live.isVisible() else explorer.combine.live.click()
    drop(explorer, VOLCANO, STRAWBERRY)
    explorer.qtbot.wait(300)
    assert explorer.engine.submitted == []
    explorer.desk.table["restart_combination"].trigger()
    following(explorer, 1)


def test_kept_and_opened_again(explorer: Explorer) -> None:
    explorer.combine.live.click()
    drop(explorer, VOLCANO, STRAWBERRY)
    explorer.combination.weigh(STRAWBERRY, 0.6)
    explorer.combine.name.setText("Glowing fruit")
    explorer.desk.table["keep_combination"].trigger()
    explorer.desk.table["clear_combination"].trigger()
    assert explorer.combination.parts == ()
    kept = explorer.combine.findChild(QComboBox)
    assert [kept.itemText(i) for i in range(kept.count())][1:] == ["Glowing fruit"]
    kept.setCurrentIndex(1)
    kept.activated.emit(1)
    assert explorer.combination.terms == (Term(VOLCANO), Term(STRAWBERRY, 0.6))
    explorer.desk.table["forget_combination"].trigger()
    assert explorer.notes.book.combinations == {}


def test_there_is_an_end_to_it(explorer: Explorer) -> None:
    explorer.combine.live.click()
    drop(explorer, *(UnitAddress("conv1", i) for i in range(8)), VOLCANO)
    assert len(explorer.combination.parts) == MOST
    assert newest_notice(explorer) == (
        "A combination takes 8 units: one unit finds no room. Take one out."
    )
    assert explorer.combination.add([VOLCANO, STRAWBERRY]) == 0
    assert newest_notice(explorer) == (
        "A combination takes 8 units: 2 units find no room. Take one out."
    )
    drop(explorer, CONV)
    assert newest_notice(explorer) == "What is chosen is in the combination already."


def test_another_network_empties_it_and_undo_brings_nothing_back(explorer: Explorer) -> None:
    explorer.combine.live.click()
    drop(explorer, VOLCANO, STRAWBERRY)
    explorer.session.opened.emit(NETWORK, explorer.session.prior)
    assert explorer.combination.parts == ()
    explorer.desk.table["undo"].trigger()
    assert explorer.combination.parts == ()


def names_and_weights(explorer: Explorer) -> str:
    return explorer.combine.pad.accessibleDescription()


def test_the_pad_weighs_all_units_in_one_step_of_undo(explorer: Explorer) -> None:
    drop(explorer, VOLCANO, STRAWBERRY, CONV)
    explorer.desk.table["page_mix"].trigger()
    pad, model = explorer.combine.pad, explorer.combination
    explorer.until(lambda: pad.isVisible() and pad.field.height() > 0)  # it is laid out
    assert names_and_weights(explorer) == "volcano 1, strawberry 1, conv1:3 1"
    field = pad.field
    right, left = field.bottomRight().toPoint(), field.bottomLeft().toPoint()
    explorer.qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=left)
    for at in (left + QPoint(20, 0), right - QPoint(20, 0), right + QPoint(500, 500)):
        explorer.qtbot.mouseMove(pad, at)
    explorer.qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=right)
    assert model.parts == ((VOLCANO, 0.0), (STRAWBERRY, 0.0), (CONV, 1.0))
    assert [row.slider.value() for row in explorer.combine.rows] == [0, 0, 20]
    explorer.qtbot.mouseClick(pad, Qt.MouseButton.LeftButton, pos=left)
    assert model.parts == ((VOLCANO, 0.0), (STRAWBERRY, 1.0), (CONV, 0.0))
    explorer.session.undo.undo()
    assert model.parts == ((VOLCANO, 0.0), (STRAWBERRY, 0.0), (CONV, 1.0))
    explorer.session.undo.undo()
    assert [weight for _, weight in model.parts] == [1.0, 1.0, 1.0]


def test_the_pad_moves_by_keyboard(explorer: Explorer) -> None:
    drop(explorer, VOLCANO, STRAWBERRY)
    explorer.desk.table["page_mix"].trigger()
    pad, model = explorer.combine.pad, explorer.combination
    explorer.until(pad.isVisible)
    pad.setFocus()
    for _ in range(5):
        explorer.qtbot.keyClick(pad, Qt.Key.Key_Right)
    assert model.parts == ((VOLCANO, 0.33), (STRAWBERRY, 1.0))
    assert names_and_weights(explorer) == "volcano 0.33, strawberry 1"
    explorer.qtbot.keyClick(pad, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert model.parts == ((VOLCANO, 0.35), (STRAWBERRY, 1.0))
    explorer.qtbot.keyClick(pad, Qt.Key.Key_Home)
    assert model.parts == ((VOLCANO, 1.0), (STRAWBERRY, 1.0))
    explorer.session.undo.undo()  # all of it was one visit
    assert model.parts == ((VOLCANO, 1.0), (STRAWBERRY, 1.0))
    assert explorer.session.undo.undoText() == "Addition to combination"


def test_the_pad_follows_the_sliders_and_is_for_two_to_four(explorer: Explorer) -> None:
    drop(explorer, VOLCANO)
    pad = explorer.combine.pad
    assert pad.isHidden()
    drop(explorer, STRAWBERRY)
    assert not pad.isHidden()
    explorer.combination.weigh(VOLCANO, 0.5)
    explorer.combination.weigh(STRAWBERRY, 1.5)
    assert point_of((0.5, 1.5)) == (0.75, 0.5)
    pad.place(*point_of((0.5, 1.5)))  # in proportion, with 1 for the largest
    assert explorer.combination.parts == ((VOLCANO, 0.33), (STRAWBERRY, 1.0))
    drop(explorer, *(UnitAddress("conv1", i) for i in range(3)))
    assert pad.isHidden()


@given(st.integers(2, 4), st.floats(0, 1), st.floats(0, 1))
def test_a_point_is_found_again_by_its_weights(count: int, x: float, y: float) -> None:
    weights = weights_at(x, y, count)
    assert max(weights) == 1
    assert min(weights) >= 0
    again = weights_at(*point_of(weights), count)
    assert again == pytest.approx(weights, abs=0.05)

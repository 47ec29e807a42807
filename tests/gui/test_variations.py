"""Several seeds and sweeps: values, cells, and nothing made twice."""

import pytest
from PySide6.QtCore import Qt

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.features.results.variation_dialogs import SeedsDialog, SweepDialog
from dgn_explorer.gui.features.results.variations import Axis, choices, evenly, make_sheet
from dgn_explorer.gui.look.card import CardRole, CardState
from tests.gui.conftest import Explorer
from tests.results.making import make_recipe


def test_values_are_even_and_typed() -> None:
    specs = choices("dgn-am")
    assert evenly(specs["steps"], 10, 30, 3) == Axis("steps", (10, 20, 30))
    assert evenly(specs["steps"], 1, 2, 4).values == (1, 2)
    assert evenly(specs["decay"], 0.0, 0.3, 4).values == (0.0, 0.1, 0.2, 0.3)
    assert evenly(specs["seed"], 5, 5, 1).texts == ("seed 5",)
    with pytest.raises(DgnError, match="decay cannot be 2"):
        evenly(specs["decay"], 0, 2, 3)


def test_a_sheet_is_every_combination() -> None:
    sheet = make_sheet("t", make_recipe(), Axis("steps", (5, 6)), Axis("seed", (1, 2, 3)))
    assert [[(r.parameters.steps, r.seed) for r in row] for row in sheet.recipes] == [
        [(5, 1), (6, 1)], [(5, 2), (6, 2)], [(5, 3), (6, 3)]
    ]  # fmt: skip
    assert sheet.captions[3] == "steps 6, seed 2"
    with pytest.raises(DgnError, match="both directions"):
        make_sheet("t", make_recipe(), Axis("steps", (5,)), Axis("steps", (6,)))
    with pytest.raises(DgnError, match="1000 cells"):
        make_sheet("t", make_recipe(), Axis("seed", tuple(range(1000))), Axis())


def test_several_seeds_reuse_what_is_there(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.until(lambda: explorer.session.library.items)
    explorer.desk.table["seeds"].trigger()
    dialog = explorer.window.findChild(SeedsDialog)
    dialog.count.set_value(4)
    dialog.accept()
    explorer.until(lambda: len(explorer.engine.submitted) == 4)  # seed 0 is stored
    assert [recipe.seed for recipe in explorer.engine.submitted] == [0, 1, 2, 3]
    page = explorer.variations
    assert explorer.book.view == "variations"
    states = [page.model.index(0, c).data(CardRole).state for c in range(4)]
    assert states == [CardState.CACHED, *[CardState.QUEUED] * 3]
    for _ in range(3):
        explorer.engine.advance(10_000)
    explorer.until(lambda: len(explorer.session.library.items) == 4)
    states = [page.model.index(0, c).data(CardRole).state for c in range(4)]
    assert states == [CardState.CACHED] * 4
    page.view.activated.emit(page.model.index(0, 2))
    explorer.until(lambda: explorer.session.display.recipe.seed == 2)
    assert explorer.book.view == "picture"


def test_a_sweep_says_what_is_wrong_and_then_runs(explorer: Explorer) -> None:
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(10_000)
    explorer.desk.table["sweep"].trigger()
    dialog = explorer.window.findChild(SweepDialog)
    dialog.across.last.set_value(20_000)
    dialog.accept()
    assert dialog.isVisible()
    dialog.across.first.set_value(3)
    dialog.across.last.set_value(5)
    dialog.across.count.set_value(3)
    dialog.accept()
    explorer.until(lambda: len(explorer.engine.submitted) == 1 + 12)
    model = explorer.variations.model
    assert (model.rowCount(), model.columnCount()) == (4, 3)
    assert model.headerData(1, Qt.Orientation.Horizontal) == "steps 4"

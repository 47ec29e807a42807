"""Example pictures at a first start: they are seen, say what they are, and give way to results.

The sheet is made by the test for the network of the fake engine.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.features.units.layer_page import LayerPage
from dgn_explorer.gui.look.card import CardState
from dgn_explorer.gui.state.display import Notice, Showing
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.shipped import sheet_file
from dgn_explorer.results.shipped.sheet_file import read_sheet, to_bytes
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import LABELS, NETWORK, PRIOR, FakeEngine
from tests.results.shipping import make_sheet

VOLCANO, STRAWBERRY = UnitAddress("fc", 1), UnitAddress("fc", 2)
RECIPE = Recipe(
    "tiny", NETWORK.fingerprint, "default", PRIOR.fingerprint, Maximise.of("fc:0"), numeric="tf32"
)


@pytest.fixture
def sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's sheet: of every class but the last one."""
    path = tmp_path / "sheet.safetensors"
    path.write_bytes(to_bytes(make_sheet(RECIPE, "fc", range(len(LABELS) - 1))))
    monkeypatch.setattr(
        sheet_file, "shipped_sheet", lambda network, prior: read_sheet(path, (network, prior))
    )
    return path


@pytest.fixture
def opened(sheet: Path, make_explorer: Callable[..., Explorer]) -> Explorer:
    made = make_explorer()
    made.session.open("tiny", "default")
    made.until(lambda: VOLCANO in made.session.examples)
    return made


def click(explorer: Explorer, row: int) -> None:
    point = explorer.unit_point(row)
    explorer.qtbot.mouseClick(
        explorer.browser.grid.viewport(), Qt.MouseButton.LeftButton, pos=point
    )


def test_the_grid_shows_them_and_says_what_they_are(opened: Explorer) -> None:
    units = opened.browser.units
    opened.until(lambda: units.card(VOLCANO).pixmap is not None)
    card = units.card(VOLCANO)
    assert card.state is CardState.EXAMPLE
    assert card.subtitle == "example · 11"
    assert card.short == "example"  # a small card has no room for a whole number
    assert "not computed here" in card.spoken and "computes it in full" in card.spoken
    colour = card.pixmap.toImage().pixelColor(10, 10)
    assert abs(colour.red() - 40) < 8 and abs(colour.blue() - 220) < 8
    assert units.card(UnitAddress("fc", 6)).state is CardState.NOT_COMPUTED  # the sheet lacks it
    assert units.card(UnitAddress("conv1", 1)).state is CardState.NOT_COMPUTED


def test_they_are_no_results(opened: Explorer) -> None:
    library, units = opened.session.library, opened.browser.units
    opened.until(lambda: units.card(VOLCANO).pixmap is not None)
    click(opened, 1)
    opened.until(lambda: opened.session.display.showing is Showing.EXAMPLE)
    assert not library.items and not opened.store.list()
    assert units.made == 0 and units.missing_count == len(LABELS)
    assert len(units.missing()) == len(LABELS)
    assert opened.book.topic.keys == ()
    for id in ("save_image", "copy_image", "delete", "more_steps"):
        assert not opened.desk.table[id].isEnabled(), id
    assert opened.desk.table["copy_command"].isEnabled()  # the recipe is whole
    assert opened.results.model.rowCount() == 0 and opened.gallery.model.rowCount() == 0


def test_the_page_of_a_unit_shows_one_and_what_is_seen_in_it(opened: Explorer) -> None:
    click(opened, 1)
    opened.until(lambda: opened.session.display.showing is Showing.EXAMPLE)
    stage = opened.stage
    assert stage.canvas.image.shape == (32, 32, 3)
    assert stage.example_bar.isVisible() and "not computed here" in stage.example_bar.text.text()
    assert opened.book.topic.badge == "Example"
    texts = [label.text() for label in opened.details.findChildren(QLabel)]
    assert "Activation 11" in texts
    assert opened.details.verdicts.tops  # volcano first, as the sheet says
    assert opened.session.display.order == RECIPE.with_target(Maximise.of(VOLCANO))


def test_computing_one_in_full_uses_its_recipe_and_replaces_it(opened: Explorer) -> None:
    click(opened, 1)
    opened.until(lambda: opened.session.display.showing is Showing.EXAMPLE)
    opened.qtbot.mouseClick(opened.stage.example_bar.go, Qt.MouseButton.LeftButton)
    opened.submitted(1)
    here = replace(RECIPE, numeric=opened.session.numeric)  # a GPU's arithmetic may be slow here
    assert opened.engine.submitted[0] == here.with_target(Maximise.of(VOLCANO))
    assert not opened.stage.example_bar.isVisible()
    opened.engine.advance(10_000)
    opened.until(lambda: opened.session.display.showing is Showing.RESULT)
    card = opened.browser.units.card(VOLCANO)
    assert card.state is CardState.CACHED
    assert opened.stage.canvas.image.shape == (8, 8, 3)  # the fake engine's
    assert opened.browser.units.made == 1 and opened.browser.units.examples == len(LABELS) - 2
    assert [item.address for item in opened.session.library.items] == ["fc:1"]


def test_a_double_click_computes_with_the_settings(opened: Explorer) -> None:
    opened.double_click(2)
    opened.submitted(1)
    wanted = opened.session.recipe(STRAWBERRY)
    assert wanted is not None and opened.engine.submitted[0] == wanted


def test_what_is_computed_behind_it_replaces_it(opened: Explorer) -> None:
    click(opened, 1)
    opened.until(lambda: opened.session.display.showing is Showing.EXAMPLE)
    opened.session.compute([VOLCANO])
    opened.until(lambda: opened.engine.submitted)
    opened.engine.advance(10_000)
    opened.until(lambda: opened.session.display.showing is Showing.RESULT)
    assert opened.session.display.result.recipe.units == (VOLCANO,)


def test_it_comes_back_when_the_result_goes(opened: Explorer) -> None:
    opened.make("volcano")
    opened.book.show_page(PageName.UNIT)
    opened.desk.table["delete"].trigger()
    opened.until(lambda: opened.session.display.showing is Showing.EXAMPLE)
    assert opened.browser.units.card(VOLCANO).state is CardState.EXAMPLE
    opened.session.undo.undo()
    opened.until(lambda: opened.session.display.showing is Showing.RESULT)


def test_the_layer_page_counts_and_orders_them(opened: Explorer) -> None:
    opened.book.show_page(PageName.LAYER)
    page = opened.part(LayerPage)
    assert page.examples.isVisible()
    assert page.examples.text().startswith(f"{len(LABELS) - 1} examples")
    units = opened.browser.units
    units.set_order("activation")
    shown = [units.address(units.index(row)).index for row in range(units.rowCount())]
    assert shown == [5, 4, 3, 2, 1, 0, 6]  # by the numbers on the cards; the last has none
    units.set_order("index")
    opened.browser._go_to_layer("conv1")
    opened.until(lambda: not page.examples.isVisible())


def test_the_welcome_shows_the_suggested_ones(
    sheet: Path, make_explorer: Callable[..., Explorer]
) -> None:
    named = replace(NETWORK, labels=("ant", "castle", "bee", "golden retriever", "jellyfish"))
    opened = make_explorer(lambda store, bridge: FakeEngine(store, bridge, named))
    opened.session.open("tiny", "default")
    welcome = opened.stage.welcome
    opened.until(lambda: welcome.isVisible())

    def pictures() -> list[QToolButton]:
        return [one for one in welcome.findChildren(QToolButton) if one.isVisible()]

    opened.until(lambda: len(pictures()) == 3)
    opened.qtbot.mouseClick(pictures()[1], Qt.MouseButton.LeftButton)
    opened.submitted(1)
    assert opened.engine.submitted[0].units == (UnitAddress("fc", 4),)  # EXAMPLES' second


def test_the_unit_of_the_last_session_has_its_example(
    sheet: Path, make_explorer: Callable[..., Explorer]
) -> None:
    made = make_explorer()
    made.session.opened.connect(lambda *_: made.session.select(VOLCANO))
    made.session.open("tiny", "default")
    made.until(lambda: made.session.display.showing is Showing.EXAMPLE)
    np.testing.assert_array_equal(made.stage.canvas.image, made.session.display.example.image)


@pytest.mark.parametrize("other", ["network", "prior"])
def test_of_another_pair_nothing_is_shown(
    sheet: Path, make_explorer: Callable[..., Explorer], other: str
) -> None:
    recipe = {
        "network": Recipe("tiny", "0" * 64, "default", PRIOR.fingerprint, RECIPE.target),
        "prior": Recipe("tiny", NETWORK.fingerprint, "default", "0" * 64, RECIPE.target),
    }[other]
    sheet.write_bytes(to_bytes(make_sheet(recipe, "fc", range(7))))
    made = make_explorer()
    made.session.open("tiny", "default")
    made.until(lambda: made.session.network is not None and not made.flows.busy)
    assert VOLCANO not in made.session.examples
    assert made.browser.units.card(VOLCANO).state is CardState.NOT_COMPUTED
    click(made, 1)
    made.until(lambda: made.session.unit == VOLCANO)
    assert made.session.display.showing is Showing.NOTHING
    assert not made.stage.example_bar.isVisible()


def test_a_damaged_sheet_is_left_out_with_one_sentence(
    sheet: Path, make_explorer: Callable[..., Explorer]
) -> None:
    sheet.write_bytes(sheet.read_bytes()[:-7])
    made = make_explorer()
    told: list[Notice] = []
    made.session.notice.connect(told.append)
    made.session.open("tiny", "default")
    made.until(lambda: told)
    assert "example pictures cannot be shown" in told[0].text and len(told) == 1
    assert made.browser.units.card(VOLCANO).state is CardState.NOT_COMPUTED
    made.make("volcano")  # and all the rest works


def test_a_sheet_with_units_that_the_network_lacks_is_left_out(
    sheet: Path, make_explorer: Callable[..., Explorer]
) -> None:
    sheet.write_bytes(to_bytes(make_sheet(RECIPE, "fc", range(9))))
    made = make_explorer()
    made.session.open("tiny", "default")
    made.until(lambda: made.session.network is not None and not made.flows.busy)
    assert VOLCANO not in made.session.examples


def test_one_that_cannot_be_decoded_is_as_if_it_were_not(
    opened: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise DgnError("It cannot be decoded.", "Make it again.")

    monkeypatch.setattr("dgn_explorer.results.shipped.sheet.decoded", damaged)
    click(opened, 1)
    opened.until(lambda: opened.session.unit == VOLCANO)
    assert opened.session.display.showing is Showing.NOTHING


def test_another_prior_takes_the_example_away(opened: Explorer) -> None:
    click(opened, 1)
    opened.until(lambda: opened.session.display.showing is Showing.EXAMPLE)
    opened.engine.prior = PRIOR.__class__(**{**PRIOR.__dict__, "fingerprint": "b" * 64})
    opened.session.reopen("tiny", "other")
    opened.until(lambda: VOLCANO not in opened.session.examples)
    assert opened.session.display.showing is Showing.NOTHING
    assert not opened.stage.example_bar.isVisible()

"""Six pages with one subject each: what the title says is what every command means."""

from collections.abc import Callable
from importlib import resources

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from dgn_explorer.gui.features.settings.start_chip import StartChip
from dgn_explorer.gui.state.display import Showing
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.studies.questions import questions
from tests.gui.conftest import Explorer

VOLCANO, STRAWBERRY = UnitAddress("fc", 1), UnitAddress("fc", 2)


def click(explorer: Explorer, row: int) -> None:
    place = explorer.unit_point(row)
    viewport = explorer.browser.grid.viewport()
    explorer.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)


def test_a_unit_shows_its_own_picture_or_that_it_has_none(explorer: Explorer) -> None:
    explorer.make("volcano")
    click(explorer, 2)
    explorer.until(lambda: explorer.session.display.showing is Showing.NOTHING)
    assert explorer.book.topic.title == "strawberry"
    assert explorer.book.topic.keys == ()  # another unit's picture is not meant
    assert not explorer.desk.table["delete"].isEnabled()
    assert explorer.stage.empty.isVisible() and explorer.stage.empty.go.isEnabled()
    click(explorer, 1)
    explorer.until(lambda: explorer.session.display.result is not None)
    assert explorer.book.topic.title == "volcano"
    assert explorer.book.topic.keys == (explorer.session.display.result.key,)
    assert explorer.book.page is PageName.UNIT


def test_back_moves_unit_and_picture(explorer: Explorer) -> None:
    for name in ("volcano", "strawberry"):
        explorer.make(name)
    explorer.desk.table["back"].trigger()
    explorer.until(lambda: explorer.session.display.label == "volcano")
    assert explorer.session.unit == VOLCANO


def test_every_page_has_a_title_of_its_own(explorer: Explorer) -> None:
    explorer.make("volcano")
    titles = []
    for page in PageName:
        explorer.desk.table[f"page_{page.value}"].trigger()
        assert explorer.book.page is page
        titles.append(explorer.desk.title.title.text())
    assert len(set(titles)) == len(titles)
    assert [titles[0], titles[1], titles[4]] == ["volcano", "fc", "Library"]


def test_chips_are_the_rows_of_the_tables(explorer: Explorer) -> None:
    bar = explorer.desk.questions
    assert bar.chip("dgn-am").isVisible() and bar.chip("saliency") is None
    bar.chip("ppgn").click()
    assert explorer.session.settings.value.method == "ppgn"
    assert explorer.controls.how_many.number.value == 8
    assert "Nguyen" in bar.chip("ppgn").toolTip()
    explorer.desk.table["page_photo"].trigger()
    assert bar.chip("saliency") is not None and bar.chip("dgn-am") is None
    explorer.desk.table["page_unit"].trigger()
    assert explorer.session.settings.value.method == "ppgn"  # each page keeps its question
    explorer.desk.table["page_library"].trigger()
    assert bar.isHidden()


def test_quality_and_how_many_are_in_sight_and_the_rest_is_advanced(explorer: Explorer) -> None:
    controls = explorer.controls
    assert controls.quality.isVisible() and controls.how_many.isVisible()
    assert not controls.form.isVisible()
    controls.quality.slider.setValue(0)
    settings = explorer.session.settings
    assert settings.value.parameters == settings.presets["quick"]
    controls.advanced.click()
    assert controls.form.isVisible()


def test_again_takes_a_new_seed_and_runs(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.desk.table["again"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 2)
    first, second = explorer.engine.submitted
    assert (first.target, first.parameters) == (second.target, second.parameters)
    assert first.seed != second.seed


def test_several_images_of_a_method_that_makes_one_are_a_sheet(explorer: Explorer) -> None:
    explorer.session.select(VOLCANO)
    explorer.controls.how_many.number.edited.emit(3)
    explorer.desk.table["visualise"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 3)
    assert [one.seed for one in explorer.engine.submitted] == [0, 1, 2]
    assert explorer.book.view == "variations"


def test_the_start_is_a_chip_in_the_title(explorer: Explorer) -> None:
    explorer.make("volcano")
    result = explorer.session.display.result
    explorer.session.settings.start_from(result.next_start, "a result")
    chip = explorer.part(StartChip)
    assert chip.isVisible() and "a result" in chip.text()
    chip.click()
    assert not chip.isVisible()


def test_a_right_click_offers_what_the_subject_allows(explorer: Explorer) -> None:
    explorer.make("volcano")
    texts = {action.text() for action in explorer.desk.title.menu(explorer.window).actions()}
    assert {"Save image…", "Copy image", "Delete result", "Copy as command line"} <= texts
    explorer.desk.table["page_prior"].trigger()
    texts = {action.text() for action in explorer.desk.title.menu(explorer.window).actions()}
    assert "Delete result" not in texts


def test_the_next_start_takes_it_all_up(
    explorer: Explorer, make_explorer: Callable[..., Explorer]
) -> None:
    explorer.make("volcano")
    key = explorer.session.display.result.key
    explorer.combination.live = False
    explorer.combination.add([VOLCANO, STRAWBERRY])
    explorer.desk.questions.chip("pixels").click()
    explorer.controls.seed.edited.emit(77)
    explorer.desk.table["page_unit"].trigger()
    explorer.window.close_at_once()
    again = make_explorer()
    again.session.open("tiny", "default")
    again.until(lambda: again.session.display.result is not None)
    assert again.session.display.result.key == key
    assert (again.book.page, again.session.unit) == (PageName.UNIT, VOLCANO)
    settings = again.session.settings.value
    assert (settings.seed, settings.method) == (77, "pixels")
    assert [unit for unit, _ in again.combination.parts] == [VOLCANO, STRAWBERRY]
    assert again.engine.submitted == []  # nothing is made again by itself
    assert not [one for one in again.window.findChildren(QLabel) if "None" in one.text()]


def test_every_question_has_a_small_example_picture() -> None:
    folder = resources.files("dgn_explorer.resources")
    for about in questions():
        if about.asked.of:
            file = folder.joinpath(about.asked.example)
            assert about.asked.example and file.is_file(), about.name
            assert len(file.read_bytes()) <= 15_000, about.asked.example

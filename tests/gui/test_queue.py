"""Batch work: queued behind the interactive job, shown, taken back, never done twice."""

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QLabel, QPushButton

from dgn_explorer.engine.messages import Lane
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.features.units.computing import AskLayer
from dgn_explorer.gui.features.units.layer_page import LayerPage
from dgn_explorer.gui.look.card import CardState
from dgn_explorer.gui.look.row_delegate import QuietRole
from dgn_explorer.gui.state.jobs import JobState
from dgn_explorer.networks.address import UnitAddress
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import LABELS


def select(explorer: Explorer, *rows: int) -> None:
    grid = explorer.browser.grid
    for row in rows:
        index = explorer.browser.units.index(row)
        grid.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)


def test_selection_is_queued_and_computed(explorer: Explorer) -> None:
    select(explorer, 0, 2)
    explorer.desk.table["compute_selection"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 2)
    assert [job.lane for job in explorer.session.jobs] == [Lane.BATCH, Lane.BATCH]
    model = explorer.browser.units
    assert model.card(UnitAddress("fc", 2)).state is CardState.QUEUED
    assert explorer.queue.list.count() == 2
    explorer.engine.advance(10_000)
    explorer.engine.advance(10_000)
    explorer.until(lambda: len(explorer.session.jobs) == 0)
    explorer.desk.table["page_layer"].trigger()
    explorer.until(lambda: explorer.results.model.rowCount() == 2)
    assert model.card(UnitAddress("fc", 2)).state is CardState.CACHED
    assert explorer.queue.list.count() == 0


def compute_layer(explorer: Explorer) -> None:
    explorer.desk.table["compute_layer"].trigger()
    explorer.part(AskLayer).accept()


def test_layer_skips_what_is_there(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.until(lambda: explorer.results.model.rowCount() == 1)
    compute_layer(explorer)
    explorer.until(lambda: len(explorer.engine.submitted) == len(LABELS))
    compute_layer(explorer)
    explorer.qtbot.wait(50)
    assert len(explorer.engine.submitted) == len(LABELS)


def test_a_layer_asks_first_and_is_taken_back(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.until(lambda: len(explorer.session.library.items) == 1)
    action = explorer.desk.table["compute_layer"]
    explorer.until(lambda: action.text().startswith("Compute the missing 6 (about "))
    action.trigger()
    explorer.part(AskLayer).reject()
    explorer.qtbot.wait(50)
    assert len(explorer.engine.submitted) == 1
    compute_layer(explorer)
    explorer.until(lambda: len(explorer.session.jobs) == 6)
    explorer.engine.advance(2)  # one has begun
    explorer.until(lambda: any(job.state is JobState.RUNNING for job in explorer.session.jobs))
    explorer.desk.table["undo"].trigger()
    explorer.until(lambda: len(explorer.session.jobs) == 1)


def test_a_tile_shows_what_forms_in_it(explorer: Explorer) -> None:
    explorer.desk.table["page_layer"].trigger()
    explorer.session.compute([UnitAddress("fc", 2)])
    explorer.until(lambda: len(explorer.session.jobs) == 1)
    explorer.engine.advance(9)
    unit = UnitAddress("fc", 2)
    explorer.until(lambda: explorer.browser.units.card(unit).pixmap is not None)
    assert explorer.browser.units.card(unit).state is CardState.RUNNING


def test_units_by_name(explorer: Explorer) -> None:
    explorer.desk.table["sort_label"].trigger()
    units = explorer.browser.units
    rows = [units.address(units.index(row)).index for row in range(units.rowCount())]
    assert [LABELS[index] for index in rows] == sorted(LABELS)
    assert explorer.part(LayerPage).order.currentData() == "label"


def test_double_click_goes_before_the_queue(explorer: Explorer) -> None:
    select(explorer, 0, 2)
    explorer.desk.table["compute_selection"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 2)
    explorer.engine.advance(2)
    explorer.double_click(4)
    explorer.submitted(3)
    explorer.engine.advance(3)
    explorer.until(lambda: explorer.session.jobs.get(3).step == 3)
    assert explorer.session.display.unit == UnitAddress("fc", 4)


def test_job_is_removed_and_queue_cleared(explorer: Explorer) -> None:
    select(explorer, 0, 2, 4)
    explorer.desk.table["compute_selection"].trigger()
    explorer.until(lambda: explorer.queue.list.count() == 3)
    explorer.queue.list.setCurrentRow(1)
    remove = next(
        button for button in explorer.queue.findChildren(QPushButton) if button.text() == "Remove"
    )
    explorer.qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    explorer.until(lambda: explorer.queue.list.count() == 2)
    assert explorer.job_of(UnitAddress("fc", 2)) is None
    explorer.desk.table["clear_queue"].trigger()
    explorer.until(lambda: len(explorer.session.jobs) == 0)
    assert explorer.engine.queue == []


def test_failed_job_says_why_everywhere(explorer: Explorer) -> None:
    explorer.double_click(1)
    explorer.submitted(1)
    explorer.engine.fail("The gradient of fc:1 is zero.", "Try another seed.", "Traceback …")
    explorer.until(lambda: explorer.session.runs.live is None)
    card = explorer.browser.units.card(UnitAddress("fc", 1))
    assert card.state is CardState.FAILED
    texts = [label.text() for label in explorer.stage.welcome.findChildren(QLabel)]
    assert "The gradient of fc:1 is zero." in texts
    assert "Try another seed." in texts
    details = next(
        button
        for button in explorer.notices.findChildren(QPushButton)
        if button.text() == "Details"
    )
    explorer.qtbot.mouseClick(details, Qt.MouseButton.LeftButton)
    dialog = explorer.window.findChild(ErrorDialog)
    assert dialog is not None
    dialog.close()
    explorer.double_click(1)  # and it can be tried again
    explorer.submitted(2)
    assert explorer.job_of(UnitAddress("fc", 1)).state is JobState.QUEUED


def test_pause_holds_the_batch_and_not_the_user(explorer: Explorer) -> None:
    select(explorer, 0, 2)
    explorer.desk.table["compute_selection"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 2)
    explorer.desk.table["pause_queue"].trigger()
    assert explorer.engine.paused
    explorer.engine.advance(10_000)
    explorer.double_click(4)
    explorer.submitted(3)
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.display.result is not None)
    assert len(explorer.session.jobs) == 2
    assert explorer.desk.table["pause_queue"].isChecked()
    explorer.desk.table["pause_queue"].trigger()
    explorer.engine.advance(10_000)
    explorer.until(lambda: len(explorer.session.jobs) == 1)
    assert explorer.session.jobs.seconds_left is not None


def test_a_waiting_job_goes_to_the_front(explorer: Explorer) -> None:
    select(explorer, 0, 2, 4)
    explorer.desk.table["compute_selection"].trigger()
    explorer.until(lambda: explorer.queue.list.count() == 3)
    explorer.queue.list.setCurrentRow(2)
    first = next(
        button for button in explorer.queue.findChildren(QPushButton) if button.text() == "To front"
    )
    first.click()
    assert [job.number for job in explorer.session.jobs] == [3, 1, 2]
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.job_of(UnitAddress("fc", 4)) is None)


def test_rows_show_the_newest_picture(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.until(lambda: explorer.session.library.items)
    queue = explorer.queue
    explorer.session.settings.new_seed()
    explorer.session.compute([UnitAddress("fc", i) for i in (1, 2)])
    explorer.until(lambda: queue.list.count() == 2)
    model = queue.list.model()
    explorer.until(lambda: queue._picture(model.index(0, 0)))  # what is stored of its unit
    assert queue._picture(model.index(1, 0)) is None
    explorer.engine.advance(3)
    explorer.until(lambda: "step 3 of 140" in queue.list.item(0).data(QuietRole))
    picture = queue._picture(model.index(0, 0))
    assert picture is not None
    assert picture.toImage().pixelColor(0, 0).green() == 3  # the frame of step 3
    assert explorer.session.runs.watching
    explorer.session.runs.clear_queue()
    explorer.until(lambda: len(explorer.session.jobs) == 0)
    explorer.until(lambda: not explorer.session.runs.watching)

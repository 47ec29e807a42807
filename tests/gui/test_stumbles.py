"""What people stumbled over when they used the window for the first time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QFileDialog, QLabel, QPushButton

from dgn_explorer.engine.messages import OpenFailed
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.desk.shortcut_sheet import ShortcutSheet
from dgn_explorer.gui.features.films.film_dialog import FilmDialog
from dgn_explorer.gui.features.training.training_dialog import TrainingDialog
from dgn_explorer.gui.features.units.note_dialog import NoteDialog
from dgn_explorer.gui.frame.open_dialog import recent
from dgn_explorer.gui.look.card import CardState
from dgn_explorer.gui.window import first_size
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.notebook import UnitNote
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK

MakeExplorer = Callable[..., Explorer]
CTRL = Qt.KeyboardModifier.ControlModifier


def test_what_is_typed_while_torch_loads_is_searched(make_explorer: MakeExplorer) -> None:
    explorer = make_explorer()
    seed = explorer.session.settings.value.seed
    explorer.until(lambda: QApplication.focusWidget() is not None)
    for letter in "straw":
        explorer.qtbot.keyClicks(QApplication.focusWidget(), letter)
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.session.network is not None)
    assert explorer.browser.search.field.text() == "straw"
    assert explorer.browser.search.hits.item(0).text() == "strawberry"
    assert explorer.session.settings.value.seed == seed
    assert explorer.engine.submitted == []


@pytest.mark.parametrize("part", ["tree", "grid", "canvas"])
def test_letters_typed_anywhere_are_searched(explorer: Explorer, part: str) -> None:
    browser, stage = explorer.browser, explorer.stage
    explorer.make("strawberry")
    where = {"tree": browser.tree, "grid": browser.grid, "canvas": stage.canvas}[part]
    where.setFocus()
    explorer.until(lambda: QApplication.focusWidget() is where)
    handle = explorer.window.windowHandle()  # as from a keyboard: to whoever has the keys by then
    for key in (Qt.Key.Key_V, Qt.Key.Key_O):
        QTest.keyClick(handle, key)
    assert browser.search.field.text() == "vo"
    assert browser.search.hits.item(0).text() == "volcano"


def test_letters_in_a_field_and_shortcuts_stay_what_they_are(explorer: Explorer) -> None:
    search, handle = explorer.browser.search.field, explorer.window.windowHandle()
    explorer.make("volcano")
    explorer.desk.table["gallery"].trigger()
    explorer.gallery.text.setFocus()
    QTest.keyClick(handle, Qt.Key.Key_A)
    assert explorer.gallery.text.text() == "a"
    explorer.browser.grid.setFocus()
    QTest.keyClick(handle, Qt.Key.Key_Space)
    QTest.keyClick(handle, Qt.Key.Key_B, CTRL)
    QTest.keyClick(handle, Qt.Key.Key_F5)
    assert search.text() == ""
    assert QApplication.focusWidget() is not search


def test_enter_while_torch_loads_counts_when_there_is_a_network(
    make_explorer: MakeExplorer,
) -> None:
    explorer = make_explorer()
    explorer.type_and_enter("volcano")
    assert explorer.engine.submitted == []
    explorer.session.open("tiny", "default")
    explorer.submitted(1)
    assert explorer.engine.submitted[0].units[0] == UnitAddress("fc", 1)


def test_an_empty_enter_starts_what_is_selected(explorer: Explorer) -> None:
    explorer.type_and_enter("")
    explorer.qtbot.wait(20)
    assert explorer.engine.submitted == []
    assert not explorer.browser.search.problem.isVisible()
    explorer.session.select(UnitAddress("fc", 2))
    explorer.type_and_enter("")
    explorer.submitted(1)


def test_suggestions_can_be_clicked(explorer: Explorer) -> None:
    explorer.type_and_enter("strawbery jam")
    search = explorer.browser.search
    assert search.problem.isVisible() and "no class called" in search.problem.text()
    assert search.hits.isVisible() and search.hits.item(0).text() == "strawberry"
    place = search.hits.visualItemRect(search.hits.item(0)).center()
    explorer.qtbot.mouseClick(search.hits.viewport(), Qt.MouseButton.LeftButton, pos=place)
    explorer.submitted(1)
    assert explorer.engine.submitted[0].units[0] == UnitAddress("fc", 2)
    explorer.type_and_enter("bloks.1:3")
    assert search.hits.item(0).text() == "blocks.1:3"


def test_f1_and_the_question_mark_show_the_shortcuts(explorer: Explorer) -> None:
    field = explorer.browser.search.field
    field.setFocus()
    for key in (Qt.Key.Key_F1, Qt.Key.Key_Question):
        explorer.qtbot.keyClick(field, key)
        sheet = explorer.window.findChild(ShortcutSheet)
        assert sheet is not None
        sheet.close()
        explorer.until(lambda: explorer.window.findChild(ShortcutSheet) is None)
        explorer.window.activateWindow()
        explorer.until(lambda: QApplication.activeWindow() is explorer.window)
    assert field.text() == ""
    explorer.qtbot.keyClicks(field, "what?")  # within a text it is a letter
    assert field.text() == "what?"
    assert explorer.window.findChild(ShortcutSheet) is None


def test_training_is_offered_the_network_that_is_open(explorer: Explorer) -> None:
    explorer.engine.open_error = OpenFailed("There is no network 'nonsense'.", "Try lite0.", "")
    explorer.session.reopen("nonsense", "default")
    explorer.until(lambda: explorer.window.findChild(ErrorDialog))
    explorer.window.findChild(ErrorDialog).close()
    explorer.desk.table["train"].trigger()
    dialog = explorer.window.findChild(TrainingDialog)
    assert dialog.network.text() == "tiny"
    dialog.close()


def test_what_was_asked_for_later_is_not_remembered_for_what_opened(explorer: Explorer) -> None:
    explorer.session.reopen("first", "default")
    explorer.session.reopen("second", "default")
    explorer.until(lambda: explorer.session.pair == ("second", "default"))
    newest = recent(explorer.desk.preferences)[:2]
    assert newest == [("second", "default"), ("first", "default")]


def test_notes_stay_when_another_network_is_open(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.notes.toggle_favourite(UnitAddress("fc", 1))
    explorer.notes.write(UnitAddress("fc", 1), ("hot",), "A cone.")
    explorer.until(lambda: explorer.session.library.items)
    item = explorer.session.library.items[0]
    explorer.engine.network = replace(NETWORK, name="other", fingerprint="e" * 64)
    explorer.session.reopen("other", "default")
    explorer.until(lambda: explorer.session.network.name == "other")
    assert explorer.notes.is_favourite(item)
    explorer.gallery.text.setText("cone")
    explorer.until(lambda: explorer.gallery.model.rowCount() == 1)
    assert explorer.notes.of(UnitAddress("fc", 1)) == UnitNote()  # of the network that is open


def test_notes_of_a_network_that_is_not_opened_are_read(
    explorer: Explorer, make_explorer: MakeExplorer
) -> None:
    explorer.make("volcano")
    explorer.notes.toggle_favourite(UnitAddress("fc", 1))
    explorer.until(lambda: not explorer.flows.busy)
    again = make_explorer()
    again.engine.network = replace(NETWORK, name="other", fingerprint="e" * 64)
    again.session.open("other", "default")
    again.until(lambda: again.session.library.items)
    item = again.session.library.items[0]
    again.until(lambda: again.notes.is_favourite(item))


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_popup_shows_its_last_row(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.desk.table["page_library"].trigger()
    explorer.until(lambda: explorer.gallery.network.count() == 2)
    boxes = [box for box in explorer.window.findChildren(QComboBox) if box.isVisible()]
    assert len(boxes) >= 4
    for box in boxes:
        box.showPopup()
        explorer.qtbot.wait(10)
        view = box.view()
        view.setFocus()
        last = view.visualRect(view.model().index(box.count() - 1, 0))
        assert last.bottom() <= view.viewport().rect().bottom(), box.accessibleName()
        # a wider frame while the list has the keys would take the room from the last row
        assert view.viewport().height() + 2 * view.viewport().y() <= view.height()
        box.hidePopup()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_an_open_list_stays_as_it_is(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.desk.table["page_library"].trigger()
    layers = explorer.gallery.layer
    explorer.until(lambda: layers.count() == 2)
    layers.showPopup()
    explorer.session.compute([UnitAddress("conv1", 2)])  # no key, which would close the list
    explorer.until(lambda: len(explorer.engine.submitted) == 2)
    explorer.engine.advance(10_000)
    explorer.until(lambda: len(explorer.session.library.items) == 2)
    assert layers.view().isVisible()
    assert layers.count() == 2
    layers.hidePopup()
    explorer.make("conv1:3")
    explorer.until(lambda: layers.count() == 3)


@pytest.mark.parametrize("screen", [(1440, 900), (1366, 768), (1920, 1080)])
def test_the_first_window_fits_its_screen_with_a_title_bar(screen: tuple[int, int]) -> None:
    size = first_size(QSize(*screen))
    assert size.height() + 40 <= screen[1]
    assert size.width() + 10 <= screen[0]


def test_the_status_line_is_on_a_small_screen(explorer: Explorer) -> None:
    explorer.make("volcano")
    size = first_size(QSize(1440, 900))
    explorer.window.resize(size)
    explorer.qtbot.wait(20)
    assert explorer.window.size() == size  # no panel needs more height
    bar = explorer.window.statusBar()
    assert bar.geometry().bottom() < size.height()


def test_a_saved_film_says_so_in_its_dialog(explorer: Explorer, tmp_path: Path) -> None:
    explorer.make("volcano")
    explorer.desk.table["film"].trigger()
    dialog = explorer.window.findChild(FilmDialog)
    explorer.until(lambda: dialog.frames is not None)
    dialog.go.click()
    chooser = dialog.findChild(QFileDialog)
    chooser.fileSelected.emit(str(tmp_path / "mountain.gif"))
    chooser.close()
    shown = lambda: [x.text() for x in dialog.findChildren(QLabel) if x.isVisible()]  # noqa: E731
    explorer.until(lambda: "Saved mountain.gif." in shown())
    dialog.close()


@pytest.mark.parametrize("how", ["escape", "cross", "cancel"])
def test_a_typed_note_is_discarded_by_cancel_only(explorer: Explorer, how: str) -> None:
    unit = UnitAddress("fc", 1)
    explorer.session.select(unit)
    explorer.desk.table["note"].trigger()
    dialog = explorer.window.findChild(NoteDialog)
    explorer.qtbot.keyClicks(dialog.text_field, "A long thought")
    if how == "escape":
        explorer.qtbot.keyClick(dialog.text_field, Qt.Key.Key_Escape)
    elif how == "cross":
        dialog.close()
    else:
        dialog.cancel.click()
    explorer.until(lambda: not explorer.window.findChildren(QDialog))
    kept = explorer.notes.of(unit).text
    assert kept == ("" if how == "cancel" else "A long thought")
    if kept:
        explorer.desk.table["undo"].trigger()
        assert explorer.notes.of(unit).text == ""


def test_a_network_from_a_file_is_called_by_its_name(make_explorer: MakeExplorer) -> None:
    explorer = make_explorer()
    path = "/home/somebody/networks/of mine/bird.pt --size 96"
    explorer.engine.network = replace(NETWORK, name=path)
    explorer.session.open(path, "default")
    explorer.until(lambda: explorer.session.network is not None)
    explorer.make("volcano")
    explorer.until(lambda: explorer.session.library.items)
    explorer.desk.table["page_library"].trigger()
    texts = [x.text() for x in explorer.window.findChildren(QLabel)]
    texts += [
        box.itemText(row)
        for box in explorer.window.findChildren(QComboBox)
        for row in range(box.count())
    ]
    assert not [text for text in texts if "/home" in text]
    assert "bird.pt" in texts


def test_the_tile_of_a_positioned_unit_says_that_it_runs(explorer: Explorer) -> None:
    explorer.type_and_enter("conv1:2@1,1")
    explorer.submitted(1)
    tile = UnitAddress("conv1", 2)
    assert explorer.browser.units.card(tile).state is CardState.QUEUED
    explorer.engine.advance(3)
    explorer.until(lambda: explorer.browser.units.card(tile).state is CardState.RUNNING)
    explorer.until(lambda: "@1,1 3 of" in explorer.browser.units.card(tile).subtitle)
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.display.result is not None)
    assert explorer.browser.units.card(tile).state is CardState.NOT_COMPUTED


def test_the_button_of_a_paused_queue_says_go_on(explorer: Explorer) -> None:
    explorer.session.compute([UnitAddress("fc", 1), UnitAddress("fc", 2)])
    explorer.until(lambda: len(explorer.session.jobs) == 2)
    button = next(b for b in explorer.queue.findChildren(QPushButton) if b.text() == "Pause")
    explorer.panels.show("Queue")
    button.click()
    assert explorer.session.runs.paused
    assert button.text() == "Go on"
    button.click()
    assert not explorer.session.runs.paused
    assert button.text() == "Pause"

"""Gallery, comparison, grids, notes and orders."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QItemSelectionModel, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.export.png import read_recipe
from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.features.results.grid_dialog import GridDialog
from dgn_explorer.gui.features.results.library_guide import LibraryGuide
from dgn_explorer.gui.features.units.note_dialog import NoteDialog
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.notebook import UnitNote, read_notebook
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK

VOLCANO = UnitAddress("fc", 1)


def make_three(explorer: Explorer) -> None:
    for name in ("volcano", "strawberry", "conv1:3"):
        explorer.make(name)
        explorer.browser.search.field.clear()
    explorer.until(lambda: explorer.gallery.model.rowCount() == 3)


def select(explorer: Explorer, *rows: int) -> None:
    gallery = explorer.gallery
    gallery.view.clearSelection()
    for row in rows:
        index = gallery.model.index(row)
        gallery.view.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)


def copied() -> list[Path]:
    """The files on the clipboard."""
    data = QGuiApplication.clipboard().mimeData()
    return [Path(url.toLocalFile()) for url in data.urls()] if data is not None else []


def titles(explorer: Explorer) -> list[str]:
    return [item.label or item.address for item in explorer.gallery.model.items]


def test_gallery_opens_filters_and_shows(explorer: Explorer) -> None:
    make_three(explorer)
    window = explorer.window
    explorer.qtbot.keyClick(window, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert explorer.book.view == "gallery"
    assert titles(explorer) == ["conv1:3", "strawberry", "volcano"]
    explorer.qtbot.keyClicks(explorer.gallery.text, "volc")
    assert titles(explorer) == ["volcano"]
    explorer.gallery.text.clear()
    explorer.gallery.layer.setCurrentIndex(explorer.gallery.layer.findData("fc"))
    explorer.gallery.layer.activated.emit(1)
    assert titles(explorer) == ["strawberry", "volcano"]
    explorer.gallery.order.setCurrentIndex(explorer.gallery.order.findData("index"))
    explorer.gallery.order.activated.emit(2)
    assert titles(explorer) == ["volcano", "strawberry"]
    view = explorer.gallery.view
    view.setFocus()
    view.setCurrentIndex(explorer.gallery.model.index(0))
    explorer.qtbot.keyClick(view, Qt.Key.Key_Return)
    explorer.until(lambda: explorer.session.display.label == "volcano")
    assert explorer.book.view == "picture"


def test_what_finishes_does_not_close_the_gallery(explorer: Explorer) -> None:
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.desk.table["page_library"].trigger()
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.display.result is not None)
    assert explorer.book.view == "gallery"


def test_commands_of_the_gallery_mean_what_is_selected_in_it(
    explorer: Explorer, tmp_path: Path
) -> None:
    make_three(explorer)  # conv1:3 is on show on the page of the picture
    explorer.desk.table["page_library"].trigger()
    wanted = ("save_image", "copy_image", "delete")
    select(explorer)
    assert not any(explorer.desk.table[id].isEnabled() for id in wanted)
    select(explorer, 2)
    assert all(explorer.desk.table[id].isEnabled() for id in wanted)
    explorer.desk.table["save_image"].trigger()
    explorer.until(lambda: explorer.window.findChild(QFileDialog) is not None)
    chooser = explorer.window.findChild(QFileDialog)
    assert "volcano" in chooser.selectedFiles()[0]
    chooser.reject()
    clipboard = QGuiApplication.clipboard()
    clipboard.clear()
    explorer.desk.table["copy_image"].trigger()
    explorer.until(lambda: len(copied()) == 1)
    assert read_recipe(copied()[0]) == explorer.engine.submitted[0]
    assert not clipboard.image().isNull()
    explorer.desk.table["delete"].trigger()
    assert titles(explorer) == ["conv1:3", "strawberry"]
    assert explorer.session.display.result.recipe.target.text() == "conv1:3"  # not this one
    explorer.desk.table["undo"].trigger()
    assert titles(explorer) == ["conv1:3", "strawberry", "volcano"]
    assert explorer.book.view == "gallery"


def test_several_are_saved_copied_and_deleted_at_once(explorer: Explorer, tmp_path: Path) -> None:
    make_three(explorer)
    explorer.desk.table["page_library"].trigger()
    select(explorer, 0, 2)
    for _twice in range(2):  # the second time the files are there already
        explorer.desk.table["save_image"].trigger()
        chooser = explorer.window.findChild(QFileDialog)
        assert chooser.fileMode() is QFileDialog.FileMode.Directory
        chooser.fileSelected.emit(str(tmp_path))
        chooser.done(0)
        explorer.until(lambda: len(list(tmp_path.glob("*.png"))) == 2)
        explorer.until(lambda: explorer.window.findChild(QFileDialog) is None)
    recipes = {read_recipe(path) for path in tmp_path.glob("*.png")}
    assert recipes == {explorer.engine.submitted[0], explorer.engine.submitted[2]}
    explorer.desk.table["copy_image"].trigger()
    explorer.until(lambda: len(copied()) == 2)
    explorer.desk.table["delete"].trigger()
    assert titles(explorer) == ["strawberry"]
    explorer.desk.table["undo"].trigger()
    assert titles(explorer) == ["conv1:3", "strawberry", "volcano"]


def test_compare_links_zoom_and_place(explorer: Explorer) -> None:
    make_three(explorer)
    table = explorer.desk.table
    table["page_library"].trigger()
    assert not table["compare"].isEnabled()
    select(explorer, 0, 2)
    assert table["compare"].isEnabled()
    table["compare"].trigger()
    explorer.until(lambda: explorer.book.view == "compare")
    one, other = explorer.compare.canvases
    one.zoom_by(3, QPointF(20, 30))
    assert other.view == one.view
    other.actual_size()
    assert one.zoom == 1.0
    assert [r.label for r in explorer.compare.results] == ["", "volcano"]


def test_grid_of_the_selection_is_written(explorer: Explorer, tmp_path: Path) -> None:
    make_three(explorer)
    explorer.desk.table["page_library"].trigger()
    select(explorer, 0, 1)
    explorer.desk.table["export_grid"].trigger()
    dialog = explorer.window.findChild(GridDialog)
    dialog.columns.set_value(2)
    dialog.caption.setCurrentIndex(3)
    dialog.scale.set_value(1.0)
    dialog.gap.set_value(2)
    dialog.accept()
    path = tmp_path / "grid.png"
    chooser = explorer.window.findChild(QFileDialog)
    chooser.fileSelected.emit(str(path))
    chooser.close()
    explorer.until(path.exists)
    with Image.open(path) as picture:
        assert picture.size == (2 + 2 * 10, 2 + 10)


def test_favourite_tags_and_note_are_kept_by_fingerprint(explorer: Explorer, home: Path) -> None:
    explorer.make("volcano")
    table, window = explorer.desk.table, explorer.window
    explorer.until(lambda: explorer.gallery.model.rowCount() == 1)
    table["favourite"].trigger()
    assert table["favourite"].isChecked()
    assert explorer.browser.units.card(VOLCANO).favourite
    table["note"].trigger()
    dialog = window.findChild(NoteDialog)
    explorer.qtbot.keyClicks(dialog.tag_field, "fire,  hot  rock, fire")
    dialog.text_field.setPlainText("Glows.")
    dialog.accept()
    note = explorer.notes.of(VOLCANO)
    assert (note.favourite, note.tags, note.text) == (True, ("fire", "hot rock"), "Glows.")
    folder = home / "data" / "notes"
    explorer.until(lambda: (folder / f"{NETWORK.fingerprint}.json").exists())
    explorer.until(lambda: read_notebook(folder, NETWORK.fingerprint).note("fc:1") == note)
    explorer.qtbot.keyClicks(explorer.browser.search.field, "hot rock")
    assert explorer.browser.search.hits.item(0).text() == "volcano"
    explorer.gallery.text.setText("glows")
    assert titles(explorer) == ["volcano"]
    table["undo"].trigger()
    assert explorer.notes.of(VOLCANO).tags == ()
    table["undo"].trigger()
    assert not explorer.notes.of(VOLCANO).favourite


def test_damaged_notes_are_not_written_over(
    make_explorer: Callable[..., Explorer], home: Path
) -> None:
    path = home / "data" / "notes" / f"{NETWORK.fingerprint}.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    explorer = make_explorer()
    problems: list[str] = []
    explorer.session.problem.connect(lambda message, *_: problems.append(message))
    explorer.session.open("tiny", "default")
    explorer.until(lambda: problems)
    assert "damaged" in problems[0]
    explorer.notes.toggle_favourite(VOLCANO)
    explorer.notes.save()
    explorer.until(lambda: not explorer.flows.busy)
    assert path.read_text() == "{"


def test_two_windows_on_one_home_keep_each_others_notes(
    make_explorer: Callable[..., Explorer], home: Path
) -> None:
    explorers = [make_explorer(), make_explorer()]
    for explorer in explorers:
        explorer.session.open("tiny", "default")
        explorer.until(lambda explorer=explorer: explorer.session.network is not None)
        explorer.until(lambda explorer=explorer: not explorer.flows.busy)
    one, other = (explorer.notes for explorer in explorers)
    one.toggle_favourite(VOLCANO)
    one.write(UnitAddress("fc", 2), ("sweet",), "Red.")
    other.write(VOLCANO, ("fire",), "")
    for explorer in explorers:
        explorer.until(lambda explorer=explorer: not explorer.flows.busy)
    book = read_notebook(home / "data" / "notes", NETWORK.fingerprint)
    assert book.note("fc:1") == UnitNote(True, ("fire",), "")
    assert book.note("fc:2") == UnitNote(False, ("sweet",), "Red.")
    explorers[0].session.undo.undo()
    explorers[0].session.undo.undo()
    explorers[0].until(lambda: not explorers[0].flows.busy)
    book = read_notebook(home / "data" / "notes", NETWORK.fingerprint)
    assert book.units == {"fc:1": UnitNote(False, ("fire",), "")} == one.book.units


def test_a_note_of_the_last_moment_survives_another_network(explorer: Explorer, home: Path) -> None:
    explorer.until(lambda: not explorer.flows.busy)
    notes = explorer.notes
    notes.write(VOLCANO, (), "just now")
    other = replace(explorer.session.network, fingerprint="cd" * 32)
    explorer.session.opened.emit(other, explorer.session.prior)
    assert notes.book.units == {}
    explorer.until(lambda: not explorer.flows.busy)
    folder = home / "data" / "notes"
    assert read_notebook(folder, NETWORK.fingerprint).note("fc:1").text == "just now"
    explorer.session.undo.undo()  # also where it was written
    explorer.until(lambda: not explorer.flows.busy)
    assert read_notebook(folder, NETWORK.fingerprint).units == {}
    assert not (folder / f"{other.fingerprint}.json").exists()


def test_a_note_that_waits_when_the_flows_end_is_written(explorer: Explorer, home: Path) -> None:
    explorer.until(lambda: not explorer.flows.busy)
    explorer.flows.close()
    explorer.notes.write(VOLCANO, (), "at the end")
    folder = home / "data" / "notes"
    assert read_notebook(folder, NETWORK.fingerprint).units == {}
    explorer.notes.flush()
    explorer.notes.flush()
    assert read_notebook(folder, NETWORK.fingerprint).note("fc:1").text == "at the end"


def test_a_note_that_cannot_be_written_waits_for_the_next_chance(
    explorer: Explorer, home: Path
) -> None:
    explorer.until(lambda: not explorer.flows.busy)
    problems: list[str] = []
    explorer.session.problem.connect(lambda message, *_: problems.append(message))
    folder = home / "data" / "notes"
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("in the way")
    explorer.notes.toggle_favourite(VOLCANO)
    explorer.until(lambda: problems)
    explorer.until(lambda: not explorer.flows.busy)
    assert explorer.notes.of(VOLCANO).favourite
    folder.unlink()
    explorer.notes.write(UnitAddress("fc", 2), (), "next")
    explorer.until(lambda: not explorer.flows.busy)
    assert read_notebook(folder, NETWORK.fingerprint).units.keys() == {"fc:1", "fc:2"}


def test_units_in_other_orders(explorer: Explorer) -> None:
    explorer.make("strawberry")
    explorer.make("tabby")
    units = explorer.browser.units
    explorer.until(lambda: len(explorer.session.library.items) == 2)
    explorer.desk.table["sort_date"].trigger()
    first = [units.address(units.index(row)).index for row in range(4)]
    assert first == [5, 2, 0, 1]
    assert units.row_of(UnitAddress("fc", 0)) == 2
    explorer.double_click(1)
    assert explorer.session.unit == UnitAddress("fc", 2)
    explorer.notes.toggle_favourite(UnitAddress("fc", 4))
    explorer.desk.table["sort_favourite"].trigger()
    assert units.address(units.index(0)) == UnitAddress("fc", 4)
    assert explorer.desk.table["sort_favourite"].isChecked()
    explorer.desk.table["sort_index"].trigger()
    assert units.address(units.index(0)) == UnitAddress("fc", 0)


def test_the_last_unit_is_selected_again(
    explorer: Explorer, make_explorer: Callable[..., Explorer]
) -> None:
    explorer.session.select(UnitAddress("conv1", 5))
    explorer.window._save()
    assert Preferences().get("unit", "") == "conv1:5"
    again = make_explorer()
    again.session.open("tiny", "default")
    again.until(lambda: again.session.unit == UnitAddress("conv1", 5))


def test_the_library_is_listed_by_what_was_asked(explorer: Explorer) -> None:
    guide = explorer.part(LibraryGuide)
    assert guide.list.isHidden()
    explorer.make("volcano")
    explorer.desk.questions.chip("pixels").click()
    explorer.make("strawberry")
    explorer.desk.table["page_library"].trigger()
    assert guide.isVisible() and not explorer.browser.isVisible()
    words = [guide.list.item(row).text() for row in range(guide.list.count())]
    assert words == ["Everything", "Best image", "Without a generator"]
    guide.list.setCurrentRow(2)
    assert [item.label for item in explorer.gallery.model.items] == ["strawberry"]
    guide.list.setCurrentRow(0)
    assert explorer.gallery.model.rowCount() == 2

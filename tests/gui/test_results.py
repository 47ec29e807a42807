"""Results strip, details, trash, export and recall."""

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel

from dgn_explorer.export.png import read_recipe
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.features.picture.details import RecipeFacts
from dgn_explorer.gui.features.trash.trash_dialog import TrashDialog
from dgn_explorer.gui.state import library
from dgn_explorer.gui.state.display import Showing
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.trash import overdue
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import picture_of


def listed(explorer: Explorer, count: int) -> None:
    explorer.until(lambda: explorer.results.model.rowCount() == count)


def test_click_on_a_result_shows_it(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.make("strawberry")
    listed(explorer, 1)  # of the unit on show
    explorer.desk.table["page_layer"].trigger()
    listed(explorer, 2)
    view = explorer.results.view
    index = explorer.results.model.index(1)
    explorer.qtbot.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center()
    )
    explorer.until(lambda: explorer.session.display.label == "volcano")
    assert explorer.session.unit is not None
    assert explorer.session.unit.index == 1
    assert len(explorer.engine.submitted) == 2


def test_filter(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.make("strawberry")
    listed(explorer, 1)  # of the unit on show
    explorer.desk.table["page_layer"].trigger()
    listed(explorer, 2)  # of its layer
    explorer.qtbot.keyClicks(explorer.results.filter, "straw")
    assert explorer.results.model.rowCount() == 1
    explorer.results.filter.setText("nothing")
    assert explorer.results.model.rowCount() == 0


def test_thumbnails_arrive(explorer: Explorer) -> None:
    explorer.make("volcano")
    listed(explorer, 1)
    key = explorer.engine.submitted[0].key
    explorer.until(lambda: explorer.session.library.thumbnail(key) is not None)


def test_delete_goes_to_the_trash_and_comes_back(explorer: Explorer) -> None:
    explorer.make("volcano")
    listed(explorer, 1)
    key = explorer.engine.submitted[0].key
    explorer.stage.canvas.setFocus()
    explorer.qtbot.keyClick(explorer.window, Qt.Key.Key_Delete)
    listed(explorer, 0)
    assert explorer.session.display.showing is Showing.NOTHING
    assert explorer.store.get(key) is not None  # still on the disk
    explorer.desk.table["undo"].trigger()
    listed(explorer, 1)
    explorer.until(lambda: explorer.session.display.label == "volcano")


def test_the_trash_outlives_the_window(
    explorer: Explorer, make_explorer: Callable[..., Explorer]
) -> None:
    for name in ("volcano", "strawberry", "goldfish"):
        explorer.make(name)
        explorer.desk.table["delete"].trigger()
    explorer.until(lambda: not explorer.flows.busy)
    explorer.window.close_at_once()
    again = make_explorer()
    again.session.open("tiny", "default")
    again.until(lambda: len(again.session.library.trash) == 3)
    assert again.results.model.rowCount() == 0
    again.desk.table["trash"].trigger()
    dialog = again.window.findChild(TrashDialog)
    assert [dialog.list.item(row).text() for row in range(3)] == [
        "goldfish",
        "strawberry",
        "volcano",
    ]
    assert not dialog.restore.isEnabled()
    dialog.list.item(0).setSelected(True)
    dialog.restore.click()
    again.until(lambda: again.results.model.rowCount() == 1)
    keys = [recipe.key for recipe in explorer.engine.submitted]
    again.until(lambda: dialog.list.count() == 2)
    dialog.list.item(1).setSelected(True)
    dialog.delete.click()
    again.until(lambda: again.store.get(keys[0]) is None)
    assert again.store.get(keys[1]) is not None
    dialog.empty.click()
    again.until(lambda: again.store.get(keys[1]) is None)
    again.until(lambda: again.window.findChild(TrashDialog) is None)
    assert not again.desk.table["trash"].isEnabled()
    assert again.store.get(keys[2]) is not None
    again.until(lambda: again.store.trash.read() == {})


def test_what_has_been_in_the_trash_for_long_leaves_the_disk(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer.make("volcano")
    explorer.desk.table["delete"].trigger()
    explorer.until(lambda: not explorer.flows.busy)
    key = explorer.engine.submitted[0].key
    assert overdue(explorer.store.trash.read()) == []
    assert overdue(explorer.store.trash.read(), days=0) == [key]
    monkeypatch.setattr(library, "overdue", list)
    explorer.session.library.refresh()
    explorer.until(lambda: explorer.store.get(key) is None)
    explorer.until(lambda: explorer.store.trash.read() == {})


def test_a_damaged_list_of_the_trash_is_said_and_kept(explorer: Explorer, home: Path) -> None:
    explorer.make("volcano")
    path = home / "results" / "put-away" / "trash.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    explorer.desk.table["delete"].trigger()
    explorer.until(lambda: any("damaged" in c.notice.text for c in explorer.notices.cards()))
    assert path.read_text() == "{"
    listed(explorer, 0)  # in this window it is away all the same


def test_double_click_takes_a_result_out_of_the_trash(explorer: Explorer) -> None:
    explorer.make("volcano")
    listed(explorer, 1)
    explorer.desk.table["delete"].trigger()
    listed(explorer, 0)
    explorer.double_click(1)
    listed(explorer, 1)
    assert explorer.session.display.badge == "From cache"


def test_details_list_the_whole_recipe(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.desk.show_section("Recipe")
    texts = {label.text() for label in explorer.part(RecipeFacts).findChildren(QLabel)}
    assert {"fc:1", "140 (done)", "tiny (ffffffff)", "default (aaaaaaaa)", "dgn-am"} <= texts
    assert {"Step start", "Decay", "Seed"} <= texts
    (top,) = explorer.details.verdicts.tops.values()
    assert "volcano 90%" in top.accessibleDescription()


def test_save_writes_a_png_with_its_recipe(explorer: Explorer, tmp_path: Path) -> None:
    explorer.make("volcano")
    explorer.desk.table["save_image"].trigger()
    dialog = explorer.window.findChild(QFileDialog)
    assert dialog is not None
    assert "tiny fc-1 volcano seed 0.png" in dialog.selectedFiles()[0]
    path = tmp_path / "out.png"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    explorer.until(path.exists)
    recipe = explorer.engine.submitted[0]
    assert read_recipe(path) == recipe
    np.testing.assert_array_equal(np.asarray(Image.open(path)), picture_of(recipe, 140))


def drop(explorer: Explorer, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(10, 10),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    explorer.window.dropEvent(event)


def test_dropped_png_restores_everything(explorer: Explorer, tmp_path: Path) -> None:
    explorer.session.settings.new_seed()
    explorer.make("volcano")
    seed = explorer.session.settings.value.seed
    path = tmp_path / "out.png"
    explorer.desk.table["save_image"].trigger()
    explorer.window.findChild(QFileDialog).fileSelected.emit(str(path))
    explorer.window.findChild(QFileDialog).close()
    explorer.until(path.exists)
    explorer.session.settings.new_seed()
    explorer.make("strawberry")
    drop(explorer, path)
    explorer.until(lambda: explorer.session.display.label == "volcano")
    assert explorer.session.settings.value.seed == seed
    assert explorer.session.display.cached


def test_damaged_picture_says_what_to_drop(explorer: Explorer, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"no picture")
    drop(explorer, path)
    explorer.until(lambda: explorer.window.findChild(ErrorDialog))
    dialog = explorer.window.findChild(ErrorDialog)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert any("photo.jpg is no picture that can be read" in text for text in texts)
    dialog.close()


def test_what_is_copied_of_a_stopped_picture_stops_there_and_brings_what_it_went_on_from(
    explorer: Explorer,
) -> None:
    explorer.make("volcano")
    explorer.desk.table["more_steps"].trigger()
    explorer.submitted(2)
    explorer.engine.advance(7)
    explorer.qtbot.keyClick(explorer.window, Qt.Key.Key_Escape)
    explorer.until(lambda: explorer.session.display.result is not None)
    clipboard = QGuiApplication.clipboard()
    explorer.desk.table["copy_command"].trigger()
    explorer.until(lambda: clipboard.text().startswith("dgn-explorer make"))
    words = shlex.split(clipboard.text())
    assert words[words.index("--stop-after") + 1] == "7"
    first, second = explorer.engine.submitted
    assert words[words.index("--before") + 1] == first.to_json()
    assert words[-1] == second.to_json()


def test_copies(explorer: Explorer) -> None:
    explorer.make("volcano")
    clipboard = QGuiApplication.clipboard()
    explorer.desk.table["copy_address"].trigger()
    assert clipboard.text() == "tiny/fc:1"
    assert explorer.session.resolve(clipboard.text()) == UnitAddress("fc", 1)
    explorer.desk.table["copy_opening"].trigger()
    assert clipboard.text() == "dgn-explorer open --network tiny --unit fc:1"
    explorer.desk.table["copy_command"].trigger()
    explorer.until(lambda: clipboard.text().startswith("dgn-explorer visualize --network tiny "))
    assert clipboard.text().endswith(" --seed 0 -- fc:1")
    explorer.desk.table["copy_python"].trigger()
    explorer.until(lambda: clipboard.text().startswith("import dgn_explorer"))
    compile(clipboard.text(), "clipboard", "exec")
    assert explorer.engine.submitted[0].to_json() in clipboard.text()
    explorer.desk.table["copy_image"].trigger()
    assert clipboard.image().size().toTuple() == (8, 8)
    shown = clipboard.image().pixelColor(0, 0)
    red, green, blue = picture_of(explorer.engine.submitted[0], 140)[0, 0]
    assert shown.getRgb()[:3] == (red, green, blue)

"""A dropped photo: its strongest units, ready to be visualised."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QTreeWidget

from dgn_explorer.gui.features.photo.seen import Seen
from dgn_explorer.gui.features.photo.strongest_view import StrongestView
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.photos.reading import LARGEST_PX, read_photo
from dgn_explorer.synthesis.start import PHOTO_START, RANDOM
from tests.gui.conftest import Explorer
from tests.gui.test_results import drop


def strongest_of(explorer: Explorer) -> QTreeWidget:
    explorer.until(lambda: explorer.window.findChild(StrongestView) is not None)
    return explorer.part(StrongestView).tree


def test_a_dropped_photo_lists_its_units(explorer: Explorer, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"  # also one without a recipe
    Image.new("RGB", (40, 30), (200, 10, 10)).save(path)
    drop(explorer, path)
    tree = strongest_of(explorer)
    explorer.until(lambda: tree.topLevelItemCount() > 0)
    survey = next(one for one in explorer.engine.surveys if one.study == "strongest")
    kept = explorer.session.library.store.inputs.get(survey.inputs[0].sha256)
    assert kept == path.read_bytes()
    assert explorer.book.topic.title == "photo.png"
    assert explorer.photo_page.canvas.image.shape == (30, 40, 3)  # at the left
    assert tree.isVisible()  # at the right
    first = tree.topLevelItem(0)
    assert first.text(0) == "fc"  # the output layer comes first
    assert first.child(0).text(0) == "goldfish"
    tree.setFocus()
    tree.setCurrentItem(first.child(1))
    assert explorer.session.unit == UnitAddress("fc", 1)
    explorer.qtbot.keyClick(tree, Qt.Key.Key_Return)
    explorer.submitted(1)
    assert explorer.engine.submitted[0].target.terms[0].unit == UnitAddress("fc", 1)
    assert explorer.book.page is PageName.UNIT  # whose picture forms
    assert explorer.browser.grid.isVisible()
    explorer.desk.table["page_photo"].trigger()
    explorer.until(tree.isVisible)
    assert explorer.photo_tray.isVisible() and not explorer.browser.grid.isVisible()


def test_no_unit_is_listed_twice(explorer: Explorer, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), (200, 10, 10)).save(tmp_path / "a.png")
    drop(explorer, tmp_path / "a.png")
    tree = strongest_of(explorer)
    explorer.until(lambda: tree.topLevelItemCount() > 0)
    # the fake answers alike for every layer, as if each handed its units on unchanged
    assert [tree.topLevelItem(n).text(0) for n in range(tree.topLevelItemCount())] == ["fc"]
    units = [tree.topLevelItem(0).child(n).text(0) for n in range(5)]
    assert len(set(units)) == 5


def test_files_folders_archives_and_pasted_pictures_fill_the_tray(
    explorer: Explorer, make_explorer: Callable[..., Explorer], tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for number, name in enumerate(("one", "two", "three")):
        Image.new("RGB", (20, 20), (90 * number, 0, 0)).save(folder / f"{name}.jpg")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.write(folder / "one.jpg", "dogs/rex.jpg")
    Image.new("RGB", (20, 20), (0, 99, 0)).save(folder / "green.bmp")
    drop(explorer, folder)
    tray = explorer.desk.photo
    explorer.until(lambda: len(tray.tray) == 4)
    drop(explorer, tmp_path / "more.zip")  # the same content as one.jpg: it comes to the front
    explorer.until(lambda: tray.tray[0].name == "rex.jpg")
    assert len(tray.tray) == 4
    picture = QImage(16, 16, QImage.Format.Format_RGB888)
    picture.fill(0x102030)
    QGuiApplication.clipboard().setImage(picture)
    explorer.qtbot.keyClick(explorer.window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    explorer.until(lambda: len(tray.tray) == 5)
    explorer.until(lambda: tray.name == "pasted photo")
    explorer.until(lambda: explorer.photo_tray.list.count() == 5)
    shown, kept = tray.input.sha256, [photo.name for photo in tray.tray]
    explorer.window.close_at_once()
    again = make_explorer()
    again.session.open("tiny", "default")
    again.until(lambda: again.desk.photo.input is not None)
    assert [photo.name for photo in again.desk.photo.tray] == kept
    assert again.desk.photo.input.sha256 == shown


def test_what_is_no_picture_is_refused_and_the_rest_is_kept(
    explorer: Explorer, tmp_path: Path
) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    Image.new("RGB", (20, 20)).save(tmp_path / "good.jpg")
    drop(explorer, tmp_path)
    explorer.until(lambda: [photo.name for photo in explorer.desk.photo.tray] == ["good.jpg"])
    explorer.until(
        lambda: any("could not be read" in card.notice.text for card in explorer.notices.cards())
    )


def test_an_answer_of_the_same_square_is_laid_over_the_photo(
    explorer: Explorer, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 30), (200, 10, 10)).save(tmp_path / "a.png")
    drop(explorer, tmp_path / "a.png")
    page = explorer.photo_page
    explorer.until(lambda: explorer.desk.photo.input is not None)
    assert page.together.isHidden()  # a list is no picture
    explorer.session.select(UnitAddress("fc", 1))
    explorer.desk.questions.chip("saliency").click()
    explorer.desk.table["visualise"].trigger()
    explorer.until(lambda: page.answers.picture is not None)
    page.together.click()
    assert page.wipe.isVisible()
    page.wipe.setFocus()
    explorer.qtbot.keyClick(page.wipe, Qt.Key.Key_Right)
    assert page.wipe.share == pytest.approx(0.55)


def test_the_verdict_stands_beside_the_photo(explorer: Explorer, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), (200, 10, 10)).save(tmp_path / "a.png")
    drop(explorer, tmp_path / "a.png")
    top = explorer.part(Seen).top
    explorer.until(lambda: top.accessibleDescription() == "goldfish 50%, volcano 25%")
    assert top.isVisible()


def test_photos_are_turned_and_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "p.jpg"
    picture = Image.new("RGB", (3000, 1000), (0, 0, 0))
    exif = picture.getexif()
    exif[0x0112] = 6  # turned by a quarter
    picture.save(path, exif=exif)
    image = read_photo(path)
    assert image.dtype == np.uint8
    assert image.shape[0] <= LARGEST_PX
    assert image.shape[0] > 2 * image.shape[1]


def test_the_photo_as_start_is_one_setting(explorer: Explorer, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.new("RGB", (40, 30), (200, 10, 10)).save(path)
    assert not explorer.desk.table["photo_start"].isEnabled()
    drop(explorer, path)
    explorer.until(lambda: explorer.desk.table["photo_start"].isEnabled())
    explorer.desk.table["photo_start"].trigger()
    explorer.until(lambda: explorer.session.settings.value.start == PHOTO_START)
    assert explorer.session.settings.value.start_name == "photo.png"
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    recipe = explorer.engine.submitted[0]
    assert (recipe.start, recipe.inputs[0].name) == (PHOTO_START, "photo.png")
    explorer.desk.table["undo"].trigger()
    assert explorer.session.settings.value.start == RANDOM


def test_a_method_without_a_prior_names_none(explorer: Explorer) -> None:
    explorer.desk.questions.chip("pixels").click()
    assert "jitter" in explorer.controls.fields
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    recipe = explorer.engine.submitted[0]
    assert (recipe.method, recipe.prior, recipe.prior_fingerprint) == ("pixels", "", "")
    explorer.desk.table["undo"].trigger()
    assert "decay" in explorer.controls.fields


def test_the_strip_holds_what_was_made_from_the_photo(explorer: Explorer, tmp_path: Path) -> None:
    explorer.make("volcano")  # not from it
    Image.new("RGB", (40, 30), (200, 10, 10)).save(tmp_path / "a.png")
    drop(explorer, tmp_path / "a.png")
    model = explorer.results.model
    explorer.until(lambda: {item.method for item in model.items} == {"strongest", "verdict"})
    assert explorer.results._count.text() == "2 RESULTS"
    explorer.desk.table["photo_start"].trigger()
    explorer.desk.table["visualise"].trigger()
    explorer.submitted(2)
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.display.result is not None)
    explorer.desk.table["page_photo"].trigger()
    explorer.until(lambda: len(model.items) == 3)
    methods = [item.method for item in model.items]
    assert methods[0] == "dgn-am"
    explorer.results.view.clicked.emit(model.index(methods.index("strongest")))
    explorer.until(lambda: explorer.session.display.order.about.name == "strongest")
    assert explorer.book.page is PageName.PHOTO

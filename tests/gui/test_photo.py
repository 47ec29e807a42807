"""A dropped photo: its strongest units, ready to be visualised."""

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt

from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.photos.reading import LARGEST_PX, read_photo
from dgn_explorer.synthesis.start import PHOTO_START, RANDOM
from tests.gui.conftest import Explorer
from tests.gui.test_results import drop


def test_a_dropped_photo_lists_its_units(explorer: Explorer, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"  # also one without a recipe
    Image.new("RGB", (40, 30), (200, 10, 10)).save(path)
    drop(explorer, path)
    listed = explorer.photo_panel.list
    explorer.until(lambda: listed.count() > 0)
    (survey,) = explorer.engine.surveys
    kept = explorer.session.library.store.inputs.get(survey.inputs[0].sha256)
    assert kept == path.read_bytes()
    assert listed.isVisible()
    assert listed.item(0).text() == "goldfish"  # the output layer comes first
    listed.setFocus()
    listed.setCurrentRow(1)
    assert explorer.session.unit == UnitAddress("fc", 1)
    explorer.qtbot.keyClick(listed, Qt.Key.Key_Return)
    explorer.submitted(1)
    assert explorer.engine.submitted[0].target.terms[0].unit == UnitAddress("fc", 1)
    assert explorer.book.page is PageName.UNIT  # whose picture forms
    assert explorer.browser.grid.isVisible()
    explorer.desk.table["page_photo"].trigger()
    assert listed.isVisible() and not explorer.browser.grid.isVisible()


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

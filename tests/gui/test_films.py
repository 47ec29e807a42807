"""Morphs and films: looked at, cancelled, saved."""

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.engine.messages import Decode, Replay
from dgn_explorer.gui.features.films.film_dialog import FilmDialog
from tests.gui.conftest import Explorer


def film(explorer: Explorer) -> FilmDialog:
    explorer.until(lambda: explorer.window.findChild(FilmDialog) is not None)
    return explorer.window.findChild(FilmDialog)


def save(explorer: Explorer, dialog: FilmDialog, path: Path) -> None:
    dialog.go.click()
    chooser = dialog.findChild(QFileDialog)
    chooser.fileSelected.emit(str(path))
    chooser.close()
    explorer.until(path.exists)


def test_the_ascent_as_a_film(explorer: Explorer, tmp_path: Path) -> None:
    explorer.make("volcano")
    explorer.desk.table["film"].trigger()
    dialog = film(explorer)
    explorer.until(lambda: dialog.frames is not None)
    asked = explorer.engine.asked[0]
    assert isinstance(asked, Replay)
    assert (asked.steps, asked.frames) == (140, 60)
    assert dialog.canvas.image is not None
    explorer.until(lambda: dialog.slider.value() > 0)  # it plays
    dialog.play.click()
    assert dialog.play.text() == "Play"
    path = tmp_path / "a.gif"
    save(explorer, dialog, path)
    with Image.open(path) as picture:
        assert picture.n_frames == 60
    dialog.close()


def test_a_morph_of_two_results(explorer: Explorer, tmp_path: Path) -> None:
    explorer.make("volcano")
    explorer.make("strawberry")
    model = explorer.results.model
    explorer.desk.table["page_layer"].trigger()
    explorer.until(lambda: model.rowCount() == 2)
    select = explorer.results.view.selectionModel().select
    for row in range(2):
        select(model.index(row), QItemSelectionModel.SelectionFlag.Select)
    assert explorer.desk.table["morph"].isEnabled()
    explorer.desk.table["morph"].trigger()
    dialog = film(explorer)
    explorer.until(lambda: dialog.frames is not None)
    asked = explorer.engine.asked[0]
    assert isinstance(asked, Decode)
    assert asked.codes.shape == (60, 16)
    assert asked.codes.dtype == np.float32
    dialog.path.setCurrentIndex(1)
    dialog.path.activated.emit(1)
    explorer.until(lambda: len(explorer.engine.asked) == 2)
    explorer.until(lambda: dialog.frames is not None)
    save(explorer, dialog, tmp_path / "m.gif")
    with Image.open(tmp_path / "m.gif") as picture:
        assert picture.n_frames > 60  # there and back
    dialog.close()


def test_closing_the_dialog_cancels_the_question(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.engine.holds_answers = True
    explorer.desk.table["film"].trigger()
    dialog = film(explorer)
    assert not dialog.go.isEnabled()
    assert explorer.engine.held
    dialog.close()
    assert explorer.engine.held == []

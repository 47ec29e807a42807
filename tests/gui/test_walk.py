"""The filmed walk: one user's way through the whole window, by keys and mouse.

Every station is saved as a picture when ``DGN_EXPLORER_WALK`` names a folder. This one uses the
fake engine, as the real one takes minutes: `test_real_walk`.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from PySide6.QtCore import Qt

from dgn_explorer.gui.features.films.film_dialog import FilmDialog
from dgn_explorer.gui.look.card import CardState
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromCode
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import FakeEngine
from tests.gui.test_results import drop
from tests.gui.walking import CTRL, SHIFT, Walk

VOLCANO, STRAWBERRY = UnitAddress("fc", 1), UnitAddress("fc", 2)
SIDE = 64


def forming(recipe: Recipe, step: int) -> np.ndarray:
    """(64, 64, 3) uint8: soft coloured clouds that gain contrast as the ascent goes on."""
    total = np.zeros((SIDE, SIDE, 3))
    for term in recipe.target.terms:
        rng = np.random.default_rng([term.unit.index, len(term.unit.layer), recipe.seed])
        clouds = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).resize((SIDE, SIDE), 3)
        soft = np.asarray(clouds.filter(ImageFilter.GaussianBlur(2)), float) - 128
        total += term.weight * soft
    grown = min(1.0, 0.15 + step / 120)
    return np.clip(np.round(128 + 1.6 * grown * total), 0, 255).astype(np.uint8)


@pytest.fixture
def walk(make_explorer: Callable[..., Explorer]) -> Walk:
    def make_engine(store, bridge):  # type: ignore[no-untyped-def]
        return FakeEngine(store, bridge, picture=forming)

    explorer = make_explorer(make_engine)
    explorer.window.resize(1280, 800)
    walk = Walk(explorer, "fake")
    walk.station("loading")
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.session.network is not None)
    walk.station("welcome")
    return walk


def test_the_walk(walk: Walk, tmp_path: Path) -> None:
    explorer, window, engine = walk.explorer, walk.window, walk.explorer.engine
    qtbot, session = explorer.qtbot, explorer.session

    # Search, then double-click.
    walk.search("straw")
    walk.station("search")
    qtbot.keyClick(explorer.browser.search.field, Qt.Key.Key_Return)
    explorer.submitted(1)
    explorer.double_click(1)
    explorer.submitted(2)
    engine.advance(60)
    explorer.until(lambda: explorer.stage.canvas.image is not None)
    walk.station("running")

    # Stop, then more steps.
    walk.press(Qt.Key.Key_Escape)
    explorer.until(lambda: session.display.badge == "Stopped at step 60")
    walk.station("stopped")
    stopped = session.display.result
    assert stopped is not None
    walk.press(Qt.Key.Key_M, CTRL)
    explorer.submitted(3)
    engine.advance(10_000)
    explorer.until(lambda: session.display.badge == "Finished")
    # The code itself: under the same key a longer result may lie one day
    assert engine.submitted[2].start == FromCode.of(stopped.code)
    walk.station("more steps")

    # Combine two: one by key, one by drag and drop.
    walk.press(Qt.Key.Key_D, CTRL)
    walk.drop_unit(STRAWBERRY)
    explorer.submitted(4)
    engine.advance(40)
    slider = explorer.combine.rows[1].slider
    slider.setFocus()
    for _ in range(8):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    explorer.submitted(5)
    assert isinstance(engine.submitted[4].start, FromCode)
    engine.advance(10_000)
    explorer.until(lambda: session.display.badge == "Finished")
    explorer.combine.name.setText("Glowing fruit")
    qtbot.keyClick(explorer.combine.name, Qt.Key.Key_Return)
    assert list(explorer.notes.book.combinations) == ["Glowing fruit"]
    walk.station("combine")

    # Compute 24 units as a batch.
    session.compute([UnitAddress("blocks.1", i) for i in range(16)])
    session.compute([UnitAddress("conv1", i) for i in range(8)])
    explorer.until(lambda: len(session.jobs) == 24)
    explorer.panels.show("Queue")
    for _ in range(9):
        engine.advance(10_000)
    engine.advance(50)
    explorer.until(lambda: session.jobs.batch_done == 9)
    walk.station("queue")
    for _ in range(15):
        engine.advance(10_000)
    explorer.until(lambda: len(session.jobs) == 0)
    explorer.panels.show("Results")

    # Gallery, comparison, morph.
    walk.press(Qt.Key.Key_G, CTRL)
    gallery = explorer.gallery
    explorer.until(lambda: gallery.model.rowCount() == 26)  # what was stopped is asked for
    gallery.state.setCurrentIndex(gallery.state.findData(""))
    gallery.state.activated.emit(gallery.state.currentIndex())
    assert gallery.model.rowCount() == 27
    gallery.text.setText("volcano")
    explorer.until(lambda: gallery.model.rowCount() == 3)
    gallery.text.clear()
    walk.station("gallery")
    walk.click_result(0)
    walk.click_result(1, CTRL)
    walk.click_result(4, CTRL)
    walk.press(Qt.Key.Key_G, CTRL, SHIFT)
    explorer.until(lambda: explorer.book.view == "compare")
    qtbot.keyClick(window, Qt.Key.Key_Plus, CTRL)
    explorer.compare.canvases[0].zoom_by(2)
    walk.station("compare")
    walk.press(Qt.Key.Key_G, CTRL)
    walk.click_result(0)
    walk.click_result(1, CTRL)
    walk.press(Qt.Key.Key_M, CTRL, SHIFT)
    explorer.until(lambda: window.findChild(FilmDialog) is not None)
    film = window.findChild(FilmDialog)
    explorer.until(lambda: film.frames is not None)
    walk.station("morph")
    film.go.click()
    walk.file_chosen(tmp_path / "morph.webp")
    film.close()
    walk.back()

    # The grid of everything.
    gallery.view.clearSelection()
    walk.export_grid(tmp_path)

    # Save a picture, change the settings, and drop it back: one step that can be undone.
    walk.press(Qt.Key.Key_F5)
    explorer.type_and_enter("fc:2")
    explorer.until(lambda: session.display.label == "strawberry")
    engine.advance(10_000)
    explorer.until(lambda: session.display.result is not None)
    walk.press(Qt.Key.Key_S, CTRL)
    walk.file_chosen(tmp_path / "kept.png")
    walk.back()
    window.desk.table["new_seed"].trigger()
    changed = session.settings.value
    drop(explorer, tmp_path / "kept.png")
    explorer.until(lambda: session.settings.value.seed == 0)
    explorer.until(lambda: session.display.badge == "From cache")
    walk.station("dropped back")
    walk.press(Qt.Key.Key_Z, CTRL)
    assert session.settings.value == changed
    assert explorer.browser.units.card(VOLCANO).state is CardState.CACHED
    assert len(walk.stations) == 13

"""The walk with the real engine, the embedded network and the default prior: for looking at.

It takes minutes, so it runs only when ``DGN_EXPLORER_WALK`` names the folder for its pictures.
"""

import faulthandler
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from dgn_explorer.engine.engine import Engine
from dgn_explorer.gui.features.films.film_dialog import FilmDialog
from dgn_explorer.gui.look.card import CardState
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.start import FromCode, FromResult
from tests.gui.conftest import Explorer
from tests.gui.test_results import drop
from tests.gui.walking import CTRL, PICTURES, SHIFT, Walk

QUEUE = (
    *("banana", "lakeside", "monarch", "flamingo", "macaw", "goldfish"),
    *("tiger", "zebra", "daisy", "corn", "pizza", "lemon"),
    *("pineapple", "broccoli", "geyser", "castle", "beacon", "sea anemone"),
    *("peacock", "bell pepper", "church", "coral reef", "hip", "strawberry"),
)
PATIENCE_S = 300


@pytest.fixture
def walk(make_explorer: Callable[..., Explorer]) -> Walk:
    explorer = make_explorer(
        lambda store, bridge: Engine(store, bridge.listen, "cpu", confirm=bridge.confirm)
    )
    explorer.window.resize(1440, 900)
    explorer.session.open("lite0", "default")
    walk = Walk(explorer, "real", PATIENCE_S)
    walk.until(lambda: explorer.session.network is not None)
    walk.station("welcome")
    return walk


@pytest.mark.timeout(900)
@pytest.mark.skipif(not PICTURES, reason="takes minutes: DGN_EXPLORER_WALK=FOLDER runs it")
def test_the_real_walk(walk: Walk, tmp_path: Path) -> None:
    faulthandler.cancel_dump_traceback_later()  # minutes are in order here
    explorer, window = walk.explorer, walk.window
    qtbot, session = explorer.qtbot, explorer.session

    def badge(text: str) -> None:
        walk.until(lambda: session.display.badge == text)

    # Search, and watch an image form.
    walk.search("golden")
    walk.station("search")
    qtbot.keyClick(explorer.browser.search.field, Qt.Key.Key_Return)
    walk.until(lambda: (job := session.runs.live_job) is not None and job.step > 40)
    walk.station("forming")
    badge("Finished")
    retriever = session.display.result
    assert retriever is not None
    assert retriever.label == "golden retriever"
    assert "golden retriever" in [session.network.labels[i] for i, _ in retriever.top]
    walk.station("finished")
    walk.press(Qt.Key.Key_M, CTRL)
    walk.until(lambda: session.display.recipe.start == FromResult(retriever.key))
    badge("Finished")
    explorer.desk.show_section("This picture")
    walk.station("more steps")
    explorer.desk.show_section("Make")

    # More pictures, then two units in one.
    explorer.type_and_enter("volcano")
    walk.until(lambda: session.display.label == "volcano")
    badge("Finished")
    explorer.type_and_enter("jellyfish")
    walk.until(lambda: session.display.label == "jellyfish")
    badge("Finished")
    walk.press(Qt.Key.Key_D, CTRL)
    walk.drop_unit(session.resolve("jack-o'-lantern"))
    walk.until(lambda: (job := session.runs.live_job) is not None and job.step > 30)
    before = session.runs.live_recipe
    explorer.combine.pad.place(0.4, 0.5)
    walk.until(lambda: session.runs.live_recipe not in (None, before))
    badge("Finished")
    assert isinstance(session.display.recipe.start, FromCode)
    walk.station("combination")

    # 24 units behind it.
    session.compute([session.resolve(name) for name in QUEUE])
    explorer.panels.show("Queue")
    window.desk.table["theme_dark"].trigger()
    walk.until(lambda: session.jobs.batch_done >= 9)
    walk.station("queue")
    window.desk.table["theme_light"].trigger()
    for done in range(10, len(QUEUE) + 1):
        walk.until(lambda done=done: session.jobs.batch_done >= done)
    walk.until(lambda: len(session.jobs) == 0)
    assert session.jobs.batch_done == len(QUEUE)
    explorer.panels.show("Results")

    # Gallery, comparison, morph, in both themes.
    walk.press(Qt.Key.Key_G, CTRL)
    made = len(QUEUE) + 5
    walk.until(lambda: explorer.gallery.model.rowCount() == made)
    walk.station("gallery")
    explorer.gallery.text.setText("retriever")
    walk.until(lambda: explorer.gallery.model.rowCount() == 2)
    explorer.gallery.text.clear()
    walk.until(lambda: explorer.gallery.model.rowCount() == made)
    for number in (1, 3, 5):
        walk.click_result(made - number, CTRL)
    walk.press(Qt.Key.Key_G, CTRL, SHIFT)
    walk.until(lambda: explorer.book.view == "compare")
    walk.station("compare")
    walk.press(Qt.Key.Key_G, CTRL)
    window.desk.table["theme_dark"].trigger()
    walk.click_result(made - 4)
    walk.click_result(made - 5, CTRL)
    walk.press(Qt.Key.Key_M, CTRL, SHIFT)
    walk.until(lambda: window.findChild(FilmDialog) is not None)
    film = window.findChild(FilmDialog)
    walk.until(lambda: film.frames is not None)
    qtbot.wait(1200)
    walk.station("morph")
    film.go.click()
    walk.file_chosen(tmp_path / "morph.webp")
    film.close()
    walk.back()
    walk.station("gallery in the dark")
    window.desk.table["theme_light"].trigger()

    # All of it on one page.
    explorer.gallery.view.clearSelection()
    walk.export_grid(tmp_path)

    # A picture with its recipe brings the settings back, as one step that can be undone.
    walk.press(Qt.Key.Key_F5)
    session.show_result(retriever.key)
    badge("From cache")
    walk.press(Qt.Key.Key_S, CTRL)
    walk.file_chosen(tmp_path / "kept.png")
    walk.back()
    window.desk.table["new_seed"].trigger()
    settings = session.settings
    settings.edit(replace(settings.value, parameters=DgnAmParameters(steps=60)), "Short")
    changed = settings.value
    explorer.desk.show_section("Make")
    drop(explorer, tmp_path / "kept.png")
    walk.until(lambda: settings.value.seed == 0)
    badge("From cache")
    assert settings.value.parameters == retriever.recipe.parameters
    walk.station("dropped back")
    walk.press(Qt.Key.Key_Z, CTRL)
    assert settings.value == changed
    assert explorer.browser.units.card(retriever.recipe.units[0]).state is CardState.CACHED

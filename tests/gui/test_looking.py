"""Looking at a picture: pinned beside others, with another contrast; pausing; reloading."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage

from dgn_explorer.engine.messages import Frame
from dgn_explorer.gui.bridge.preferences import Preferences, set_aside, settings_file
from dgn_explorer.gui.features.picture.beside import PhotosBeside
from dgn_explorer.gui.frame.log_dialog import LogDialog
from dgn_explorer.gui.look.tone import Tone
from dgn_explorer.gui.state.jobs import JobState
from dgn_explorer.machine.logs import log_file
from dgn_explorer.networks.address import UnitAddress
from tests.gui.conftest import Explorer

VOLCANO = UnitAddress("fc", 1)


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_a_pinned_picture_stays_while_others_are_looked_at(explorer: Explorer) -> None:
    explorer.make("volcano")
    pinned, pin = explorer.stage.pinned, explorer.desk.table["pin"]
    assert pinned.isHidden() and pin.isEnabled() and not pin.isChecked()
    pin.trigger()
    assert pinned.isVisible() and pin.isChecked()
    made = explorer.session.display.result
    explorer.make("strawberry")
    assert pinned.result is made and not pin.isChecked()
    assert (pinned.canvas.image == made.picture).all()
    explorer.stage.canvas.zoom_by(3)
    assert pinned.canvas.zoom == explorer.stage.canvas.zoom
    explorer.session.look_at(UnitAddress("fc", 5))  # which has no picture
    explorer.until(lambda: explorer.stage.canvas.image is None)
    assert pinned.isVisible() and pin.isChecked()
    pin.trigger()
    assert pinned.isHidden() and not pin.isEnabled()


def test_what_goes_into_the_trash_is_not_pinned_any_more(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.desk.table["pin"].trigger()
    explorer.desk.table["delete"].trigger()
    assert explorer.stage.pinned.isHidden()


def test_contrast_is_of_the_view_and_the_picture_stays(explorer: Explorer) -> None:
    explorer.make("volcano")
    stage, table = explorer.stage, explorer.desk.table
    picture = explorer.session.display.result.picture
    before = pixels(stage.canvas.grab().toImage())
    assert not table["as_stored"].isEnabled()
    table["contrast_more"].trigger()
    table["darker"].trigger()
    assert (pixels(stage.canvas.grab().toImage()) != before).any()
    assert "contrast" in stage._tone.text() and stage._tone.isVisible()
    table["copy_image"].trigger()
    copied = pixels(QGuiApplication.clipboard().image())
    assert (copied == picture).all() and (stage.canvas.image == picture).all()
    table["as_stored"].trigger()
    assert stage.canvas.tone.plain and stage._tone.isHidden()


@pytest.mark.parametrize("name", ["contrast", "brightness"])
def test_a_tone_has_ends_and_comes_back(name: str) -> None:
    most = Tone().more(name, 99)
    assert most == most.more(name, 1) and most.more(name, -8).plain
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    assert (Tone().of(image) == image).all()
    assert (np.diff(most.of(image).ravel().astype(int)) >= 0).all()


def test_a_run_is_paused_and_goes_on(explorer: Explorer) -> None:
    hold, session = explorer.desk.table["hold"], explorer.session
    assert not hold.isEnabled()
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(3)
    explorer.until(lambda: hold.isEnabled())
    hold.trigger()
    assert session.runs.live_job.state is JobState.PAUSED and hold.text() == "Go on"
    explorer.engine.advance(5)
    assert explorer.engine.queue[0].step == 3
    hold.trigger()
    explorer.engine.advance(10_000)
    explorer.until(lambda: session.display.result is not None)
    assert not hold.isEnabled() and session.display.result.state == "done"


def test_a_network_is_read_again_and_the_unit_stays(explorer: Explorer) -> None:
    explorer.make("volcano")
    opened: list[object] = []
    explorer.session.opened.connect(lambda network, _prior: opened.append(network))
    explorer.desk.table["reload"].trigger()
    explorer.until(lambda: opened)
    assert explorer.session.unit == VOLCANO
    assert "has not changed" in explorer.notices.cards()[-1].notice.text
    explorer.engine.network = replace(explorer.engine.network, fingerprint="e" * 64)
    explorer.desk.table["reload"].trigger()
    explorer.until(lambda: len(opened) == 2)
    assert explorer.session.unit == VOLCANO
    assert "has changed" in explorer.notices.cards()[-1].notice.text
    assert explorer.stage.canvas.image is None  # the picture is of the network before


def test_settings_are_taken_over_with_and_without_the_seed(explorer: Explorer) -> None:
    explorer.make("volcano")
    settings = explorer.session.settings
    settings.edit(replace(settings.value, seed=77, count=3), "Seed")
    explorer.desk.table["recall_but_seed"].trigger()
    assert settings.value.seed == 77
    explorer.desk.table["recall"].trigger()
    assert settings.value.seed == 0


def test_a_safe_start_reads_and_writes_nothing(home: Path) -> None:
    kept = Preferences()
    kept.put("theme", "dark")
    kept.save()
    safe = Preferences(safe=True)
    assert safe.get("theme", "system") == "system"
    safe.put("theme", "light")
    safe.save()
    assert safe.get("theme", "system") == "light" and Preferences().get("theme", "") == "dark"


def test_settings_are_put_aside(home: Path) -> None:
    assert set_aside() is None
    kept = Preferences()
    kept.put("theme", "dark")
    kept.save()
    del kept
    aside = set_aside()
    assert aside is not None and aside.is_file() and not settings_file().exists()
    assert Preferences().get("theme", "system") == "system"


def test_the_verdict_is_there_while_the_picture_forms(explorer: Explorer) -> None:
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(3)
    explorer.until(lambda: explorer.session.runs.frame_of(1) is not None)
    picture = np.zeros((8, 8, 3), np.uint8)
    for step, top in ((4, ((1, 0.6), (2, 0.1))), (5, ())):  # not every frame knows it
        explorer.engine.frames.put(Frame(1, step, 250, picture, np.ones(step, "f4"), 9.0, top))
        explorer.until(lambda step=step: explorer.session.runs.frame_of(1).step == step)
        (shown,) = explorer.details.verdicts.tops.values()
        assert shown.accessibleDescription().startswith("volcano 60%")
        assert explorer.details.verdicts._titles[0].text() == "TINYNET SEES NOW"
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.display.result is not None)
    assert explorer.details.verdicts._titles[0].text() == "TINYNET SEES"


def test_thumbnails_are_drawn_for_the_screen(explorer: Explorer) -> None:
    explorer.make("volcano")
    library, model = explorer.session.library, explorer.results.model
    explorer.until(lambda: library.thumbnail(model.items[0].key) is not None)
    assert library.thumbnail(model.items[0].key).devicePixelRatio() == 1
    explorer.results.view.ratio_known.emit(2.0)
    assert model.ratio == 2.0
    explorer.until(lambda: library.thumbnail(model.items[0].key, 2.0) is not None)
    assert library.thumbnail(model.items[0].key, 2.0).devicePixelRatio() == 2


def test_the_log_is_shown_copied_and_saved(explorer: Explorer, tmp_path: Path) -> None:
    explorer.desk.table["log"].trigger()
    dialog = explorer.window.findChild(LogDialog)
    explorer.until(lambda: "empty" in dialog.text.toPlainText())
    log_file().parent.mkdir(parents=True)
    log_file().write_text("first\nsomething went wrong\n")
    dialog.read()
    explorer.until(lambda: "went wrong" in dialog.text.toPlainText())
    dialog._copy()
    assert "went wrong" in QGuiApplication.clipboard().text()
    explorer.flows.start(dialog._save(str(tmp_path / "log.txt")))
    explorer.until((tmp_path / "log.txt").exists)
    dialog.accept()


def test_one_goes_on_into_the_next_layer(explorer: Explorer) -> None:
    browser, network = explorer.browser, explorer.session.network
    paths = [layer.path for layer in network.layers]
    browser._go_to_layer(paths[0])
    grid, last = browser.grid, browser.units.rowCount() - 1
    grid.setCurrentIndex(browser.units.index(last))
    explorer.qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert explorer.session.unit == UnitAddress(paths[1], 0)
    explorer.qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert explorer.session.unit == UnitAddress(paths[0], last)
    explorer.desk.table["next_layer"].trigger()
    assert browser.units.layer.path == paths[1]
    explorer.desk.table["previous_layer"].trigger()
    explorer.desk.table["previous_layer"].trigger()  # there is none before
    assert browser.units.layer.path == paths[0]


def test_without_photos_beside_the_image_it_is_said_how_to_get_them(explorer: Explorer) -> None:
    beside = explorer.part(PhotosBeside)
    assert beside.sheet.isHidden() and "Real photos" in beside.text.text()

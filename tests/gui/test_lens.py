"""One photo under the lens, in a real window with the real engine and a real network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QPushButton

from dgn_explorer.engine.engine import Engine
from dgn_explorer.export.heat import COLOURS, GREY
from dgn_explorer.export.png import read_survey
from dgn_explorer.gui.features.lens.film_view import FilmView
from dgn_explorer.gui.features.lens.look_panel import LookPanel
from dgn_explorer.gui.features.lens.looks_view import LooksView
from dgn_explorer.gui.features.lens.maps_view import MapsView
from dgn_explorer.gui.features.lens.saliency_view import SaliencyView
from dgn_explorer.gui.features.lens.saving import Saving
from dgn_explorer.gui.features.lens.strip_view import StripView
from dgn_explorer.gui.state.photos import strips
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.photos import film
from dgn_explorer.results.strip import RECIPES_KEY
from dgn_explorer.studies.saliency.about import SaliencyParameters
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.methods.inversion.about import INVERSION, InversionParameters
from tests.gui.conftest import Explorer
from tests.gui.walking import Walk
from tests.tiny import tiny_prior_file

WAIT_S = 60.0


@pytest.fixture
def walk(make_explorer, tmp_path: Path) -> Walk:
    made: Explorer = make_explorer(
        make_engine=lambda store, bridge: Engine(store, bridge.listen, "cpu", threads=1)
    )
    made.session.open("lite0", str(tiny_prior_file(tmp_path / "tiny.safetensors")))
    walk = Walk(made, "lens", WAIT_S)
    walk.until(lambda: made.session.network is not None)
    pixels = np.zeros((120, 160, 3), np.uint8)
    pixels[..., 1] = np.linspace(0, 255, 160)
    pixels[30:80, 40:90, 0] = 240
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    made.desk.photo.open(str(tmp_path / "photo.png"))
    walk.until(lambda: made.desk.photo.input is not None)
    walk.until(lambda: made.session.display.result is not None)  # the quick question's answer
    return walk


def answered(walk: Walk) -> None:
    """Wait for an answer other than the one that every photo that is opened gets."""

    def there() -> bool:
        result = walk.explorer.session.display.result
        return result is not None and result.order.about.name != "strongest"

    walk.until(there)


def shown(walk: Walk, kind: type) -> object:
    (found,) = walk.window.findChildren(kind)
    return found


def test_maps_follow_the_unit_side_by_side(walk: Walk, tmp_path: Path) -> None:
    explorer, session = walk.explorer, walk.explorer.session
    view = shown(walk, LooksView)
    assert isinstance(view, LooksView)
    session.select(UnitAddress("fc", 980))
    explorer.desk.table["photo_looks"].trigger()
    assert explorer.book.page is PageName.PHOTO and view.isVisible()
    found = view._glances.found
    walk.until(lambda: len(found) == 3 and all(one.ask.unit.index == 980 for one in found.values()))
    before = view.panes["gradient"].canvas.image
    assert before is not None and "activation" in view.panes["gradient"].said.text()
    session.select(UnitAddress("fc", 949))
    walk.until(lambda: all(one.ask.unit.index == 949 for one in found.values()))
    after = view.panes["gradient"].canvas.image
    assert after is not None and (before != after).any()
    view.boxes["deconvnet"].setChecked(True)  # says in its place why there is none
    walk.until(lambda: "no max-pooling" in view.panes["deconvnet"].said.text())
    view.boxes["integrated"].setChecked(True)  # takes many passes, and says how far they are
    said: list[str] = []
    view._glances.working.connect(
        lambda how, _done, _total: said.append(view.panes[how].said.text())
    )
    walk.until(lambda: "integrated" in view._glances.found)
    assert any("working: " in text for text in said)
    assert "activation" in view.panes["integrated"].said.text()
    walk.station("several ways side by side")
    drawn = view.drawn()
    assert {one.order.parameters.how for one in drawn} == set(view._glances.found)
    saving = walk.window.findChild(Saving)
    assert saving is not None and [one.name for one in saving.on_show()] == [x.name for x in drawn]
    saving.save_to(tmp_path / "maps.png", drawn)
    walk.until(lambda: len(list(tmp_path.glob("maps *.png"))) == 4)
    survey = read_survey(tmp_path / "maps fc-949 gradient.png")
    assert survey is not None and survey.units == (UnitAddress("fc", 949),)
    panel = shown(walk, LookPanel)
    assert isinstance(panel, LookPanel)
    panel.sliders["opacity"].setValue(20)
    panel.absolute.click()
    panel.tone.setCurrentIndex(panel.tone.findData(COLOURS))
    panel.tone.activated.emit(panel.tone.currentIndex())
    assert (view._look.value.opacity, view._look.value.tone) == (0.2, COLOURS)
    faint = view.panes["gradient"].canvas.image
    assert faint is not None and (faint != after).any()
    for _ in range(3):
        explorer.desk.table["undo"].trigger()
    np.testing.assert_array_equal(view.panes["gradient"].canvas.image, after)
    explorer.desk.table["photo_answer"].trigger()
    asked = len(session.questions)
    session.select(UnitAddress("fc", 1))  # nobody looks: nothing is asked
    assert len(session.questions) == asked


def test_a_map_comes_with_its_checks(walk: Walk) -> None:
    session, photo = walk.explorer.session, walk.explorer.desk.photo
    network = session.network
    assert network is not None and photo.input is not None
    survey = Survey(
        network.name,
        network.fingerprint,
        "saliency",
        SaliencyParameters(how="gradient", randomise=0.5, deletion=True),
        units=(network.resolve("volcano"), network.resolve("strawberry")),
        inputs=(replace(photo.input, role="photo"),),
    )
    session.run(survey)
    answered(walk)
    view = shown(walk, SaliencyView)
    assert isinstance(view, SaliencyView) and view.isVisible()
    assert view.canvas.image is not None and view.check.image is not None
    assert "likeness" in view.check_said.text() and view.curve.isVisible()
    walk.station("a map with its checks")
    first = view.canvas.image
    view.which.setCurrentIndex(1)
    assert view.which.currentText() == "strawberry" and (view.canvas.image != first).any()
    panel = shown(walk, LookPanel)
    assert isinstance(panel, LookPanel)
    panel.tone.setCurrentIndex(panel.tone.findData(GREY))
    panel.tone.activated.emit(panel.tone.currentIndex())
    grey = view.check.image
    assert grey is not None


def test_a_click_on_the_sheet_chooses_and_two_open_the_unit(walk: Walk) -> None:
    explorer, session = walk.explorer, walk.explorer.session
    network, photo = session.network, explorer.desk.photo
    assert network is not None and photo.input is not None
    inputs = (replace(photo.input, role="photo"),)
    session.run(
        Survey(network.name, network.fingerprint, "maps", layers=("blocks.4",), inputs=inputs)
    )
    answered(walk)
    view = shown(walk, MapsView)
    assert isinstance(view, MapsView) and view.isVisible()
    view.strongest.setChecked(True)
    walk.station("all maps of a layer")
    canvas, record = view.canvas, session.display.result
    assert record is not None and canvas.sheet is not None and canvas.image is not None
    best = int(record.array("highest").argmax())
    target = canvas._target(canvas.image)
    corner = QPoint(round(target.x() + 4), round(target.y() + 4))
    explorer.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=corner)
    assert session.unit == UnitAddress("blocks.4", best)
    assert explorer.book.page is PageName.PHOTO
    explorer.qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=corner)
    walk.until(lambda: explorer.book.page is PageName.UNIT)
    explorer.desk.table["stop"].trigger()
    walk.until(lambda: session.runs.live is None)


def test_the_strip_fills_from_input_to_output(
    walk: Walk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quick = replace(INVERSION, presets={"default": InversionParameters(steps=1)})
    monkeypatch.setitem(strips.METHODS_OF, "pixels", quick)
    explorer = walk.explorer
    explorer.desk.photo.opened.emit()
    explorer.desk.table["photo_strip"].trigger()
    view = shown(walk, StripView)
    assert isinstance(view, StripView) and view.isVisible()
    layers = [one.layer for one in view._strips.places]
    assert layers[0] == "stem" and layers[-1] == "fc" and "blocks.4" in layers
    assert "Not made yet" in view.numbers.text() and not view.save.isEnabled()
    view.make.click()
    walk.until(lambda: len(view._strips.records) >= 2)
    assert "relative error" in view.numbers.text() and view.kept.image is not None
    walk.station("what every layer keeps")
    explorer.session.runs.clear_queue()
    view.slider.setValue(len(layers) - 1)
    assert view.said.text().startswith("fc")
    path = tmp_path / "strip.png"
    view.save_to(path)
    walk.until(path.exists)
    with Image.open(path) as strip:
        assert strip.width > 2 * 192 and RECIPES_KEY in strip.text
    walk.until(lambda: not len(explorer.session.jobs))


def test_a_film_is_watched_without_waiting(walk: Walk, tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="needs the extra video")
    path = tmp_path / "a.mp4"
    writer = ffmpeg.write_frames(str(path), (64, 48), fps=10, macro_block_size=2)
    writer.send(None)
    for number in range(20):
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, 3 * number : 3 * number + 8] = 250
        writer.send(picture)
    writer.close()
    explorer = walk.explorer
    explorer.desk.table["photo_film"].trigger()
    view = shown(walk, FilmView)
    assert isinstance(view, FilmView) and view.isVisible()
    view._watch.open(str(path))
    sights = []
    view._watch.changed.connect(lambda: sights.append(view._watch.sight))
    walk.until(lambda: len({one.number for one in sights if one is not None}) >= 3)
    assert view.picture.image is not None and view.maps.image is not None
    assert view.units.count() == 8 and "%" in view.said.text()
    walk.station("a film")
    view.layer.setCurrentText("fc")
    view.layer.activated.emit(view.layer.currentIndex())
    walk.until(lambda: view._watch.sight is not None and view._watch.sight.layer == "fc")
    assert view._watch.sight is not None and view._watch.sight.maps is None
    explorer.desk.table["photo_answer"].trigger()  # out of sight it ends
    assert not view._watch.running
    path.write_bytes(b"no video")
    explorer.desk.table["photo_film"].trigger()
    problems: list[str] = []
    explorer.session.problem.connect(lambda message, *_: problems.append(message))
    view._watch.open(str(path))
    walk.until(lambda: problems)
    assert "a.mp4 is no video" in problems[0] and not view._watch.running


def test_a_webcam_is_watched_until_it_is_gone(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imageio_ffmpeg", reason="needs the extra video")

    def drawn(_name: str, _system: str, seconds: int = 600) -> list[str]:
        """What ffmpeg draws itself, at a camera's pace, in a camera's place."""
        return ["-re", "-f", "lavfi", "-i", f"testsrc=size=320x240:rate=30:duration={seconds}"]

    monkeypatch.setattr(film, "camera_arguments", drawn)
    walk.explorer.desk.table["photo_film"].trigger()
    view = shown(walk, FilmView)
    assert isinstance(view, FilmView)
    (button,) = [one for one in view.findChildren(QPushButton) if one.text() == "Webcam"]
    button.click()
    numbers: list[int] = []
    watch = view._watch
    watch.changed.connect(lambda: watch.sight and numbers.append(watch.sight.number))
    walk.until(lambda: len(set(numbers)) >= 4)
    assert numbers == sorted(numbers) and watch.name == "Camera 0"
    image = view.picture.image
    assert image is not None and np.ptp(image) > 200 and view.maps.image is not None
    walk.station("a webcam")
    view.end.click()
    assert not watch.running and view.picture.image is not None  # the last picture stays
    monkeypatch.setattr(film, "camera_arguments", lambda name, system: drawn(name, system, 1))
    button.click()
    walk.until(lambda: watch.running)
    walk.until(lambda: not watch.running)  # as when its plug is pulled


def test_a_photo_is_pasted(walk: Walk, tmp_path: Path) -> None:
    explorer, photo = walk.explorer, walk.explorer.desk.photo
    image = QImage(40, 30, QImage.Format.Format_RGB888)
    image.fill(QColor(10, 200, 30))
    QGuiApplication.clipboard().setImage(image)
    explorer.desk.table["paste_photo"].trigger()
    walk.until(lambda: photo.name == "pasted photo")
    assert photo.image is not None and photo.image.shape == (30, 40, 3)
    assert photo.image[0, 0].tolist() == [10, 200, 30] and photo.input is not None
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "photo.png"))])
    QGuiApplication.clipboard().setMimeData(data)
    explorer.desk.table["paste_photo"].trigger()
    walk.until(lambda: photo.name == "photo.png")
    QGuiApplication.clipboard().setText("no picture")
    explorer.desk.table["paste_photo"].trigger()
    assert photo.name == "photo.png"

"""Answers about photo sets: chosen as a folder, asked by a chip, shown with their numbers."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.gui.features.photo.strongest_view import StrongestView, _ShareRole
from dgn_explorer.gui.features.picture.beside import PhotosBeside
from dgn_explorer.gui.features.picture.details import Details
from dgn_explorer.gui.features.picture.stage import Stage
from dgn_explorer.gui.features.sets.kinds_view import KindsView
from dgn_explorer.gui.features.sets.nearest_view import NearestView
from dgn_explorer.gui.features.sets.photos_view import PhotosView
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.facets import facets_of
from dgn_explorer.results.top_photos import unit_photos
from dgn_explorer.synthesis.photographs import measuring
from tests.extending.driving import WAIT_MS, computing_window
from tests.gui.conftest import Explorer, home, loop, make_explorer
from tests.synthesis.test_facets import kinds
from tests.tiny_opened import tiny

__all__ = ["home", "loop", "make_explorer", "tiny"]  # fixtures
pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = kinds(tmp_path / "kinds")
    (folder / "all").rename(folder / "dog")
    return folder


def asked(explorer: Explorer, question: str, photos: Path, **changes: object) -> None:
    """Click the chip, give the set, and ask."""
    session = explorer.session
    explorer.desk.questions.chip(question).click()
    explorer.controls.fields["photos"].edited.emit(str(photos))
    explorer.until(lambda: any(one.role == "photos" for one in session.settings.value.inputs))
    for name, value in changes.items():
        explorer.controls.fields[name].edited.emit(value)
    explorer.desk.table["visualise"].trigger()

    def answered() -> bool:  # opening a photo asks a quick study, which may come in between
        result = session.display.result
        return result is not None and result.order.about.name == question

    explorer.qtbot.waitUntil(answered, timeout=WAIT_MS)


def test_real_photos_of_a_unit(make_explorer: Callable[..., Explorer], photos: Path) -> None:
    explorer = computing_window(make_explorer)
    session = explorer.session
    unit = session.network.resolve("conv2:3")
    session.select(unit)
    asked(explorer, "top-photos", photos)
    assert explorer.book.page is PageName.UNIT
    record = session.display.result
    assert record.order.layers == ("conv2",) and record.order.units == ()
    view = explorer.part(PhotosView)
    assert view.isVisible()
    beside = explorer.part(PhotosBeside)  # in the inspector, whatever is on show
    explorer.until(lambda: not beside.sheet.isHidden())
    assert "The strongest of 24 photos" in beside.text.text()
    found = unit_photos(record, unit)
    assert "conv2:3: the strongest of 24 photos" in view.text.text()
    assert "kinds" not in view.text.text() and view.canvas.image is not None
    assert view.histogram.marks == ()
    explorer.desk.photo.open(str(photos / "dog" / "0 1.png"))
    explorer.qtbot.waitUntil(lambda: len(view.histogram.marks) == 1, timeout=WAIT_MS)
    (mark,) = view.histogram.marks
    low, high = found.quantile(0), found.quantile(1)
    assert low <= mark.value <= high and mark.name.startswith("open photo")
    names = [str(name) for name in record.parts["names"]]
    mine = [n for n in found.photos if names[n].endswith("0 1.png")]
    if mine:
        assert mark.value == pytest.approx(found.activations[found.photos.index(mine[0])], rel=1e-3)
    other = session.network.resolve("conv2:5")
    session.select(other)
    assert "conv2:5" in view.text.text() and view.histogram.marks == ()


def test_a_set_is_measured_behind_what_is_asked_meanwhile(
    make_explorer: Callable[..., Explorer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, square_of = kinds(tmp_path / "many", each=50), measuring.square_of

    def slowly(data: bytes, name: str, size: int) -> np.ndarray:
        time.sleep(0.05)
        return square_of(data, name, size)

    monkeypatch.setattr(measuring, "square_of", slowly)
    explorer = computing_window(make_explorer)
    session = explorer.session
    session.select(session.network.resolve("conv2:3"))
    said: dict[str, Notice] = {}
    session.notice.connect(lambda notice: said.update({notice.text: notice}))
    explorer.desk.questions.chip("top-photos").click()
    explorer.controls.fields["photos"].edited.emit(str(photos))
    explorer.until(lambda: any(one.role == "photos" for one in session.settings.value.inputs))
    explorer.desk.table["visualise"].trigger()
    explorer.qtbot.waitUntil(lambda: session.study.progress[0] > 0, timeout=WAIT_MS)
    (run,) = session.study.runs
    copy = tmp_path / "copy.png"
    Image.fromarray(np.asarray(Image.open(photos / "all" / "1 2.png"))).save(copy)
    explorer.desk.photo.open(str(copy))  # is asked about at once

    def answered() -> bool:
        result = session.display.result
        return result is not None and result.order.about.name != "top-photos"

    explorer.qtbot.waitUntil(answered, timeout=WAIT_MS)
    assert run.number in [one.number for one in session.study.runs]  # not over, and not stopped
    explorer.qtbot.waitUntil(lambda: not session.study.runs, timeout=WAIT_MS)
    explorer.until(lambda: "Real photos: the answer is there." in said)
    show = said["Real photos: the answer is there."].run
    assert show is not None
    show()
    explorer.until(lambda: session.display.order == run.survey)
    assert explorer.book.page is PageName.UNIT and explorer.part(PhotosView).isVisible()


def test_activations_are_told_beside_those_of_photos(
    make_explorer: Callable[..., Explorer], photos: Path
) -> None:
    explorer = computing_window(make_explorer)
    session = explorer.session
    unit = session.network.resolve("conv2:3")
    session.select(unit)
    assert session.usual.text(unit, 1.0) == ""
    asked(explorer, "top-photos", photos)
    found = unit_photos(session.display.result, unit)
    explorer.until(lambda: session.usual.text(unit, 0.0) != "")
    value = found.quantile(0.37)
    share = f"{100 * found.share_below(value):.3g} %"
    assert session.usual.text(unit, value) == f"above {share} of 24 photos"
    assert session.usual.text(unit, 1e9) == "above all of 24 photos"
    assert session.usual.text(session.network.resolve("dog"), value) == ""  # was not measured
    explorer.desk.questions.chip("dgn-am").click()
    explorer.controls.fields["steps"].edited.emit(3)
    explorer.desk.table["visualise"].trigger()

    def made() -> bool:
        result = session.display.result
        return result is not None and result.order.about.name == "dgn-am"

    explorer.qtbot.waitUntil(made, timeout=WAIT_MS)
    image = session.display.result
    usual = session.usual.text(unit, image.activation)
    assert explorer.part(Details)._value.text().endswith(usual) and "of 24 photos" in usual
    explorer.until(lambda: usual in explorer.browser.units.card(unit).spoken)


def test_the_strongest_units_of_a_photo_are_told_against_a_measured_set(
    make_explorer: Callable[..., Explorer], photos: Path
) -> None:
    explorer = computing_window(make_explorer)
    session = explorer.session
    explorer.desk.photo.open(str(photos / "dog" / "0 1.png"))
    explorer.until(lambda: explorer.window.findChild(StrongestView) is not None)
    view = explorer.part(StrongestView)
    assert view.note.text().startswith("Bars compare a unit with the rest of its layer;")
    picture = session.display.result
    explorer.book.show_page(PageName.UNIT)
    session.select(session.network.resolve("conv2:3"))
    asked(explorer, "top-photos", photos)
    record = session.display.result
    explorer.until(lambda: view.note.text().startswith("Usual in conv2 is what 24 photos gave"))
    session.show_result(picture.key)
    tops = [view.tree.topLevelItem(n) for n in range(view.tree.topLevelItemCount())]
    (mine,) = [top for top in tops if top.text(0) == "conv2"]
    tips = [mine.child(n).toolTip(0) for n in range(mine.childCount())]
    assert len(tips) == 5 and all("of 24 photos" in tip for tip in tips)
    place = next(n for n, name in enumerate(record.parts["names"]) if name.endswith("0 1.png"))
    for n in range(5):  # the very numbers of the set, and the order of its shares
        unit = UnitAddress("conv2", int(tips[n].split(":")[1]))
        found = unit_photos(record, unit)
        value = float(tips[n].split("highest activation ")[1].split(",")[0])
        if place in found.photos:
            mine_there = found.activations[found.photos.index(place)]
            assert value == pytest.approx(mine_there, rel=0.01)
        assert session.usual.text(unit, value)
    shares = [float(mine.child(n).data(2, _ShareRole)) for n in range(5)]
    assert shares == sorted(shares, reverse=True) and shares[0] <= 1
    others = [top.child(0).toolTip(0) for top in tops if top.text(0) != "conv2"]
    assert others and all("standard deviations above its layer's mean" in tip for tip in others)


def test_kinds_of_a_unit(make_explorer: Callable[..., Explorer], photos: Path) -> None:
    explorer = computing_window(make_explorer)
    session = explorer.session
    session.select(session.network.resolve("dog"))
    asked(explorer, "facets", photos, facets=3, steps=3, prior_term=0.0)
    record = session.display.result
    assert record.count == 3 and len(facets_of(record)) == 3
    view = explorer.part(KindsView)
    assert view.isVisible() and view.map.isVisible()
    assert "24 photos" in view.text.text() and "3: " in view.text.text()
    explorer.until(lambda: view._area.horizontalScrollBar().maximum() == 0)  # all is in sight


def test_kinds_form_behind_what_is_asked_meanwhile_and_are_kept_when_stopped(
    make_explorer: Callable[..., Explorer], photos: Path
) -> None:
    explorer = computing_window(make_explorer)
    session = explorer.session
    session.select(session.network.resolve("dog"))
    explorer.desk.questions.chip("facets").click()
    explorer.controls.fields["photos"].edited.emit(str(photos))
    explorer.until(lambda: any(one.role == "photos" for one in session.settings.value.inputs))
    for name, value in {"facets": 3, "steps": 10_000, "prior_term": 0.0}.items():
        explorer.controls.fields[name].edited.emit(value)
    explorer.desk.table["visualise"].trigger()
    explorer.until(lambda: len(session.runs.long_jobs) == 1)
    (job,) = session.runs.long_jobs
    stage = explorer.part(Stage)
    explorer.qtbot.waitUntil(lambda: session.runs.frame_of(job.number) is not None, timeout=WAIT_MS)
    explorer.until(lambda: stage.run_bar._title.text().startswith("Step "))
    assert session.runs.live is None and not stage.run_bar._hold.isVisibleTo(stage)
    explorer.desk.questions.chip("dgn-am").click()
    explorer.controls.fields["steps"].edited.emit(3)
    session.visualise(session.network.resolve("cat"))

    def answered() -> bool:
        result = session.display.result
        return result is not None and result.order.about.name == "dgn-am"

    explorer.qtbot.waitUntil(answered, timeout=WAIT_MS)
    assert session.runs.long_jobs == (job,)  # neither over nor stopped
    explorer.until(lambda: session.activities.get(f"image {job.number}") is not None)
    activity = session.activities.get(f"image {job.number}")
    assert activity.what == "Kinds: dog" and activity.seconds_left is not None
    session.run(job.recipe)  # it is not begun twice
    explorer.until(lambda: session.display.job == job.number)
    assert session.runs.long_jobs == (job,)
    explorer.desk.table["stop"].trigger()
    explorer.qtbot.waitUntil(lambda: session.display.result is not None, timeout=WAIT_MS)
    record = session.display.result
    assert record.key == job.recipe.key and record.state == "stopped" and record.count == 3
    assert explorer.part(KindsView).isVisible() and not session.runs.long_jobs
    assert session.activities.get(f"image {job.number}") is None


def test_memory_or_invention_of_a_picture(
    make_explorer: Callable[..., Explorer], photos: Path, tmp_path: Path
) -> None:
    explorer = computing_window(make_explorer)
    copy = tmp_path / "copy.png"
    Image.fromarray(np.asarray(Image.open(photos / "dog" / "1 2.png"))).save(copy)
    explorer.desk.photo.open(str(copy))
    explorer.until(lambda: explorer.book.page is PageName.PHOTO)
    asked(explorer, "nearest", photos)
    record = explorer.session.display.result
    assert record.order.shown_by == explorer.session.prior.fingerprint
    view = explorer.part(NearestView)
    assert view.isVisible()
    assert view.sentence.text().startswith("It may be remembered")


def test_a_bad_set_is_said(make_explorer: Callable[..., Explorer], tmp_path: Path) -> None:
    explorer = computing_window(make_explorer)
    session = explorer.session
    session.select(session.network.resolve("dog"))
    explorer.desk.questions.chip("facets").click()
    problems: list[str] = []
    session.problem.connect(lambda message, hint, details: problems.append(message))
    (tmp_path / "empty").mkdir()
    explorer.controls.fields["photos"].edited.emit(str(tmp_path / "empty"))
    explorer.until(lambda: bool(problems))
    assert "holds no photographs" in problems[0]
    assert session.settings.value.inputs == ()

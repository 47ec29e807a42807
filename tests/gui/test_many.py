"""Chains and sets in the window: what is shown of them, more of them, plans, and holes to fill."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetricsF

from dgn_explorer.engine.messages import Cancelled
from dgn_explorer.gui.features.many import many_view
from dgn_explorer.gui.features.many.band_plot import _axis
from dgn_explorer.gui.features.many.distance_map import placed
from dgn_explorer.gui.features.many.hole_dialog import HoleDialog
from dgn_explorer.gui.features.many.image_list import _NumberRole
from dgn_explorer.gui.features.many.live_panel import LivePanel
from dgn_explorer.gui.features.many.many_view import STRONGEST, UNLIKE, ManyView
from dgn_explorer.gui.features.many.picking import Picking
from dgn_explorer.gui.features.many.plan_dialog import PlanDialog
from dgn_explorer.gui.look.activation_curve import _fitting
from dgn_explorer.paths import data_folder
from dgn_explorer.photos.masks import decode_mask
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.results.picks import change_picks, read_picks
from dgn_explorer.results.record import Provenance, Record
from dgn_explorer.synthesis.methods.inverse_set.about import InverseSetParameters
from dgn_explorer.synthesis.methods.ppgn.about import PPGN, PpgnParameters
from dgn_explorer.synthesis.progress import NEWEST, SoFar
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Band, Chain, InRange, Maximise
from tests.gui.conftest import Explorer

PLACES = np.array([[0, 0], [3, 0], [0, 4], [1, 1]], float)
DISTANCES = np.linalg.norm(PLACES[:, None] - PLACES, axis=2).astype(np.float32)
VALUES = (8.5, 9.25, 8.0, 9.0)


def recipe(explorer: Explorer, method: str) -> Recipe:
    unit = explorer.session.resolve("volcano")
    base = explorer.session.recipe(unit)
    assert base is not None
    if method == "ppgn":
        return replace(base, method=method, parameters=PpgnParameters(samples=4))
    target = InRange((Band(unit, 8.0, 10.0),))
    return replace(base, method=method, target=target, parameters=InverseSetParameters(count=4))


def shown(
    explorer: Explorer, order: Recipe, more: Mapping[str, np.ndarray] | None = None
) -> ManyView:
    images = (40, 80, 120, 200)
    count = len(images)
    parts: dict[str, np.ndarray | tuple[str, ...]] = {
        "images": np.stack([np.full((8, 8, 3), grey, np.uint8) for grey in images]),
        "codes": np.zeros((count, 16), np.float32),
        "activations": np.array(VALUES, np.float32)[:count, None],
    }
    if order.method == "ppgn":
        parts |= {"p": np.zeros(20, np.float32), "sample_steps": np.array([5, 10, 15, 20], "<i4")}
    else:
        parts |= {
            "distances": DISTANCES,
            "phases": ("joint",) * count,
            "parents": np.full(count, -1, np.int32),
            "tries": np.ones(count, np.int32),
        }
    parts |= more or {}
    where = Provenance(1.0, "cpu", "2026-11-21T12:00:00+00:00")
    record = Record(order, parts, np.arange(20, dtype=np.float32), "done", where, "volcano")
    explorer.session.library.add(explorer.store.put(record))
    explorer.session.show_result(record.key)
    explorer.until(lambda: explorer.session.display.result is not None)
    view = explorer.window.findChild(ManyView)
    assert view is not None and view.isVisible()
    return view


def captions(view: ManyView) -> list[str]:
    return [view.list.item(row).text() for row in range(view.list.count())]


def test_a_set_lists_its_images_with_their_activations(explorer: Explorer) -> None:
    view = shown(explorer, recipe(explorer, "inverse-set"))
    assert captions(view) == ["8.5", "9.25", "8", "9"]
    assert "Image 1 of 4" in view._text.text()
    assert view.large.image is not None and view.large.image[0, 0, 0] == 40
    view.order.setCurrentText(STRONGEST)
    assert captions(view) == ["9.25", "9", "8.5", "8"]
    assert view.list.chosen == [0]  # still the same image, wherever it stands now
    view.order.setCurrentText(UNLIKE)
    assert captions(view)[:2] in (["9.25", "8"], ["8", "9.25"])
    assert "volcano: 8 to 9.25" in view.plot.accessibleDescription()


def test_numbers_beside_several_images_say_whose_they_are(explorer: Explorer) -> None:
    order = recipe(explorer, "ppgn")
    tops = {
        "top_classes": np.array([[1], [2], [3], [0]], np.int32),
        "top_probabilities": np.full((4, 1), 0.5, np.float32),
    }
    shown(explorer, order, tops)
    details = explorer.details
    (top,) = details.verdicts.tops
    assert details.verdicts._titles[0].text().endswith("SEES IN IMAGE 1") and top
    explorer.part(ManyView).list.choose([1])
    assert details.verdicts._titles[0].text().endswith("SEES IN IMAGE 2")
    assert "of image 2" in details._value.text()
    assert details._value.text().endswith("8 to 9.25")
    curve = explorer.stage.curve
    for reached in ("20.9", "6.47 to 10.5", "-1,234.5 to -1,033.5"):
        text, chosen = _fitting(reached, 88)
        assert text.replace("\n", " ") == reached
        width = max(QFontMetricsF(chosen).horizontalAdvance(line) for line in text.split("\n"))
        assert width <= 88
    assert curve.reached == "8 to 9.25"


def test_the_two_most_different_are_those_farthest_apart(explorer: Explorer) -> None:
    view = shown(explorer, recipe(explorer, "inverse-set"))
    view.unlike.click()
    assert view.list.chosen == [1, 2]
    assert "these two are 5 apart" in view._text.text()


def test_a_click_on_the_map_chooses_the_image_there(explorer: Explorer) -> None:
    view = shown(explorer, recipe(explorer, "inverse-set"))
    explorer.until(lambda: len(view.map._places) == 4)
    explorer.qtbot.mouseClick(
        view.map, Qt.MouseButton.LeftButton, pos=view.map._centre(3).toPoint()
    )
    assert view.list.chosen == [3]


def test_a_chain_has_rings_on_its_curve_and_goes_on(explorer: Explorer) -> None:
    view = shown(explorer, recipe(explorer, "ppgn"))
    assert not view.map.isVisible() and not view.unlike.isVisible()
    curve = explorer.stage.curve
    assert curve._marks == [5, 10, 15, 20] and len(curve._p) == 20
    assert "p is 0" in curve.accessibleDescription()
    pixels = curve.grab().toImage()
    curve.show_trace(curve._trace, 20, (), curve._marks)
    assert curve.grab().toImage() != pixels  # its line is gone
    more = explorer.desk.table["more_images"]
    assert more.isEnabled()
    more.trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 1)
    order = explorer.engine.submitted[0]
    assert order == replace(recipe(explorer, "ppgn"), parameters=PpgnParameters(samples=12))


def test_only_what_can_be_gone_on_with_has_more_images(explorer: Explorer) -> None:
    assert not explorer.desk.table["more_images"].isEnabled()
    shown(explorer, recipe(explorer, "inverse-set"))
    assert not explorer.desk.table["more_images"].isEnabled()


def test_for_ever_is_as_many_as_a_recipe_can_ask_for(explorer: Explorer) -> None:
    shown(explorer, recipe(explorer, "ppgn"))
    explorer.desk.table["images_for_ever"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 1)
    assert explorer.engine.submitted[0].parameters.samples == 10_000  # type: ignore[attr-defined]


def test_what_is_dropped_is_out_of_sight_and_comes_back(explorer: Explorer) -> None:
    order = recipe(explorer, "inverse-set")
    view = shown(explorer, order)
    explorer.until(lambda: len(view.map._numbers) == 4)
    view.list.choose([1])
    view.picks.drop.click()
    assert captions(view) == ["8.5", "8", "9"] and view.map._numbers == [0, 2, 3]
    assert list(view.plot._rows[0].numbers) == [0, 2, 3]
    view.list.choose([3])
    view.picks.pin.click()
    assert captions(view) == ["pinned · 9", "8.5", "8"]
    view.unlike.click()
    assert view.list.chosen == [0, 2]  # the farthest apart of those in sight
    path = data_folder() / "picks" / f"{order.key}.json"
    explorer.until(path.exists)
    explorer.until(lambda: read_picks(path.parent, order.key).pinned == {3})
    view.dropped.click()
    assert captions(view) == ["pinned · 9", "8.5", "dropped · 9.25", "8"]
    view.list.choose([1])
    assert view.picks.drop.text() == "Take back"
    view.picks.drop.click()
    assert captions(view) == ["pinned · 9", "8.5", "9.25", "8"]
    explorer.until(lambda: not read_picks(path.parent, order.key).dropped)


def test_what_another_window_picked_is_not_lost(explorer: Explorer) -> None:
    view = shown(explorer, recipe(explorer, "ppgn"))
    order = explorer.session.display.order
    assert order is not None
    folder = data_folder() / "picks"
    change_picks(folder, order.key, lambda before: before.pin([0]))  # the other window
    view.list.choose([3])
    view.picks.pin.click()
    explorer.until(lambda: read_picks(folder, order.key).pinned == {0, 3})
    explorer.until(lambda: captions(view)[:2] == ["pinned · 8.5", "pinned · 9"])


def test_of_very_many_images_the_first_are_listed(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_view, "MOST", 3)
    view = shown(explorer, recipe(explorer, "ppgn"))
    assert captions(view) == ["8.5", "9.25", "8"]
    view.list.clearSelection()
    assert view._text.text() == "The first 3 of 4 images"
    view.order.setCurrentText(STRONGEST)
    assert captions(view) == ["9.25", "9", "8.5"]


def test_picks_go_on_with_a_longer_chain(explorer: Explorer) -> None:
    view = shown(explorer, recipe(explorer, "ppgn"))
    view.list.choose([2])
    view.picks.pin.click()
    explorer.desk.table["more_images"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 1)
    longer = explorer.engine.submitted[0]
    explorer.until(lambda: (data_folder() / "picks" / f"{longer.key}.json").exists())
    assert read_picks(data_folder() / "picks", longer.key).pinned == {2}


def so_far(found: int, working: Sequence[float] = ()) -> SoFar:
    newest = [np.full((8, 8, 3), n, np.uint8) for n in range(found)][-NEWEST:]
    return SoFar(
        found,
        np.stack(newest) if newest else np.zeros((0, 1, 1, 3), np.uint8),
        np.arange(8, 8 + found, dtype=np.float32)[:, None],
        np.array(working, np.float32)[:, None],
        np.arange(1, found + 1, dtype=np.int32),
        found + 2,
    )


def test_a_run_shows_what_it_has_and_where_the_rest_stands(explorer: Explorer) -> None:
    order = recipe(explorer, "inverse-set")
    explorer.session.run(order)
    engine = explorer.engine
    explorer.until(lambda: len(engine.queue) == 1)
    engine.so_far = so_far(0, [3.0, np.nan, 12.0])
    engine.advance()
    explorer.until(lambda: explorer.window.findChild(LivePanel) is not None)
    panel = explorer.window.findChild(LivePanel)
    assert panel is not None
    explorer.until(panel.isVisible)
    assert panel.list.count() == 0 and panel.plot._rows[0].band == (8.0, 10.0)
    assert _axis(panel.plot._rows[0])[0] < 3 and _axis(panel.plot._rows[0])[1] > 12
    engine.so_far = so_far(3, [9.0])
    engine.advance()
    explorer.until(lambda: panel.list.count() == 3)
    assert panel.text.text() == "3 of 4 images so far, 5 drawn"
    panel.list.choose([1])
    panel.picks.drop.click()
    panel.list.choose([2])
    panel.picks.pin.click()
    assert [panel.list.item(row).text() for row in range(2)] == ["★ 10", "8"]
    engine.so_far = so_far(4)
    engine.advance()
    explorer.until(lambda: explorer.stage.curve._marks == [1, 2, 3])  # of the steps up to now
    assert panel.list.count() == 3  # the dropped one stays away
    engine.tell(Cancelled(engine.queue.pop().number))
    explorer.until(lambda: not panel.isVisible())


def test_a_strip_that_runs_for_ever_keeps_the_newest_and_the_pinned(explorer: Explorer) -> None:
    picking = Picking(explorer.desk)
    panel = LivePanel(explorer.desk, picking)
    explorer.qtbot.addWidget(panel)
    order = recipe(explorer, "ppgn")
    panel.show_so_far(so_far(12), order)
    picking.pin(order.key, [0])
    for count in range(13, 100):
        panel.show_so_far(so_far(count), order)
    numbers = [panel.list.item(row).data(_NumberRole) for row in range(panel.list.count())]
    assert numbers == [0, *range(39, 99)]


def test_a_published_prior_is_sampled_by_the_published_rule(explorer: Explorer) -> None:
    """Unless something else was set; for another prior it is the default again."""
    settings, own = explorer.session.settings, explorer.engine.prior

    def opened(prior: PriorInfo) -> None:
        explorer.engine.prior = prior
        explorer.session.reopen(explorer.engine.network.name, prior.name)
        explorer.until(lambda: explorer.session.prior is prior)
        explorer.until(lambda: not explorer.flows.busy)

    opened(replace(own, architecture="upconv", fingerprint="e" * 64))
    settings.use_method("ppgn")
    assert settings.value.parameters == PPGN.presets["published"]
    explorer.desk.table["plan"].trigger()
    dialog = explorer.window.findChild(PlanDialog)
    assert dialog is not None
    dialog.text.setText("volcano*3")
    dialog.accept()
    explorer.until(lambda: len(explorer.engine.submitted) == 1)
    order = explorer.engine.submitted[0]
    assert order.parameters == PPGN.presets["published"].changed(samples=3)
    opened(own)
    assert settings.value.parameters == PPGN.default
    settings.edit(replace(settings.value, parameters=PpgnParameters(kick=1.0)), "another kick")
    opened(replace(own, architecture="upconv", fingerprint="f" * 64))
    assert settings.value.parameters == PpgnParameters(kick=1.0)


def test_a_plan_is_read_or_refused_in_its_dialog(explorer: Explorer) -> None:
    explorer.session.select(explorer.session.resolve("volcano"))
    explorer.desk.table["plan"].trigger()
    dialog = explorer.window.findChild(PlanDialog)
    assert dialog is not None and dialog.text.text() == "volcano*4, "
    dialog.text.setText("volcano*4, nonsense")
    dialog.accept()
    assert "is no part of a plan" in dialog._problem.text() and not explorer.engine.submitted
    dialog.text.setText("volcano*2, strawberry*3")
    dialog.accept()
    explorer.until(lambda: len(explorer.engine.submitted) == 1)
    order = explorer.engine.submitted[0]
    assert isinstance(order.target, Chain) and order.target.count == 5
    assert order.parameters.samples == 5  # type: ignore[attr-defined]


@pytest.fixture
def photo(explorer: Explorer, tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.fromarray(np.full((40, 80, 3), 90, np.uint8)).save(path)
    explorer.desk.photo.open(str(path))
    explorer.until(lambda: explorer.desk.photo.image is not None)


def hole_dialog(explorer: Explorer) -> HoleDialog:
    explorer.desk.table["fill_hole"].trigger()
    dialog = explorer.window.findChild(HoleDialog)
    assert dialog is not None
    return dialog


def test_a_hole_needs_a_photo(explorer: Explorer) -> None:
    assert not explorer.desk.table["fill_hole"].isEnabled()


def test_a_painted_hole_is_ordered_with_its_photo(explorer: Explorer, photo: None) -> None:
    dialog = hole_dialog(explorer)
    assert (dialog.painter.width(), dialog.painter.height()) == (384, 192)
    dialog.unit.setText("strawberry")
    dialog.accept()
    assert "There is no hole yet" in dialog._problem.text()
    dialog.painter.stroke(QPointF(20, 90), QPointF(40, 90), False)
    dialog.accept()  # beside the middle square, where nothing is filled
    assert "There is no hole yet" in dialog._problem.text()
    dialog.painter.stroke(QPointF(170, 90), QPointF(210, 90), False)
    dialog.painter.stroke(QPointF(210, 90), QPointF(210, 90), True)
    hole = dialog.hole
    assert hole.shape == (192, 384) and hole[90, 170] == 255 and hole[90, 210] == 0
    dialog.count.set_value(2)
    dialog.accept()
    explorer.until(lambda: any(isinstance(one, Recipe) for one in explorer.engine.submitted))
    order = explorer.engine.submitted[-1]
    assert order.method == "ppgn"
    assert order.target == Maximise.of(explorer.session.resolve("strawberry"))
    assert order.parameters.samples == 2  # type: ignore[attr-defined]
    mask = order.input("mask")
    assert mask is not None and order.input("photo") is not None
    kept = decode_mask(explorer.store.inputs.get(mask.sha256), "mask")
    assert kept.shape == (192, 384) and kept[90, 170] == 1 and kept[0, 0] == 0


def test_a_hole_from_a_file(explorer: Explorer, photo: None, tmp_path: Path) -> None:
    dialog = hole_dialog(explorer)
    mask = np.zeros((20, 40), np.uint8)
    mask[5:15, 15:25] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    dialog.load(str(tmp_path / "mask.png"))
    assert dialog.hole[96, 192] == 255 and dialog.hole[5, 5] == 0
    dialog.load(str(tmp_path / "missing.png"))
    assert dialog._problem.text().strip()
    dialog.painter.clear()
    assert not dialog.hole.any()
    dialog.reject()


@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_places_keep_the_distances(count: int) -> None:
    points = np.random.default_rng(count).normal(size=(count, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    found = placed(distances)
    assert found.shape == (count, 2)
    assert ((found >= -1e-9) & (found <= 1 + 1e-9)).all()
    again = np.linalg.norm(found[:, None] - found, axis=2)
    scale = again.max() / distances.max() if count > 1 else 1.0
    np.testing.assert_allclose(again, distances * scale, atol=1e-6)

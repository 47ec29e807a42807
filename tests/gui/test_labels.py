"""Labels in the window: asked for by a chip, seen on cards and in titles, found by their words."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt

from dgn_explorer.gui.features.labels.labels_view import LabelsView
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record
from dgn_explorer.studies.dissection.labels import labels_of, side_by_side
from tests.concepts import some_files, write
from tests.extending.driving import WAIT_MS, computing_window
from tests.gui.conftest import Explorer
from tests.tiny_opened import tiny

__all__ = ["tiny"]  # a fixture
pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture
def labelled(make_explorer: Callable[..., Explorer], tmp_path: Path) -> Explorer:
    """The page of conv2, whose units have just been dissected with every one a detector."""
    explorer = computing_window(make_explorer)
    session = explorer.session
    session.select(UnitAddress("conv2", 3))
    explorer.book.show_page(PageName.LAYER)
    explorer.desk.questions.chip("dissect").click()
    assert set(explorer.controls.inputs.fields) == {"concepts"}
    explorer.controls.inputs.fields["concepts"].edited.emit(
        str(write(tmp_path / "set", some_files(8)))
    )
    explorer.until(lambda: explorer.controls.inputs.fields["concepts"].value == "set")
    explorer.controls.fields["least"].edited.emit(0.0)
    explorer.desk.table["visualise"].trigger()
    explorer.qtbot.waitUntil(lambda: session.display.result is not None, timeout=WAIT_MS)
    return explorer


def test_the_chip_asks_and_the_table_answers(labelled: Explorer, tmp_path: Path) -> None:
    result = labelled.session.display.result
    labels = labels_of(result.rows(), 0.0)
    view = labelled.part(LabelsView)
    assert view.table.isVisible()
    assert "16 units are detectors" in view.summary.text()
    assert view.table.rowCount() == len([one for one in labels if one.detector])
    column = [view.table.item(row, 3).data(Qt.ItemDataRole.DisplayRole) for row in range(10)]
    assert column == sorted(column, reverse=True)
    view.save_table(tmp_path / "t.csv")
    view.save_figure(tmp_path / "f.png")
    labelled.until(lambda: (tmp_path / "t.csv").exists() and (tmp_path / "f.png").exists())
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 17
    assert np.array(Image.open(tmp_path / "f.png")).ndim == 3


def test_two_dissections_stand_side_by_side(labelled: Explorer, tmp_path: Path) -> None:
    session, view = labelled.session, labelled.part(LabelsView)
    assert not view.comparison.isVisible() and not view.figure.isVisible()
    record = session.display.result
    order = replace(record.order, network="other", network_fingerprint="c" * 64)
    rows = {**record.parts, "iou": record.array("iou") / 2}
    other = Record(order, rows, record.trace, record.state, record.provenance)
    session.library.store.put(other)
    session.library.refresh()
    labelled.until(lambda: view.comparison.choice.count() == 2)
    view.comparison.choice.setCurrentIndex(1)
    view.comparison.choice.activated.emit(1)
    labelled.until(lambda: view.figure.isVisible())
    assert "Here tiny" in view.summary.text() and "There other" in view.summary.text()
    both = side_by_side(view.labels, labels_of(other.rows(), 0.0))
    assert view.table.rowCount() == len(both) and view.table.columnCount() == 6
    shown = {view.table.item(row, 0).text(): row for row in range(len(both))}
    for one in both:
        row = shown[one["concept"]]
        data = [view.table.item(row, n).data(Qt.ItemDataRole.DisplayRole) for n in (2, 3, 4, 5)]
        assert data[:2] == [one["units_first"], one["units_second"]]
        assert data[2:] == pytest.approx([one["best_first"], one["best_second"]], abs=1e-3)
    view.save_table(tmp_path / "both.csv")
    view.save_figure(tmp_path / "both.png")
    labelled.until(lambda: (tmp_path / "both.csv").exists() and (tmp_path / "both.png").exists())
    assert "best_second" in (tmp_path / "both.csv").read_text().splitlines()[0]
    view.comparison.choice.setCurrentIndex(0)
    view.comparison.choice.activated.emit(0)
    labelled.until(lambda: not view.figure.isVisible())
    assert view.table.item(0, 0).text().startswith("conv2:")


def test_labels_are_on_cards_in_titles_and_found(labelled: Explorer) -> None:
    session = labelled.session
    unit = UnitAddress("conv2", 3)
    label = session.labels.of(unit)
    assert label is not None
    model = labelled.browser.units
    card = model.card(unit)
    assert label.concept in card.spoken
    assert card.title == f"3 {label.concept}"
    assert "detectors" in labelled.book.topic.about
    labelled.book.show_page(PageName.UNIT)
    assert f"answers to {label.concept}" in labelled.book.topic.about
    assert labelled.book.topic.title in (f"conv2:3  ·  {label.concept}", "conv2:3")
    box = labelled.browser.search
    box.field.setText(label.concept)
    addresses = [box.hits.item(row).text() for row in range(box.hits.count())]
    found = {str(one.address) for one in session.labels.find(label.concept)}
    assert str(unit) in found
    assert any(str(unit) in text for text in addresses)


@pytest.mark.parametrize("stable", [True, False])
def test_a_label_that_does_not_hold_is_grey(labelled: Explorer, stable: bool) -> None:
    session, unit = labelled.session, UnitAddress("conv2", 3)
    ((key, (when, layers)),) = session.labels._known.items()
    changed = replace(layers["conv2"][3], stable=stable)
    session.labels._known[key] = when, {"conv2": {**layers["conv2"], 3: changed}}
    session.labels._merge()
    card = labelled.browser.units.card(unit)
    assert card.quiet is not stable
    assert ("does not hold in both halves" in card.spoken) is not stable
    labelled.book.show_page(PageName.UNIT)
    labelled.session.select(unit)
    topic = labelled.book.topic
    assert (changed.concept in topic.title) is stable and changed.concept in topic.about


def test_units_are_ordered_by_label(labelled: Explorer) -> None:
    labelled.desk.table["sort_concept"].trigger()
    model, labels = labelled.browser.units, labelled.session.labels
    shown = [model.address(model.index(row)) for row in range(16)]
    concepts = [labels.of(unit).concept for unit in shown if labels.of(unit) is not None]
    assert concepts == sorted(concepts)


def test_another_start_knows_the_labels(labelled: Explorer, tmp_path: Path) -> None:
    session = labelled.session
    before = session.labels.of(UnitAddress("conv2", 3))
    network = session.network
    session.labels._known.clear()
    session.labels._merge()
    assert session.labels.of(UnitAddress("conv2", 3)) is None
    session.library.refresh()
    labelled.until(lambda: session.labels.of(UnitAddress("conv2", 3)) == before)
    assert network is session.network


def test_a_set_that_is_none_is_told_of(
    make_explorer: Callable[..., Explorer], tmp_path: Path
) -> None:
    explorer = computing_window(make_explorer)
    explorer.book.show_page(PageName.LAYER)
    explorer.desk.questions.chip("dissect").click()
    said: list[str] = []
    explorer.session.problem.connect(lambda message, hint, details: said.append(message))
    (tmp_path / "empty").mkdir()
    explorer.controls.inputs.fields["concepts"].edited.emit(str(tmp_path / "empty"))
    explorer.until(lambda: bool(said))
    assert "holds no concepts" in said[0]
    assert explorer.controls.inputs.fields["concepts"].value == ""

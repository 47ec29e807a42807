"""The unit on show at the checkpoints of its network."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.gui.app import EngineMaker
from dgn_explorer.gui.features.over_training import making
from dgn_explorer.gui.features.over_training.training_view import TrainingView
from dgn_explorer.results.record import Record
from dgn_explorer.results.series import of_one_recipe, over_training
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.recipe import Recipe
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK, FakeEngine

SERIES = replace(NETWORK, name="run@b", positions=("a", "b", "c"), position="b")


def engine_of_series(store: object, bridge: object) -> FakeEngine:
    return FakeEngine(store, bridge, network=SERIES)  # type: ignore[arg-type]


def view_of(explorer: Explorer) -> TrainingView:
    view = explorer.window.findChild(TrainingView)
    assert isinstance(view, TrainingView)
    return view


def at(record: Record, position: str, **changes: object) -> Record:
    """``record`` as another checkpoint would have made it."""
    recipe = replace(
        record.recipe,
        network=f"run@{position}",
        network_fingerprint=position * 64,
        **changes,  # type: ignore[arg-type]
    )
    return replace(record, order=recipe)


def test_the_row_is_one_recipe_over_training(
    make_explorer: Callable[[EngineMaker], Explorer],
) -> None:
    explorer = make_explorer(engine_of_series)
    explorer.session.open("run", "default")
    explorer.until(lambda: explorer.session.network is not None)
    assert not explorer.desk.table["over_training"].isEnabled()
    explorer.make("volcano")
    record = explorer.session.display.result
    assert record is not None
    other = replace(record.recipe.parameters, steps=7)
    for made in (at(record, "a"), at(record, "c", parameters=other), at(record, "c", seed=9)):
        explorer.store.put(made)
    explorer.session.library.refresh()
    explorer.until(lambda: len(explorer.session.library.items) == 4)
    explorer.desk.table["over_training"].trigger()
    view = view_of(explorer)
    explorer.until(lambda: view.row.count() == 2)
    assert explorer.desk.book.view == "over_training"
    assert view.position == "b"
    assert view.caption.text().startswith("b · activation")
    assert view.note.isHidden()
    view.slider.setValue(0)
    assert view.note.text() == "The inspector is about b, which is open."
    assert view.note.isVisible()
    assert view.position == "a"
    assert view.caption.text().startswith("a · activation")
    assert (view.canvas.image == record.image).all()
    assert "1 checkpoint has no such image yet" in view.missing.text()
    assert "dgn-explorer strip --network run@b" in view.missing.text()


def shown_over_training(make_explorer: Callable[[EngineMaker], Explorer]) -> Explorer:
    explorer = make_explorer(engine_of_series)
    explorer.session.open("run", "default")
    explorer.until(lambda: explorer.session.network is not None)
    explorer.make("volcano")
    explorer.desk.table["over_training"].trigger()
    explorer.until(lambda: view_of(explorer).row.count() == 1)
    return explorer


def process(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> Path:
    """``code`` in place of the program; returns the file that holds what it was told."""
    told = folder / "told"
    script = f"import sys; open({str(told)!r}, 'w').write(chr(10).join(sys.argv[1:]))\n{code}"
    monkeypatch.setattr(making, "PROGRAM", (sys.executable, "-c", script))
    return told


def test_the_others_are_made_and_fill_in(
    make_explorer: Callable[[EngineMaker], Explorer],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    told = process(monkeypatch, tmp_path, "print('a, 1 of 3', file=sys.stderr)")
    explorer = shown_over_training(make_explorer)
    view, record = view_of(explorer), explorer.session.display.result
    assert record is not None
    explorer.store.put(at(record, "a"))  # what the process would do
    view.make.click()
    assert not view.make.isEnabled()
    explorer.until(lambda: view.row.count() == 2)
    explorer.until(lambda: view.make.isEnabled())
    words = told.read_text().splitlines()
    assert words[0] == "strip" and words[-2:] == ["--", record.recipe.target.text()]
    # another step size would be another recipe, of which nothing would be shown
    assert f"step_start={record.recipe.parameters.step_start:g}" in words
    explorer.until(lambda: explorer.session.activities.past)
    past = explorer.session.activities.past[0]
    assert (past.what, past.outcome) == ("volcano over training", "done")


def test_what_the_process_says_is_told_when_it_fails(
    make_explorer: Callable[[EngineMaker], Explorer],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    process(monkeypatch, tmp_path, "sys.exit('Error: run@a is damaged.')")
    explorer = shown_over_training(make_explorer)
    said: list[tuple[str, str, str]] = []
    explorer.session.problem.disconnect()
    explorer.session.problem.connect(lambda *text: said.append(text))
    view_of(explorer).make.click()
    explorer.until(lambda: said)
    assert "could not be made" in said[0][0] and said[0][2] == "Error: run@a is damaged."


def test_it_is_stopped_among_the_jobs_and_by_closing(
    make_explorer: Callable[[EngineMaker], Explorer],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    code = "import time; print('a, 1 of 3', file=sys.stderr, flush=True); time.sleep(600)"
    process(monkeypatch, tmp_path, code)
    explorer = shown_over_training(make_explorer)
    activities, view = explorer.session.activities, view_of(explorer)
    making_it = explorer.part(making.MakingStrip)
    view.make.click()
    explorer.until(lambda: (now := activities.get("over_training")) and now.state == "a, 1 of 3")
    stop = activities.get("over_training").stop
    stop()
    explorer.until(lambda: activities.get("over_training") is None and view.make.isEnabled())
    explorer.until(lambda: [one.outcome for one in activities.past[:1]] == ["stopped"])
    view.make.click()
    explorer.until(lambda: making_it.under_way)
    explorer.window.close_at_once()
    assert not making_it.under_way


def test_a_film_and_a_row_are_saved(
    make_explorer: Callable[[EngineMaker], Explorer], tmp_path: Path
) -> None:
    explorer = shown_over_training(make_explorer)
    record = explorer.session.display.result
    assert record is not None
    explorer.store.put(at(record, "c"))
    explorer.session.library.refresh()
    explorer.until(lambda: view_of(explorer).row.count() == 2)
    for name in ("film.webp", "row.png"):
        view_of(explorer).save.click()
        chooser = explorer.window.findChild(QFileDialog)
        assert chooser is not None
        chooser.fileSelected.emit(str(tmp_path / name))
        chooser.reject()
        explorer.until(lambda name=name: (tmp_path / name).exists())
    with Image.open(tmp_path / "film.webp") as film:
        assert film.n_frames == 2
    with Image.open(tmp_path / "row.png") as row:
        assert row.width > 2 * row.height, "a name and two pictures side by side"


def test_one_network_is_not_asked(explorer: Explorer) -> None:
    explorer.make("volcano")
    assert not explorer.desk.table["over_training"].isEnabled()


def test_only_the_same_recipe_counts() -> None:
    from tests.results.making import make_recipe, make_result

    recipe: Recipe = make_recipe(network="run@b")
    record = make_result(recipe=recipe)
    records = [record, at(record, "a"), at(record, "c", seed=3)]
    assert list(of_one_recipe(records, recipe, SERIES.positions)) == ["a", "b"]
    none: list[Summary] = []
    assert over_training(none, recipe) == []
    assert over_training(none, make_recipe(network="lite0")) == []

"""The unit on show at the checkpoints of its network."""

from collections.abc import Callable
from dataclasses import replace

from dgn_explorer.gui.app import EngineMaker
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
    view.slider.setValue(0)
    assert view.position == "a"
    assert view.caption.text().startswith("a · activation")
    assert (view.canvas.image == record.image).all()
    assert "1 checkpoint has no such image yet" in view.missing.text()
    assert "dgn-explorer strip --network run@b" in view.missing.text()


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

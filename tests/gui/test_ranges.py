"""Sets of images in a range: what is proposed, ordered, refused and shown."""

from dataclasses import replace

import numpy as np
import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.features.many.many_view import ManyView
from dgn_explorer.gui.state import asking
from dgn_explorer.gui.state.asking import Asked, proposed
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.results.record import Provenance, Record
from dgn_explorer.synthesis.methods.inverse_set.about import INVERSE_SET
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Band, InRange, Term
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK, PRIOR


def test_a_wrong_range_is_said(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    explorer.session.select(explorer.session.resolve("volcano"))
    explorer.desk.questions.chip("inverse-set").click()
    settings = explorer.session.settings
    settings.edit(replace(settings.value, band=(11.0, 8.0)), "Range")
    problems: list[str] = []
    explorer.session.problem.connect(lambda message, hint, details: problems.append(message))
    explorer.desk.table["visualise"].trigger()
    assert "cannot lie from 11" in problems[0] and not explorer.engine.submitted


def test_a_mix_asks_for_all_raised_units_in_the_range(explorer: Explorer) -> None:
    resolve = explorer.session.resolve
    first, second, third = (resolve(name) for name in ("volcano", "strawberry", "goldfish"))
    terms = (Term(first), Term(second, 0.4), Term(third, -1.0))
    opened = asking.Opened(NETWORK, PRIOR, "float32")
    order = asking.order_of(INVERSE_SET, INVERSE_SET.default, Asked(terms), opened, band=(3.0, 4.0))
    assert isinstance(order, Recipe)
    assert order.target == InRange(
        (Band(first, 3.0, 4.0), Band(second, 3.0, 4.0)), (Term(third, -1.0),)
    )
    with pytest.raises(DgnError, match="weight above 0"):
        asking.order_of(INVERSE_SET, INVERSE_SET.default, Asked(terms[2:]), opened)


def test_the_chip_is_there_for_a_mix(explorer: Explorer) -> None:
    resolve = explorer.session.resolve
    explorer.combine._model.add([resolve("volcano"), resolve("strawberry")])
    explorer.desk.book.show_page(PageName.MIX)
    explorer.desk.questions.chip("inverse-set").click()
    before = len(explorer.engine.submitted)
    explorer.desk.table["visualise"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) > before)
    target = explorer.engine.submitted[-1].target
    assert isinstance(target, InRange) and len(target.bands) == 2


def test_the_sheet_is_shown_and_its_settings_are_not_those_of_one_image(
    explorer: Explorer,
) -> None:
    explorer.session.select(explorer.session.resolve("volcano"))
    explorer.desk.questions.chip("inverse-set").click()
    explorer.desk.table["visualise"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 1)
    order = explorer.engine.submitted[0]
    rng = np.random.default_rng(0)
    record = Record(
        order,
        {
            "images": rng.integers(0, 256, (4, 8, 8, 3), np.uint8),
            "codes": np.zeros((4, 16), np.float32),
            "activations": np.array([[8.5], [9.25], [8.0], [9.0]], np.float32),
            "distances": np.zeros((4, 4), np.float32),
            "phases": ("joint",) * 4,
            "parents": np.full(4, -1, np.int32),
            "tries": np.ones(4, np.int32),
        },
        np.full(7, 9.9, np.float32),
        "done",
        Provenance(1.0, "cpu", "2026-11-21T12:00:00+00:00"),
        order.target.text(("volcano",)),
    )
    explorer.session.library.add(explorer.store.put(record))
    explorer.session.show_result(record.key)
    explorer.until(lambda: explorer.session.display.result is not None)
    view = explorer.window.findChild(ManyView)
    assert view is not None and view.list.count() == 4
    assert explorer.stage.curve.reached == "8 to 9.25"  # of the images; the search ended at 9.9
    assert not explorer.desk.table["more_steps"].isEnabled()
    text = " ".join(value for _, value in _facts(record))
    assert order.target.text() in text
    explorer.session.settings.recall(replace(order, seed=77))
    settings = explorer.session.settings.value
    assert (settings.method, settings.seed, settings.band) == ("inverse-set", 77, (8.0, 10.0))
    explorer.session.undo.undo()
    assert explorer.session.settings.value.seed == 0


def _facts(record: Record) -> list[tuple[str, str]]:
    from dgn_explorer.gui.features.picture.details import facts

    return facts(record)


@pytest.mark.parametrize(
    ("best", "range_"), [(20.0, (8.0, 10.0)), (-3.0, (8.0, 10.0)), (5.0, (2.0, 2.5))]
)
def test_proposals(best: float, range_: tuple[float, float]) -> None:
    assert proposed(best) == range_


def test_the_question_has_its_range_in_sight(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.desk.questions.chip("inverse-set").click()
    (low, high) = explorer.controls.fields["activation"].value
    best = explorer.session.display.result.activation
    assert (low, high) == proposed(best)
    explorer.desk.table["visualise"].trigger()
    explorer.until(lambda: len(explorer.engine.submitted) == 2)
    (band,) = explorer.engine.submitted[1].target.bands
    assert (band.low, band.high) == (low, high)
    explorer.controls.fields["activation"].edited.emit((3.0, 4.0))
    assert explorer.session.settings.value.band == (3.0, 4.0)

"""The queue survives the end of the program, whatever the end was."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.features.units.computing import AskLayer
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.unfinished import decode_queue, encode_queue, read_queue
from dgn_explorer.synthesis.targets import Maximise, Term
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import LABELS
from tests.results.making import make_recipe


def test_a_layer_is_written_briefly() -> None:
    recipes = [make_recipe(i, seed=i % 2) for i in range(1280)]
    recipes.append(
        make_recipe(target=Maximise((Term(UnitAddress("a", 1)), Term(UnitAddress("b", 2), -1))))
    )
    text = encode_queue(recipes)
    assert decode_queue(text) == tuple(recipes)
    assert len(text) < 50_000


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format":9}', '{"format":1,"patterns":[],"jobs":[[0,0,[]]]}']
)
def test_damage_is_reported(text: str) -> None:
    with pytest.raises(DgnError):
        decode_queue(text)


def test_what_was_left_is_offered_and_resumed(
    explorer: Explorer, make_explorer, home: Path
) -> None:  # type: ignore[no-untyped-def]
    path = home / "data" / "queue.json"
    explorer.desk.table["compute_layer"].trigger()
    explorer.part(AskLayer).accept()
    explorer.until(lambda: len(explorer.engine.submitted) == len(LABELS))
    explorer.engine.advance(10_000)
    explorer.until(lambda: len(explorer.session.jobs) == len(LABELS) - 1)
    explorer.qtbot.waitUntil(lambda: len(read_queue(path)) == len(LABELS) - 1, timeout=5000)
    # Killed here: nothing more is said to the first window.
    again = make_explorer()
    again.session.open("tiny", "default")
    again.until(lambda: again.desk.table["resume_queue"].isEnabled())
    texts = [button.text() for button in again.notices.findChildren(QPushButton)]
    assert "Resume" in texts
    again.desk.table["resume_queue"].trigger()
    again.until(lambda: len(again.engine.submitted) == len(LABELS) - 1)
    assert not again.desk.table["resume_queue"].isEnabled()
    done = explorer.engine.submitted[0].key
    assert done not in {recipe.key for recipe in again.engine.submitted}


def test_finished_queues_leave_nothing(explorer: Explorer, home: Path) -> None:
    explorer.session.compute([UnitAddress("fc", 1)])
    explorer.until(lambda: explorer.engine.submitted)
    explorer.engine.advance(10_000)
    explorer.until(lambda: len(explorer.session.jobs) == 0)
    explorer.unfinished.save()
    path = home / "data" / "queue.json"
    explorer.until(lambda: path.exists() and read_queue(path) == ())

"""One list of what is at work, and how what is over has ended."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dgn_explorer.gui.features.jobs.feature import JobsButton
from dgn_explorer.gui.features.jobs.jobs_popover import JobsPopover
from dgn_explorer.gui.state import watching
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.job_history import MOST, Past, add_history, read_history
from dgn_explorer.training.running.folder import Status, write_status
from dgn_explorer.training.running.lock import alone_in
from tests.gui.conftest import Explorer


def button(explorer: Explorer) -> JobsButton:
    return explorer.part(JobsButton)


def popover(explorer: Explorer) -> JobsPopover:
    explorer.desk.table["jobs"].trigger()
    return button(explorer).popover


def outcomes(explorer: Explorer) -> list[tuple[str, str]]:
    return [(one.what, one.outcome) for one in explorer.session.activities.past]


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_what_forms_is_listed_stopped_and_remembered(
    explorer: Explorer, make_explorer: Callable[..., Explorer]
) -> None:
    assert button(explorer).text() == "Jobs"
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(70)
    shown = popover(explorer)
    explorer.until(lambda: shown.row("image") is not None)
    row = shown.row("image")
    explorer.until(lambda: "step 70 of 140" in row._note.text() and "left" in row._note.text())
    explorer.until(lambda: button(explorer).text() == "◑ 1 job")
    assert row.pause.isVisible() and row.show_it.isVisible()
    row.stop.click()
    explorer.until(lambda: shown.row("image") is None)
    assert outcomes(explorer) == [("volcano", "stopped")]
    explorer.make("strawberry")
    explorer.until(lambda: outcomes(explorer)[0] == ("strawberry", "done"))
    explorer.until(lambda: not explorer.flows.busy)
    again = make_explorer()
    again.session.open("tiny", "default")
    again.until(lambda: outcomes(again) == [("strawberry", "done"), ("volcano", "stopped")])
    shown = popover(again)
    assert shown.past.item(0).text() == "✓  strawberry"
    shown.past.itemActivated.emit(shown.past.item(1))
    again.until(lambda: again.session.display.label == "volcano")
    popover(again).clear.click()
    again.until(lambda: not again.flows.busy)
    assert outcomes(again) == [] and read_history(again.session.activities._path) == ()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_long_queue_is_one_line_that_pauses_and_says_when_it_has_ended(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MANY", 3)
    explorer.session.compute([UnitAddress("fc", n) for n in range(4)])
    explorer.until(lambda: len(explorer.engine.queue) == 4)
    shown = popover(explorer)
    row = shown.row("queue")
    assert row is not None and row._note.text() == "0 of 4"
    row.pause.click()
    explorer.until(lambda: row.pause.text() == "Go on" and row._note.text() == "paused")
    assert explorer.engine.paused
    row.pause.click()
    explorer.engine.advance(10_000)
    explorer.until(lambda: row._note.text().startswith("1 of 4"))
    explorer.engine.queue[0].started = True
    explorer.engine.fail("No memory.", "Close others.")
    explorer.engine.advance(10_000)
    explorer.until(lambda: row._note.text().startswith("3 of 4"))
    asked: list[object] = []
    explorer.session.long_ended.connect(lambda notice: asked.append(1))
    row.stop.click()
    explorer.until(lambda: shown.row("queue") is None)
    explorer.until(
        lambda: any(one.what == "Queue of 4" for one in explorer.session.activities.past)
    )
    (ended,) = [one for one in explorer.session.activities.past if one.what == "Queue of 4"]
    assert (ended.outcome, ended.message) == ("failed", "2 made, 1 failed, 1 removed")
    texts = [card.notice.text for card in explorer.notices.cards()]
    assert "The queue has ended: 2 made, 1 failed, 1 removed." in texts
    assert asked == [1]
    failed = next(one for one in explorer.session.activities.past if one.outcome == "failed"
                  and one.what != "Queue of 4")  # fmt: skip
    assert failed.hint == "Close others."


def test_a_training_run_is_listed_with_the_rest(explorer: Explorer, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    write_status(folder, Status("training", step=1200, share=0.25, rate=31.5, left_s=90))
    activities = explorer.session.activities
    with alone_in(folder):
        explorer.training.watch(folder)
        explorer.until(lambda: activities.get("training") is not None)
        activity = activities.get("training")
        assert (activity.what, activity.state) == ("Training mine", "step 1,200")
        assert (activity.done, activity.total, activity.seconds_left) == (250, 1000, 90)
        activity.stop()
        assert (folder / "stop").exists()
    write_status(folder, Status("stopped", step=1201, share=0.25))
    explorer.until(lambda: activities.get("training") is None)
    assert outcomes(explorer) == [("Training mine", "stopped")]


def test_the_history_is_bounded_and_survives_damage(tmp_path: Path) -> None:
    path = tmp_path / "history" / "jobs.json"
    for number in range(3):
        add_history(path, [Past(str(number), "done", "2026-11-27T00:00:00+00:00")])
    assert [one.what for one in read_history(path)] == ["2", "1", "0"]
    many = [Past("x", "done", "2026-11-27T00:00:00+00:00")] * (MOST + 5)
    assert len(add_history(path, many)) == MOST
    path.write_text("{")
    assert [one.what for one in add_history(path, many[:1])] == ["x"]

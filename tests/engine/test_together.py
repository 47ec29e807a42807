"""Several queued units of a layer in one ascent."""

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dgn_explorer.engine import worker
from dgn_explorer.engine.engine import Engine
from dgn_explorer.engine.messages import Failed, Finished, Frame, Lane
from dgn_explorer.errors import DgnError
from dgn_explorer.machine.graphs import Graphs
from dgn_explorer.results.record import Record
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.methods.dgn_am import making
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step
from tests.engine.setup import WAIT_S, Setup

CLASSES = ("ant", "bee", "cat", "dog")


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    setup = Setup(tmp_path, monkeypatch, together=4)
    setup.open()
    yield setup
    setup.close()
    assert not [t for t in threading.enumerate() if t.name == "dgn-engine"]


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many units every ascent had; more than three are too many for the memory."""
    sizes: list[int] = []

    def run(network: Any, prior: Any, recipes: list[Recipe], start: Any) -> Generator[Step]:
        sizes.append(len(recipes))
        steps = dgn_am(network, prior, recipes, start)
        yield next(steps)
        if len(recipes) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        yield from steps

    monkeypatch.setattr(making, "dgn_am", run)
    return sizes


def queue_at_once(setup: Setup, recipes: list[Recipe]) -> list[int]:
    setup.engine.pause_batch(True)
    jobs = [setup.engine.submit(recipe, Lane.BATCH) for recipe in recipes]
    setup.engine.pause_batch(False)
    return jobs


def ends_of(setup: Setup, jobs: list[int]) -> dict[int, Finished | Failed]:
    ends: dict[int, Finished | Failed] = {}
    while len(ends) < len(jobs):
        event = setup.next()
        if isinstance(event, Finished | Failed):
            assert event.job not in ends
            ends[event.job] = event
    return ends


def test_units_of_a_layer_share_an_ascent_and_come_out_as_alone(
    setup: Setup, sizes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = [setup.recipe(name, steps=5, seed=i) for i, name in enumerate(CLASSES[:3])]
    ends = ends_of(setup, queue_at_once(setup, recipes))
    assert sizes == [3]
    alone = Setup(tmp_path / "alone", monkeypatch)
    alone.open()
    for recipe, end in zip(recipes, ends.values(), strict=True):
        one = alone.end_of(alone.engine.submit(recipe, Lane.BATCH))
        assert isinstance(one, Finished)
        assert isinstance(end, Finished)
        assert end.record.recipe == recipe
        assert end.record.label == one.record.label
        np.testing.assert_allclose(end.record.trace, one.record.trace, rtol=1e-3, atol=1e-4)
        difference = end.record.image.astype(int) - one.record.image
        assert np.abs(difference).max() <= 2
    alone.close()
    assert sizes == [3, 1, 1, 1]


def test_other_layers_and_parameters_wait_for_their_own(setup: Setup, sizes: list[int]) -> None:
    recipes = [
        setup.recipe("ant", steps=3),
        setup.recipe("conv1:0", steps=3),
        setup.recipe("bee", steps=3),
        setup.recipe("cat", steps=4),
    ]
    jobs = queue_at_once(setup, recipes)
    assert list(ends_of(setup, jobs)) == [jobs[0], jobs[2], jobs[1], jobs[3]]
    assert sizes == [2, 1, 1]


def test_a_cancelled_one_keeps_its_part_and_the_others_go_on(setup: Setup) -> None:
    jobs = queue_at_once(setup, [setup.recipe(name, steps=300) for name in CLASSES])
    frames: set[int] = set()
    while len(frames) < 4:  # they take turns in being shown
        frame = setup.engine.frames.take()
        if isinstance(frame, Frame):
            frames.add(frame.job)
    setup.engine.cancel(jobs[1])
    end = setup.end_of(jobs[1])
    assert isinstance(end, Finished)
    assert end.record.state == "stopped"
    assert end.record.steps < 300
    assert setup.store.get(end.record.key) is not None
    rest = ends_of(setup, [jobs[0], jobs[2], jobs[3]])
    assert all(isinstance(e, Finished) and e.record.steps == 300 for e in rest.values())


def test_out_of_memory_halves_what_runs_together(
    setup: Setup, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared: list[Graphs] = []
    monkeypatch.setattr(Graphs, "clear", lambda graphs: cleared.append(graphs))
    recipes = [setup.recipe(name, steps=3, seed=seed) for seed in range(2) for name in CLASSES]
    ends = ends_of(setup, queue_at_once(setup, recipes))
    assert all(isinstance(end, Finished) for end in ends.values())
    assert sizes == [4, 2, 2, 2, 2]  # and no more than two from then on
    assert len(cleared) == 1  # the memory of recorded passes is given back


@pytest.fixture
def measured(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is measured on a GPU, where two run together at first: three are fastest."""
    asked: list[str] = []

    def measure(network: Any, prior: Any, recipe: Recipe) -> Generator[None, None, int]:
        yield
        asked.append(str(recipe.units[0]))
        yield
        return 3

    monkeypatch.setattr(worker, "best_batch", measure)
    setup.engine._queue.run_together(2, fits=True)
    return asked


def test_how_many_are_fastest_is_measured_once_for_a_layer(
    setup: Setup, sizes: list[int], measured: list[str]
) -> None:
    recipes = [setup.recipe(name, steps=3, seed=seed) for seed in range(2) for name in CLASSES]
    ends = ends_of(setup, queue_at_once(setup, recipes))
    assert all(isinstance(end, Finished) for end in ends.values())
    assert sizes == [2, 3, 3]
    assert measured == ["fc:0"]


def test_nothing_is_measured_for_as_many_as_run_together_anyway(
    setup: Setup, sizes: list[int], measured: list[str]
) -> None:
    ends_of(setup, queue_at_once(setup, [setup.recipe(name, steps=3) for name in CLASSES[:2]]))
    assert sizes == [2]
    assert measured == []


def test_who_double_clicks_does_not_wait_for_the_measuring(
    setup: Setup, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    urgent: list[int] = []

    def measure(network: Any, prior: Any, recipe: Recipe) -> Generator[None, None, int]:
        urgent.append(setup.engine.submit(setup.recipe("dog", steps=2)))
        yield
        assert sizes == [1]  # that one was made in between
        return 2

    monkeypatch.setattr(worker, "best_batch", measure)
    setup.engine._queue.run_together(2, fits=True)
    jobs = queue_at_once(setup, [setup.recipe(name, steps=3) for name in CLASSES[:3]])
    ends = ends_of(setup, [*jobs, -1])
    assert next(iter(ends)) == urgent[0]
    assert sizes == [1, 2, 1]


def test_what_was_measured_on_a_device_is_not_for_another(
    setup: Setup, sizes: list[int], measured: list[str]
) -> None:
    names = CLASSES[:3]
    ends_of(setup, queue_at_once(setup, [setup.recipe(name, steps=3) for name in names]))
    setup.engine._queue.run_together(1, fits=False)
    ends_of(setup, queue_at_once(setup, [setup.recipe(name, steps=4) for name in names]))
    assert sizes == [2, 1, 1, 1, 1]


def test_one_that_does_not_fit_alone_says_so(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*given: Any) -> Generator[Step]:
        raise torch.OutOfMemoryError("CUDA out of memory.")
        yield

    monkeypatch.setattr(making, "dgn_am", run)
    ends = ends_of(setup, queue_at_once(setup, [setup.recipe(name) for name in CLASSES]))
    for end in ends.values():
        assert isinstance(end, Failed)
        assert end.message == "There was not enough memory for this ascent."


@dataclass(frozen=True)
class SlowDisk:
    """A disk that takes nothing until it is ``free``."""

    asked: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def slow_disk(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
    """The store's."""
    disk = SlowDisk()
    put = setup.store.put

    def wait_and_put(record: Record) -> Summary:
        disk.asked.set()
        assert disk.free.wait(WAIT_S)
        return put(record)

    monkeypatch.setattr(setup.store, "put", wait_and_put)
    return disk


def test_the_next_ascent_does_not_wait_for_the_disk(setup: Setup, slow_disk: SlowDisk) -> None:
    recipes = [setup.recipe(name, steps=n) for n in (3, 4) for name in CLASSES[:2]]
    jobs = queue_at_once(setup, recipes)
    setup.started(jobs[3])  # and none of the first two is stored
    slow_disk.free.set()
    ends = ends_of(setup, jobs)
    assert list(ends) == jobs
    assert all(isinstance(end, Finished) and end.summary is not None for end in ends.values())
    assert all(setup.store.get(recipe.key) is not None for recipe in recipes)


def test_who_closes_waits_until_all_is_stored(setup: Setup, slow_disk: SlowDisk) -> None:
    recipes = [setup.recipe(name, steps=3) for name in CLASSES]
    queue_at_once(setup, recipes)
    assert slow_disk.asked.wait(WAIT_S)
    threading.Timer(0.2, slow_disk.free.set).start()
    assert setup.engine.close()
    assert all(setup.store.get(recipe.key) is not None for recipe in recipes)


def test_what_cannot_be_stored_is_shown_with_a_reason(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = [DgnError("The disk is full.", "Make room."), ZeroDivisionError("oops")]
    put = setup.store.put

    def fail(record: Record) -> Summary:
        if errors:
            raise errors.pop(0)
        return put(record)

    monkeypatch.setattr(setup.store, "put", fail)
    jobs = queue_at_once(setup, [setup.recipe(name, steps=3) for name in CLASSES])
    first, second, *rest = ends_of(setup, jobs).values()
    assert isinstance(first, Finished)
    assert first.summary is None
    assert first.notice == "The disk is full. Make room."
    assert isinstance(second, Failed)
    assert second.message == "The dgn-am failed: ZeroDivisionError: oops."
    assert all(isinstance(end, Finished) and end.summary is not None for end in rest)


def test_a_dead_unit_fails_alone(setup: Setup, still_bee: Callable[[], None]) -> None:
    still_bee()
    jobs = queue_at_once(setup, [setup.recipe(name, steps=40) for name in CLASSES])
    ends = ends_of(setup, jobs)
    failed = ends.pop(jobs[1])
    assert isinstance(failed, Failed)
    assert failed.message.startswith("fc:1 gives no gradient")
    assert all(isinstance(end, Finished) for end in ends.values())


@pytest.fixture
def still_bee(setup: Setup) -> Callable[[], None]:
    """Takes away what the second class looks at."""

    def still() -> None:
        with torch.no_grad():
            setup.network.module.get_parameter("fc.weight")[1] = 0

    return still


def test_while_the_queue_is_paused_only_the_cancelled_one_goes(setup: Setup) -> None:
    setup.engine.pause_batch(True)
    jobs = [setup.engine.submit(setup.recipe(name, steps=3), Lane.BATCH) for name in CLASSES]
    setup.engine.cancel(jobs[2])
    setup.end_of(jobs[2])
    setup.engine.pause_batch(False)
    rest = ends_of(setup, [jobs[0], jobs[1], jobs[3]])
    assert all(isinstance(end, Finished) for end in rest.values())


def test_a_cpu_runs_one_at_a_time_unless_told_otherwise(setup: Setup) -> None:
    assert setup.engine._queue.together == 4
    engine = Engine(setup.store, lambda event: None, "cpu")
    engine.start()
    assert engine.close()
    assert engine._queue.together == 1

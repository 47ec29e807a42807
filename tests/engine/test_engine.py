"""The engine with a tiny network: lanes, cancelling, the store, and errors as events."""

import queue
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dgn_explorer.engine.engine import Engine
from dgn_explorer.engine.mailbox import LatestFrame
from dgn_explorer.engine.messages import (
    Event,
    Failed,
    Finished,
    Frame,
    Halted,
    Lane,
    OpenFailed,
)
from dgn_explorer.engine.queue import WorkQueue
from dgn_explorer.machine import device
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.methods.dgn_am import making
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromCode, FromResult
from dgn_explorer.synthesis.step import Step
from tests.engine.setup import WAIT_S, Setup


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    setup = Setup(tmp_path, monkeypatch)
    setup.open()
    yield setup
    setup.close()
    assert not [t for t in threading.enumerate() if t.name == "dgn-engine"]


def test_a_job_ends_in_the_store(setup: Setup) -> None:
    recipe = setup.recipe("dog", steps=7)
    end = setup.end_of(setup.engine.submit(recipe))
    assert isinstance(end, Finished)
    assert not end.cached
    stored = setup.store.get(recipe.key)
    assert stored is not None
    assert (stored.state, stored.steps, stored.label) == ("done", 7, "dog")
    assert len(stored.top) == 5
    np.testing.assert_array_equal(stored.image, end.record.image)


def test_the_same_recipe_is_not_computed_twice(setup: Setup) -> None:
    recipe = setup.recipe("cat")
    first = setup.end_of(setup.engine.submit(recipe))
    second = setup.end_of(setup.engine.submit(recipe))
    assert isinstance(first, Finished)
    assert isinstance(second, Finished)
    assert second.cached
    assert second.record.provenance.created == first.record.provenance.created


def test_cancel_keeps_what_was_made(setup: Setup) -> None:
    recipe = setup.recipe("bee", steps=10_000)
    job = setup.engine.submit(recipe)
    setup.drawn(job)
    setup.engine.cancel(job)
    end = setup.end_of(job)
    assert isinstance(end, Finished)
    assert end.record.state == "stopped"
    assert 1 <= end.record.steps < 10_000
    stored = setup.store.get(recipe.key)
    assert stored is not None
    assert stored.steps == end.record.steps


def test_a_stop_is_told_before_its_part_is_judged_and_stored(setup: Setup) -> None:
    recipe = setup.recipe("bee", steps=10_000)
    job = setup.engine.submit(recipe)
    setup.drawn(job)
    setup.engine.cancel(job)
    halted, end = setup.next(), setup.next()
    assert isinstance(halted, Halted)
    assert isinstance(end, Finished)
    assert (halted.last.job, halted.last.step) == (job, end.record.steps)
    assert halted.last.image is not None
    np.testing.assert_array_equal(halted.last.image, end.record.image)  # exact arithmetic here


def test_a_replaced_job_leaves_its_code_and_nothing_in_the_store(setup: Setup) -> None:
    recipe = setup.recipe("bee", steps=10_000)
    job = setup.engine.submit(recipe)
    setup.drawn(job)
    setup.engine.cancel(job, keep=False)
    end = setup.end_of(job)
    assert isinstance(end, Finished)
    assert (end.summary, end.notice, end.record.state) == (None, "", "stopped")
    assert setup.store.list() == ()
    more = setup.recipe("dog", steps=3, start=FromCode.of(end.record.code))
    after = setup.end_of(setup.engine.submit(more))
    assert isinstance(after, Finished)
    setup.store.delete(more.key)
    again = setup.end_of(setup.engine.submit(more))  # nothing but the recipe is needed
    assert isinstance(again, Finished)
    np.testing.assert_array_equal(again.record.image, after.record.image)


def test_the_last_word_on_keeping_counts(setup: Setup) -> None:
    queue = WorkQueue()
    job = queue.submit(setup.recipe("bee"), Lane.INTERACTIVE)
    queue.cancel(job.number, keep=False)
    assert job.drop.is_set()
    queue.cancel(job.number)
    assert job.cancel.is_set()
    assert not job.drop.is_set()


def test_a_stopped_result_can_be_gone_on_from(setup: Setup) -> None:
    job = setup.engine.submit(setup.recipe("bee", steps=10_000))
    setup.drawn(job)
    setup.engine.cancel(job)
    end = setup.end_of(job)
    assert isinstance(end, Finished)
    more = setup.recipe("bee", steps=3, start=FromResult(end.record.key))
    again = setup.end_of(setup.engine.submit(more))
    assert isinstance(again, Finished)
    assert again.record.trace[0] == pytest.approx(end.record.trace[-1], rel=1e-3)


def test_a_new_interactive_job_ends_the_one_before(setup: Setup) -> None:
    first = setup.engine.submit(setup.recipe("bee", steps=10_000))
    setup.drawn(first)
    second = setup.engine.submit(setup.recipe("eel", steps=3))
    end = setup.end_of(first)
    assert isinstance(end, Finished)
    assert end.record.state == "stopped"
    assert isinstance(setup.end_of(second), Finished)


def test_a_batch_job_makes_room_and_then_goes_on(setup: Setup) -> None:
    long = setup.recipe("conv1:2", steps=400)
    batch = setup.engine.submit(long, Lane.BATCH)
    setup.started(batch)
    urgent = setup.engine.submit(setup.recipe("eel", steps=3))
    order = [setup.next() for _ in range(3)]
    ends = [event.job for event in order if isinstance(event, Finished)]
    assert ends == [urgent, batch]
    paused = setup.store.get(long.key)
    assert paused is not None
    alone = setup.recipe("conv1:2", steps=400, seed=0, bounds=1.0)
    assert paused.recipe == alone
    assert paused.state == "done"


def test_frames_are_the_newest_of_the_job(setup: Setup) -> None:
    job = setup.engine.submit(setup.recipe("ant", steps=200))
    setup.end_of(job)
    frame = setup.engine.frames.take()
    assert frame is not None
    assert frame.job == job
    assert frame.image.shape == (32, 32, 3)
    assert len(frame.trace) == frame.step
    assert setup.engine.frames.take() is None


def test_errors_become_events_and_the_engine_goes_on(setup: Setup) -> None:
    absent = setup.recipe("ant", start=FromResult("0" * 64))
    failed = setup.end_of(setup.engine.submit(absent))
    assert isinstance(failed, Failed)
    assert "not in the store" in failed.message
    assert isinstance(setup.end_of(setup.engine.submit(setup.recipe("ant"))), Finished)


def test_a_network_that_is_not_open_is_named(setup: Setup) -> None:
    recipe = setup.recipe("ant")
    other = Recipe("other", "f" * 64, recipe.prior, recipe.prior_fingerprint, recipe.target)
    failed = setup.end_of(setup.engine.submit(other))
    assert isinstance(failed, Failed)
    assert "'other'" in failed.message


def test_no_space_left_still_shows_the_picture(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dgn_explorer.errors import DgnError

    def full(result: object) -> Path:
        raise DgnError("There is no space left.", "Make room.")

    monkeypatch.setattr(setup.store, "put", full)
    end = setup.end_of(setup.engine.submit(setup.recipe("ant")))
    assert isinstance(end, Finished)
    assert end.summary is None
    assert "no space left" in end.notice


def test_a_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    events: queue.Queue[Event] = queue.Queue()
    engine = Engine(Store(tmp_path), events.put, "warp:9")
    engine.start()
    engine.open("tiny", "tiny")
    event = events.get(timeout=WAIT_S)
    assert isinstance(event, OpenFailed)
    assert "warp:9" in event.message
    assert engine.close()


def test_the_mailbox_keeps_one_frame() -> None:
    box = LatestFrame()
    for step in (1, 2, 3):
        box.put(Frame(1, step, 3, np.zeros((1, 1, 3), np.uint8), np.zeros(step, np.float32), 0.0))
    frame = box.take()
    assert frame is not None
    assert frame.step == 3
    assert box.take() is None


def test_a_device_that_fails_is_left_for_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "choose_device", lambda wanted: torch.device("mps"))
    calls = []

    def unplugged_once(*given: Any) -> Generator[Step]:
        calls.append(1)
        steps = dgn_am(*given)
        yield next(steps)
        if len(calls) == 1:
            raise torch.AcceleratorError("CUDA error: device is unavailable")
        yield from steps

    monkeypatch.setattr(making, "dgn_am", unplugged_once)
    setup = Setup(tmp_path, monkeypatch, together=4)
    setup.open()
    recipe = setup.recipe("bee", steps=5)
    end = setup.end_of(job := setup.engine.submit(recipe))
    assert isinstance(end, Finished)
    assert (end.job, end.record.provenance.device, end.record.steps) == (job, "cpu", 5)
    assert setup.notices == ["The device MPS has failed. Now running on: CPU, 1 thread."]
    assert setup.engine._queue.together == 4  # as asked for
    setup.close()

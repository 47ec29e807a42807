"""Whatever runs makes room for an interactive job between two of its steps.

In the first version a question of 3,000 steps kept an interactive job's first frame for 19.7 s.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from dgn_explorer.engine.messages import Cancelled, Finished, Frame, Lane
from dgn_explorer.studies import table
from dgn_explorer.studies.study import Study
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.parameters import Parameters, number
from dgn_explorer.synthesis.progress import Made, Progress
from tests.engine.setup import Setup
from tests.engine.test_engine import setup

__all__ = ["setup"]

STEP_S = 0.02  # about what a step takes in the window


@dataclass(frozen=True)
class SlowParameters(Parameters):
    steps: int = number(3000, 1, 10_000, "", "steps")


def slow(bench: Bench, survey: Survey) -> Generator[Progress[Made], None, Made]:
    parameters = survey.parameters
    assert isinstance(parameters, SlowParameters)
    for step in range(parameters.steps):
        time.sleep(STEP_S)
        made = Made({"step": np.arange(step + 1, dtype=np.int32)})
        yield Progress(step + 1, parameters.steps, partial=lambda place, made=made: made)  # type: ignore[misc]
    return made


SLOW = Study(
    name="slow",
    title="Slow",
    summary="takes its time",
    parameters=SlowParameters,
    presets={"default": SlowParameters()},
    parts=(Part("step", "<i4", 1, 10_000),),
    code="tests.engine.test_room:slow",
)


@pytest.fixture(autouse=True)
def slow_study(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(table, "STUDIES", (*table.STUDIES, SLOW))
    yield


def frame_of(setup: Setup, job: int) -> Frame:
    while (frame := setup.engine.frames.take()) is None or frame.job != job:
        time.sleep(0.001)
    return frame


@pytest.mark.parametrize("lane", [Lane.ASIDE, Lane.LONG, Lane.BATCH])
def test_an_interactive_job_waits_for_one_step_of_a_study_and_no_more(
    setup: Setup, lane: Lane
) -> None:
    survey = Survey("tiny", setup.network.info.fingerprint, "slow")
    job = setup.engine.submit(survey, lane)
    frame_of(setup, job)
    urgent = setup.engine.submit(setup.recipe("dog", steps=10_000))
    before = frame_of(setup, urgent)  # would come after 3,000 steps, a minute, if it had to wait
    assert before.step < 10_000
    setup.engine.cancel(urgent)
    assert isinstance(setup.end_of(urgent), Finished)
    after = frame_of(setup, job)  # and the study goes on from where it was
    assert 1 < after.step < 3000
    setup.engine.cancel(job)
    end = setup.end_of(job)
    assert isinstance(end, Finished)
    assert end.record.state == "stopped" and end.record.count >= after.step
    stored = setup.store.get(survey.key)
    assert stored is not None and stored.rows()[0] == {"step": 0}


def test_a_long_study_makes_room_for_a_question_and_goes_before_the_queue(setup: Setup) -> None:
    fingerprint = setup.network.info.fingerprint
    queued = setup.engine.submit(setup.recipe("dog", steps=10_000), Lane.BATCH)
    frame_of(setup, queued)
    job = setup.engine.submit(Survey("tiny", fingerprint, "slow"), Lane.LONG)
    before = frame_of(setup, job)
    short = Survey("tiny", fingerprint, "slow", SlowParameters(steps=2))
    assert isinstance(setup.end_of(setup.engine.submit(short, Lane.ASIDE)), Finished)
    after = frame_of(setup, job)
    assert before.step <= after.step < 3000
    setup.engine.pause_batch(True)  # the queue's
    assert frame_of(setup, job).step < 3000
    setup.engine.pause_batch(False)
    for one in (job, queued):
        setup.engine.cancel(one)
        assert isinstance(setup.end_of(one), Finished)


def test_a_study_that_is_cancelled_while_it_waits_keeps_nothing(setup: Setup) -> None:
    running = setup.engine.submit(setup.recipe("dog", steps=10_000))
    setup.started(running)
    survey = Survey("tiny", setup.network.info.fingerprint, "slow")
    job = setup.engine.submit(survey, Lane.ASIDE)
    setup.engine.cancel(job)
    setup.engine.cancel(running)
    assert isinstance(setup.end_of(job), Cancelled)

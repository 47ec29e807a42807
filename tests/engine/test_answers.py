"""Questions to the engine: pictures of codes, an ascent again, and the units of a photo."""

import threading

import numpy as np
import pytest

from dgn_explorer.engine.messages import (
    Answered,
    Cancelled,
    Decode,
    Encode,
    Failed,
    FindStep,
    Finished,
    Judge,
    Judgement,
    Lane,
    Replay,
    Strongest,
)
from dgn_explorer.synthesis.step_sweep import FACTORS
from tests.engine.test_engine import Setup, setup

__all__ = ["setup"]


def answer_to(setup: Setup, job: int) -> Answered:
    while True:
        event = setup.next()
        if isinstance(event, Answered) and event.job == job:
            return event


def test_codes_become_pictures(setup: Setup) -> None:
    end = setup.end_of(setup.engine.submit(setup.recipe("dog", steps=3)))
    code = end.result.code
    ask = Decode(setup.prior.info.fingerprint, np.stack([code * 0, *[code] * 5]))
    pictures = answer_to(setup, setup.engine.ask(ask)).answer
    assert pictures.shape == (6, 32, 32, 3)
    np.testing.assert_array_equal(pictures[-1], end.result.image)
    assert (pictures[0] != pictures[1]).any()


def test_an_ascent_is_shown_again(setup: Setup) -> None:
    recipe = setup.recipe("dog", steps=9)
    end = setup.end_of(setup.engine.submit(recipe))
    pictures = answer_to(setup, setup.engine.ask(Replay(recipe, 9, 4))).answer
    assert pictures.shape == (4, 32, 32, 3)
    np.testing.assert_array_equal(pictures[-1], end.result.image)
    assert len(answer_to(setup, setup.engine.ask(Replay(recipe, 9, 60))).answer) == 9


def test_a_photo_names_units_of_every_layer(setup: Setup) -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8)
    ask = Strongest(setup.network.info.fingerprint, image, 3)
    found = answer_to(setup, setup.engine.ask(ask)).answer
    layers = [layer.path for layer in setup.network.info.layers]
    assert list(dict.fromkeys(one.unit.layer for one in found)) == layers
    for path in layers:
        values = [one.activation for one in found if one.unit.layer == path]
        assert values == sorted(values, reverse=True)
        assert len(values) == 3


def test_networks_judge_a_picture(setup: Setup) -> None:
    end = setup.end_of(setup.engine.submit(setup.recipe("dog", steps=3)))
    name = setup.network.info.fingerprint
    ask = Judge(end.result.image, (name, name), setup.prior.info.fingerprint)
    found = answer_to(setup, setup.engine.ask(ask)).answer
    assert found == (Judgement(name, end.result.top),) * 2
    failed = setup.end_of(setup.engine.ask(Judge(end.result.image, ("f" * 64,))))
    assert isinstance(failed, Failed)
    assert "is not open" in failed.message


def test_a_question_can_be_cancelled_and_does_not_wait_for_the_batch(setup: Setup) -> None:
    batch = setup.engine.submit(setup.recipe("dog", steps=10_000), Lane.BATCH)
    setup.started(batch)
    recipe = setup.recipe("cat", steps=10_000)
    task = setup.engine.ask(Replay(recipe, 10_000, 10))
    while (frame := setup.engine.frames.take()) is None or frame.job != task:
        pass
    setup.engine.cancel(task)
    assert isinstance(setup.end_of(task), Cancelled)
    setup.engine.cancel(batch)
    setup.end_of(batch)


def test_what_is_not_open_is_named(setup: Setup) -> None:
    job = setup.engine.ask(Decode("0" * 64, np.zeros((1, 12), np.float32)))
    assert "is not open" in setup.end_of(job).message


@pytest.mark.parametrize("frames", [1, 2])
def test_few_frames_still_end_with_the_last_step(setup: Setup, frames: int) -> None:
    recipe = setup.recipe("ant", steps=5)
    assert len(answer_to(setup, setup.engine.ask(Replay(recipe, 5, frames))).answer) == frames


def test_a_photo_becomes_a_code_within_bounds(setup: Setup) -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8)
    code = answer_to(setup, setup.engine.ask(Encode(setup.prior.info.fingerprint, image))).answer
    assert code.shape == (12,)
    assert code.dtype == np.float32
    assert (np.abs(code) <= setup.prior.space.upper.cpu().numpy() + 1e-6).all()
    assert np.abs(code).max() > 0


def test_a_paused_batch_waits_and_can_be_cancelled(setup: Setup) -> None:
    batch = setup.engine.submit(setup.recipe("dog", steps=10_000), Lane.BATCH)
    waiting = setup.engine.submit(setup.recipe("ant", steps=3), Lane.BATCH)
    last = setup.engine.submit(setup.recipe("bee", steps=3), Lane.BATCH)
    setup.started(batch)
    setup.engine.pause_batch(True)
    urgent = setup.engine.submit(setup.recipe("cat", steps=3))
    assert isinstance(setup.end_of(urgent), Finished)
    setup.engine.cancel(batch)
    assert setup.end_of(batch).result.state == "stopped"
    setup.engine.cancel(waiting)
    assert isinstance(setup.end_of(waiting), Cancelled)
    setup.engine.pause_batch(False)
    assert isinstance(setup.end_of(last), Finished)


def test_a_batch_job_is_put_first(setup: Setup) -> None:
    running = setup.engine.submit(setup.recipe("dog", steps=10_000), Lane.BATCH)
    setup.started(running)
    names = ("ant", "eel")
    early, late = (setup.engine.submit(setup.recipe(n, steps=3), Lane.BATCH) for n in names)
    setup.engine.first(late)
    setup.engine.cancel(running)
    ends = []
    while len(ends) < 2:
        event = setup.next()
        if isinstance(event, Finished) and event.job != running:
            ends.append(event.job)
    assert ends == [late, early]


def test_a_step_size_is_found_and_the_search_can_be_cancelled(setup: Setup) -> None:
    pair = setup.network.info.fingerprint, setup.prior.info.fingerprint
    size = answer_to(setup, setup.engine.ask(FindStep(*pair))).answer
    scale = float(setup.prior.space.scale.median())
    assert size in [pytest.approx(factor * scale, rel=0.05) for factor in FACTORS]
    frame = setup.engine.frames.take()
    assert (frame.step, frame.steps) == (len(FACTORS), len(FACTORS))

    inside, go_on = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        inside.set()
        go_on.wait(30)

    with setup.network.module.register_forward_pre_hook(wait):
        task = setup.engine.ask(FindStep(*pair))
        assert inside.wait(30)
        setup.engine.cancel(task)
        go_on.set()
        assert isinstance(setup.end_of(task), Cancelled)

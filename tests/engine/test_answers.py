"""Questions to the engine: pictures of codes, an ascent again, and the units of a photo."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.engine import opened
from dgn_explorer.engine.messages import (
    Answered,
    Cancelled,
    Decode,
    Failed,
    FindStep,
    Finished,
    Inspect,
    Lane,
    ListNetworks,
    NetworkCard,
    NetworkNames,
    Opened,
    Replay,
)
from dgn_explorer.export.png import encode_png
from dgn_explorer.networks.network import Network
from dgn_explorer.results.record import Record
from dgn_explorer.studies.saliency.about import SALIENCY, SaliencyParameters
from dgn_explorer.studies.strongest.about import StrongestParameters
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.start import FromPhoto
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
    code = end.record.code
    ask = Decode(setup.prior.info.fingerprint, np.stack([code * 0, *[code] * 5]))
    pictures = answer_to(setup, setup.engine.ask(ask)).answer
    assert pictures.shape == (6, 32, 32, 3)
    np.testing.assert_array_equal(pictures[-1], end.record.image)
    assert (pictures[0] != pictures[1]).any()


def test_an_ascent_is_shown_again(setup: Setup) -> None:
    recipe = setup.recipe("dog", steps=9)
    end = setup.end_of(setup.engine.submit(recipe))
    pictures = answer_to(setup, setup.engine.ask(Replay(recipe, 9, 4))).answer
    assert pictures.shape == (4, 32, 32, 3)
    np.testing.assert_array_equal(pictures[-1], end.record.image)
    assert len(answer_to(setup, setup.engine.ask(Replay(recipe, 9, 60))).answer) == 9


PHOTO = np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8)


def kept(setup: Setup, role: str, image: np.ndarray) -> tuple[Input, ...]:
    return (Input(role, setup.store.inputs.put(encode_png(image))),)


def surveyed(setup: Setup, survey: Survey) -> Record:
    end = setup.end_of(setup.engine.submit(survey, Lane.ASIDE))
    assert isinstance(end, Finished), end
    assert end.summary is not None
    return end.record


def test_a_photo_names_units_of_every_layer(setup: Setup) -> None:
    info = setup.network.info
    ask = Survey(
        "tiny",
        info.fingerprint,
        "strongest",
        StrongestParameters(3),
        inputs=kept(setup, "photo", PHOTO),
    )
    found = surveyed(setup, ask)
    rows = found.rows()
    layers = [layer.path for layer in info.layers]
    assert list(dict.fromkeys(row["layer"] for row in rows)) == layers
    for path in layers:
        values = [row["activation"] for row in rows if row["layer"] == path]
        assert values == sorted(values, reverse=True)
        assert len(values) == 3
    again = setup.end_of(setup.engine.submit(ask, Lane.ASIDE))
    assert isinstance(again, Finished) and again.cached
    assert again.record.rows() == rows


def test_a_network_says_what_it_sees_in_a_picture(setup: Setup) -> None:
    end = setup.end_of(setup.engine.submit(setup.recipe("dog", steps=3)))
    info = setup.network.info
    ask = Survey(
        "tiny",
        info.fingerprint,
        "verdict",
        inputs=kept(setup, "picture", end.record.image),
        shown_by=setup.prior.info.fingerprint,
    )
    rows = surveyed(setup, ask).rows()
    assert tuple((row["class_index"], row["probability"]) for row in rows) == end.record.top
    other = replace(ask, network_fingerprint="f" * 64)
    failed = setup.end_of(setup.engine.submit(other, Lane.ASIDE))
    assert isinstance(failed, Failed)
    assert "is not open" in failed.message


def test_an_input_that_is_gone_is_named(setup: Setup) -> None:
    ask = Survey(
        "tiny", setup.network.info.fingerprint, "verdict", inputs=(Input("picture", "0" * 64),)
    )
    failed = setup.end_of(setup.engine.submit(ask, Lane.ASIDE))
    assert isinstance(failed, Failed)
    assert "is not in the store" in failed.message


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


def test_an_ascent_starts_from_a_photograph_and_can_be_made_again(setup: Setup) -> None:
    (photo,) = kept(setup, "start", PHOTO)
    recipe = replace(setup.recipe("dog", steps=2), start=FromPhoto(), inputs=(photo,))
    first = setup.end_of(setup.engine.submit(recipe))
    assert isinstance(first, Finished), first
    setup.store.delete(recipe.key)
    again = setup.end_of(setup.engine.submit(recipe))
    assert isinstance(again, Finished)
    np.testing.assert_array_equal(first.record.code, again.record.code)
    other = setup.end_of(setup.engine.submit(setup.recipe("dog", steps=2)))
    assert isinstance(other, Finished)
    assert (other.record.code != first.record.code).any()


def test_a_question_makes_room_for_an_interactive_job(setup: Setup) -> None:
    """Measured in the first version: 19.7 s to the first frame beside 3,000 steps."""
    task = setup.engine.ask(Replay(setup.recipe("cat", steps=10_000), 10_000, 10))
    while (frame := setup.engine.frames.take()) is None or frame.job != task:
        pass
    urgent = setup.engine.submit(setup.recipe("dog", steps=3))
    assert isinstance(setup.end_of(urgent), Finished)
    setup.engine.cancel(task)
    assert isinstance(setup.end_of(task), Cancelled)


def test_a_running_batch_makes_room_for_opening(setup: Setup) -> None:
    batch = setup.engine.submit(setup.recipe("dog", steps=10_000), Lane.BATCH)
    setup.started(batch)
    setup.engine.open("tiny", "tiny")
    while not isinstance(setup.next(), Opened):
        pass
    setup.engine.cancel(batch)
    end = setup.end_of(batch)
    assert isinstance(end, Finished) and end.record.state == "stopped"


def test_a_paused_batch_waits_and_can_be_cancelled(setup: Setup) -> None:
    batch = setup.engine.submit(setup.recipe("dog", steps=10_000), Lane.BATCH)
    waiting = setup.engine.submit(setup.recipe("ant", steps=3), Lane.BATCH)
    last = setup.engine.submit(setup.recipe("bee", steps=3), Lane.BATCH)
    setup.started(batch)
    setup.engine.pause_batch(True)
    urgent = setup.engine.submit(setup.recipe("cat", steps=3))
    assert isinstance(setup.end_of(urgent), Finished)
    setup.engine.cancel(batch)
    assert setup.end_of(batch).record.state == "stopped"
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
    assert frame is not None and frame.image is None and 0 < frame.step <= frame.steps

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


def test_a_map_is_stored_and_found_again(setup: Setup) -> None:
    info = setup.network.info
    ask = Survey(
        "tiny",
        info.fingerprint,
        "saliency",
        SaliencyParameters(how="integrated", steps=8, randomise=0.5, deletion=True),
        units=(info.resolve("dog"), info.resolve("conv2:3@1,1")),
        inputs=kept(setup, "photo", PHOTO),
    )
    found = surveyed(setup, ask)
    assert found.kind.name == "maps" and found.count == 2
    stored = setup.store.get(ask.key)
    assert stored is not None
    assert set(stored.parts) == {part.name for part in SALIENCY.parts} | {"maps"}
    for name in stored.parts:
        np.testing.assert_array_equal(stored.array(name), found.array(name))


def test_a_network_is_looked_at_before_it_is_opened(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ant", "bee", "cow", "dog", "eel"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.fromarray(PHOTO).save(tmp_path / "photos" / name / "a.png")
    loads: list[str] = []

    def load(spec: str, device: object, confirm: object) -> Network:
        loads.append(spec)
        return setup.network

    monkeypatch.setattr(opened, "open_network", load)
    card = answer_to(setup, setup.engine.ask(Inspect("other"))).answer
    assert isinstance(card, NetworkCard)
    assert card.info == setup.network.info and card.checked is None
    assert card.weights == sum(x.numel() for x in setup.network.module.parameters())
    ask = Inspect("other", str(tmp_path / "photos"))
    checked = answer_to(setup, setup.engine.ask(ask)).answer.checked
    assert checked is not None
    assert (checked.photos, checked.top1) == (5, 0.2)  # the same photograph in every folder
    setup.engine.open("other", "tiny-prior")
    while not isinstance(setup.next(), Opened):
        pass
    assert loads == ["other"]  # it has been loaded once


def test_networks_are_listed_by_where_they_come_from(setup: Setup) -> None:
    names = answer_to(setup, setup.engine.ask(ListNetworks())).answer
    assert isinstance(names, NetworkNames)
    assert "lite0" in names.built_in and "resnet50" in names.torchvision


def test_a_held_run_answers_questions_and_goes_on_as_if_it_had_not_been(setup: Setup) -> None:
    recipe = setup.recipe("dog", steps=300)
    job = setup.engine.submit(recipe)
    setup.started(job)
    setup.engine.hold(True)
    codes = np.zeros((1, setup.prior.info.code_size), np.float32)
    asked = setup.engine.ask(Decode(setup.prior.info.fingerprint, codes))
    while not (isinstance(event := setup.next(), Answered) and event.job == asked):
        assert not isinstance(event, Finished)
    setup.engine.hold(False)
    held = setup.end_of(job)
    assert isinstance(held, Finished)
    setup.store.delete(recipe.key)
    again = setup.end_of(setup.engine.submit(recipe))
    assert isinstance(again, Finished)
    assert (again.record.image == held.record.image).all()


def test_a_held_run_is_stopped_or_gives_way_to_the_next(setup: Setup) -> None:
    job = setup.engine.submit(setup.recipe("dog", steps=10_000))
    setup.started(job)
    while setup.engine.frames.take() is None:
        time.sleep(0.01)
    setup.engine.hold(True)
    setup.engine.cancel(job)
    end = setup.end_of(job)
    assert isinstance(end, Finished) and end.record.state == "stopped"
    job = setup.engine.submit(setup.recipe("cat", steps=10_000))
    setup.started(job)
    setup.engine.hold(True)
    following = setup.engine.submit(setup.recipe("ant", steps=3))
    assert isinstance(setup.end_of(following), Finished)

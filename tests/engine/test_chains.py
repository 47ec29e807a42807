"""Chains in the engine and the store: one record, a part that is kept, and a batch."""

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dgn_explorer.engine import opened
from dgn_explorer.engine.messages import Failed, Finished, Lane
from dgn_explorer.errors import DgnError
from dgn_explorer.results.record import DONE, STOPPED
from dgn_explorer.synthesis.methods.ppgn.about import PpgnParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Chain, Link, Maximise
from tests.engine.setup import Setup
from tests.synthesis.ppgn_setup import Chains

SHORT = {"samples": 3, "warm": 4, "cycle": 3}


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    setup = Setup(tmp_path, monkeypatch, together=4)
    prior = Chains(tmp_path).prior
    monkeypatch.setattr(opened, "open_prior", lambda spec, device: prior)
    setup.prior = prior
    setup.open()
    yield setup
    setup.close()
    assert not [t for t in threading.enumerate() if t.name == "dgn-engine"]


def chain(setup: Setup, *units: str, seed: int = 0, **parameters: Any) -> Recipe:
    recipe = setup.recipe(*units, seed=seed)
    how = PpgnParameters(**{**SHORT, **parameters})
    return dataclasses.replace(recipe, method="ppgn", parameters=how)


def end_of(setup: Setup, recipe: Recipe) -> Finished:
    end = setup.end_of(setup.engine.submit(recipe))
    assert isinstance(end, Finished)
    return end


def test_a_chain_is_one_record_and_comes_back_from_the_store(setup: Setup) -> None:
    bee, eel = (Maximise.of(setup.network.info.resolve(name)) for name in ("bee", "eel"))
    recipe = chain(setup, "bee").with_target(Chain((Link(bee, 2), Link(eel, 1))))
    first = end_of(setup, recipe).record
    assert (first.count, first.state, first.steps) == (3, DONE, 10)
    assert first.label == "bee*2, eel*1"
    stored = setup.store.get(recipe.key)
    assert stored is not None
    for name, part in first.parts.items():
        np.testing.assert_array_equal(np.asarray(part), np.asarray(stored.parts[name]))
    assert stored.order == recipe
    (summary,) = setup.store.list()
    assert (summary.count, summary.method) == (3, "ppgn")
    assert summary.address == "fc:1*2, fc:4*1"
    assert end_of(setup, recipe).cached


def test_stopping_keeps_the_samples_so_far(setup: Setup) -> None:
    recipe = chain(setup, "bee", samples=10_000, warm=2, cycle=1)
    job = setup.engine.submit(recipe)
    setup.started(job)
    while (frame := setup.engine.frames.take()) is None or frame.step < 8:
        pass
    setup.engine.cancel(job)
    end = setup.end_of(job)
    assert isinstance(end, Finished)
    record = end.record
    assert record.state == STOPPED
    # Every sample has its step; Stop may come before the last step's sample has been read.
    assert record.array("sample_steps").tolist() == [2 + n for n in range(record.count)]
    assert record.steps - record.array("sample_steps")[-1] in (0, 1)
    assert len(record.tops) == record.count
    whole = end_of(setup, chain(setup, "bee", samples=3, warm=2, cycle=1)).record
    np.testing.assert_array_equal(record.images[:3], whole.images)


def test_chains_of_a_layer_run_side_by_side(setup: Setup) -> None:
    setup.engine.pause_batch(True)
    recipes = [chain(setup, name, seed=seed) for name in ("bee", "eel") for seed in (0, 1)]
    jobs = [setup.engine.submit(recipe, Lane.BATCH) for recipe in recipes]
    setup.engine.pause_batch(False)
    for recipe, job in zip(recipes, jobs, strict=True):
        end = setup.end_of(job)
        assert isinstance(end, Finished)
        assert end.record.key == recipe.key
        assert end.record.count == 3


def test_a_chain_without_its_encoder_fails_with_a_reason(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = setup.prior.info
    other = dataclasses.replace(info.encoder, fingerprint="1" * 64)
    unknown = dataclasses.replace(setup.prior, info=dataclasses.replace(info, encoder=other))
    monkeypatch.setattr(opened, "open_prior", lambda spec, device: unknown)
    setup.engine.open("tiny", "other")
    end = setup.end_of(setup.engine.submit(chain(setup, "bee")))
    assert isinstance(end, Failed)
    assert "prior_term=0" in end.hint


def drafts(setup: Setup) -> list[str]:
    return sorted(setup.store.drafts.unfinished())


def test_a_draft_lives_until_its_record_is_stored(setup: Setup) -> None:
    recipe = chain(setup, "bee", samples=10_000, warm=2, cycle=1)
    job = setup.engine.submit(recipe)
    setup.started(job)
    while (frame := setup.engine.frames.take()) is None or frame.step < 5:
        pass
    assert drafts(setup) == [recipe.key]
    setup.engine.cancel(job)
    stopped = setup.end_of(job)
    assert isinstance(stopped, Finished) and stopped.record.state == STOPPED
    assert drafts(setup) == []
    more = end_of(setup, chain(setup, "bee", samples=stopped.record.count + 2, warm=2, cycle=1))
    assert drafts(setup) == []
    before = stopped.record.images
    assert more.record.images[: len(before)].tobytes() == before.tobytes()


def test_what_cannot_be_stored_keeps_its_draft(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(record: object) -> None:
        raise DgnError("There is no space left.", "Free some space.")

    recipe = chain(setup, "bee")
    with monkeypatch.context() as patch:
        patch.setattr(setup.store, "put", full)
        assert end_of(setup, recipe).summary is None
    assert drafts(setup) == [recipe.key]
    assert end_of(setup, recipe).record.count == 3
    assert drafts(setup) == []


def test_a_draft_of_a_finished_record_goes_at_the_next_start(setup: Setup) -> None:
    done, open_ = end_of(setup, chain(setup, "bee")).record.recipe, chain(setup, "eel")
    for recipe in (done, open_):
        (setup.store.drafts.folder / recipe.key).mkdir(parents=True, exist_ok=True)
    setup.store.clear_finished_drafts()
    assert drafts(setup) == [open_.key]

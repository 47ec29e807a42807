"""What a long run has made survives it: pieces on the disk, from which the next run goes on."""

import dataclasses
import itertools
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dgn_explorer.engine.answers.replaying import replay
from dgn_explorer.engine.messages import Replay
from dgn_explorer.results.record import Record, where_made
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis import draft as draft_module
from dgn_explorer.synthesis.draft import InMemory, joined
from dgn_explorer.synthesis.making import finish, make, make_together, versions
from dgn_explorer.synthesis.methods.inverse_set.about import InverseSetParameters
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Band, Chain, InRange, Link
from tests.synthesis.ppgn_setup import Chains

Stop = Callable[[Progress[Record]], bool]


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Chains:
    return Chains(tmp_path_factory.mktemp("prior"))


class Home:
    """A store, and a bench of the tiny pair that keeps drafts in it."""

    def __init__(self, chains: Chains, folder: Path) -> None:
        self.store = Store(folder)
        bench = chains.bench()
        self.where = where_made(str(bench.device), versions())
        draft = partial(self.store.draft, where=self.where)
        self.bench = dataclasses.replace(bench, draft=draft)

    def killed_at(self, step: int, *orders: Recipe) -> None:
        """Run ``orders`` up to this step, and no more of anything."""
        work: Generator[Progress[Any], None, Any] = make_together(orders, self.bench)
        with closing(work):
            assert [next(work).done for _ in range(step)][-1] == step

    def steps(self, order: Recipe) -> tuple[int, Record]:
        """How many steps it takes to make ``order`` now, and the record."""
        work, count = make(order, self.bench), 0
        while True:
            try:
                next(work)
            except StopIteration as end:
                return count, end.value
            count += 1

    def pieces(self, order: Recipe) -> list[Path]:
        return sorted((self.store.folder / "drafts" / order.key).glob("*.h5"))


def same(a: Record, b: Record) -> None:
    assert set(a.parts) == set(b.parts)
    for name, part in a.parts.items():
        other = b.parts[name]
        assert isinstance(part, np.ndarray) == isinstance(other, np.ndarray)
        assert part.tobytes() == other.tobytes() if isinstance(part, np.ndarray) else part == other  # type: ignore[union-attr]
    assert a.trace.tobytes() == b.trace.tobytes()


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("step", [6, 9, 10, 13])
def test_a_chain_goes_on_from_its_newest_sample(
    chains: Chains, tmp_path: Path, step: int, noise: float
) -> None:
    plan = Chain((Link(chains.target("bee"), 2), Link(chains.target("conv2:3@1,2"), 1)))
    order = chains.recipe(plan, samples=4, noise_term=noise, seed=5)
    whole = finish(make(order, chains.bench()))
    home = Home(chains, tmp_path)
    home.killed_at(step, order)
    kept = 1 + (step - 6) // 4  # samples are taken at steps 6, 10, 14 and 18
    assert len(home.pieces(order)) == kept
    took, record = home.steps(order)
    same(whole, record)
    assert took == 18 - (6 + 4 * (kept - 1)) + 1  # the newest sample's step is gone through again


def test_the_seconds_of_a_record_are_those_of_all_runs(
    chains: Chains, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count(100)  # every look at the clock is a second later
    monkeypatch.setattr(draft_module, "time", SimpleNamespace(monotonic=lambda: next(looks)))
    home, fewer = Home(chains, tmp_path), chains.recipe("bee", samples=2)
    home.killed_at(8, fewer)  # behind the first of two samples
    kept = home.bench.draft(fewer)
    with closing(kept):
        before = kept.seconds
    assert before >= 6  # the steps up to the sample
    took, record = home.steps(fewer)
    assert record.provenance.seconds >= before + took
    home.store.put(record)
    home.store.drafts.clear(fewer.key)
    more = chains.recipe("bee", samples=3)
    took, longer = home.steps(more)
    assert longer.provenance.seconds >= record.provenance.seconds + took
    both = [chains.recipe("bee", seed=seed) for seed in (1, 2)]
    first, second = finish(make_together(both, home.bench))
    assert first.provenance.seconds == pytest.approx(second.provenance.seconds, abs=1)


def test_chains_side_by_side_go_on_together_or_not_at_all(chains: Chains, tmp_path: Path) -> None:
    orders = [chains.recipe("bee", seed=seed) for seed in (1, 2)]
    whole = finish(make_together(orders, chains.bench()))
    home = Home(chains, tmp_path)
    home.killed_at(11, *orders)
    for a, b in zip(whole, finish(make_together(orders, home.bench)), strict=True):
        same(a, b)
    alone = Home(chains, tmp_path / "alone")
    alone.killed_at(11, orders[0])  # the other has nothing
    for a, b in zip(whole, finish(make_together(orders, alone.bench)), strict=True):
        same(a, b)


def test_a_film_of_a_stored_chain_begins_with_its_first_step(
    chains: Chains, tmp_path: Path
) -> None:
    home, order = Home(chains, tmp_path), chains.recipe("bee")
    record = finish(make(order, home.bench))
    home.store.put(record)
    home.store.drafts.clear(order.key)
    film = finish(replay(home.bench, Replay(order, record.steps, 7)))
    assert len(film) == 7 and len({frame.tobytes() for frame in film}) == 7
    assert not home.pieces(order)


@pytest.mark.parametrize("state", ["done", "stopped"])
def test_more_samples_go_on_from_the_stored_ones(
    chains: Chains, tmp_path: Path, state: str
) -> None:
    home = Home(chains, tmp_path)
    fewer = chains.recipe("bee", samples=2)
    if state == "done":
        record = finish(make(fewer, home.bench))
    else:
        with closing(make(fewer, home.bench)) as work:
            progress = [next(work) for _ in range(8)][-1]  # two steps behind the first sample
            assert progress.partial is not None
            record = progress.partial(0)
        home.store.drafts.clear(fewer.key)
    home.store.put(record)
    more = chains.recipe("bee", samples=4)
    took, longer = home.steps(more)
    assert took == 18 - (10 if state == "done" else 6) + 1
    same(longer, finish(make(more, chains.bench())))


@pytest.mark.parametrize("stored", [True, False])
def test_what_was_made_elsewhere_is_not_gone_on_from(
    chains: Chains, tmp_path: Path, stored: bool
) -> None:
    home, order = Home(chains, tmp_path), chains.recipe("bee", samples=3)
    if stored:
        home.store.put(finish(make(chains.recipe("bee", samples=2), home.bench)))
    else:
        home.killed_at(11, order)
    with closing(home.store.draft(order, {**home.where, "threads": "64"})) as elsewhere:
        assert not isinstance(elsewhere, InMemory)
        assert not elsewhere.read()
    if not stored:  # what it had is gone: two machines would not make one record
        home.killed_at(11, order)
    else:
        home.store.drafts.clear(order.key)
    with closing(home.bench.draft(order)) as here:
        assert here.read()


def test_a_set_goes_on_from_its_newest_round(chains: Chains, tmp_path: Path) -> None:
    band = Band(chains.network.info.resolve("bee"), -50.0, 50.0)
    short = {"ascend": 3, "spread": 2, "walk": 2, "settle": 2, "prior": 0.0, "apart": 0.0}
    order = dataclasses.replace(
        chains.recipe("bee"),
        target=InRange((band,)),
        method="inverse-set",
        parameters=InverseSetParameters(count=5, together=2, **short),  # type: ignore[arg-type]
    )
    whole = finish(make(order, chains.bench()))
    assert whole.count == 5
    for step in (9, 12):
        home = Home(chains, tmp_path / str(step))
        with closing(make(order, home.bench)) as work:
            for _ in range(step):
                next(work)
        assert home.pieces(order)
        took, record = home.steps(order)
        same(whole, record)
        assert took < len(whole.trace)


def test_a_torn_piece_ends_the_draft_before_it(chains: Chains, tmp_path: Path) -> None:
    order = chains.recipe("bee", samples=4)
    home = Home(chains, tmp_path)
    home.killed_at(15, order)
    second = home.pieces(order)[1]
    second.write_bytes(second.read_bytes()[:-40])
    took, record = home.steps(order)
    assert took == 18 - 6 + 1
    same(finish(make(order, chains.bench())), record)
    assert len(home.pieces(order)) == 4


def test_a_piece_of_another_version_or_order_is_not_read(chains: Chains, tmp_path: Path) -> None:
    home = Home(chains, tmp_path)
    order, other = chains.recipe("bee"), chains.recipe("bee", seed=9)
    home.killed_at(7, order)
    home.killed_at(7, other)
    (mine,), (foreign,) = home.pieces(order), home.pieces(other)
    mine.write_bytes(foreign.read_bytes())
    took, record = home.steps(order)
    assert took == 14
    same(finish(make(order, chains.bench())), record)


def test_two_programs_at_one_order_do_not_mix(chains: Chains, tmp_path: Path) -> None:
    home, order = Home(chains, tmp_path), chains.recipe("bee")
    with closing(make(order, home.bench)) as work:
        for _ in range(7):
            next(work)
        draft = home.bench.draft(order)
        assert isinstance(draft, InMemory) and not draft.read()
        draft.keep(Made({}, np.zeros(1, np.float32)))
    assert len(home.pieces(order)) == 1


def test_a_full_disk_stops_nothing(
    chains: Chains, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, order = Home(chains, tmp_path), chains.recipe("bee")

    def full(path: Path, data: bytes, fs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dgn_explorer.results.drafts.write_file", full)
    same(finish(make(order, chains.bench())), finish(make(order, home.bench)))
    assert not home.pieces(order)


def test_joined_pieces_stand_one_behind_the_other() -> None:
    first = Made({"n": np.arange(2), "t": ("a",), "s": np.zeros(3)}, np.zeros(2, np.float32))
    second = Made({"n": np.arange(1), "t": ("b", "c"), "s": np.ones(1)}, np.ones(1, np.float32))
    both = joined([first, second], frozenset({"s"}))
    assert both.parts["t"] == ("a", "b", "c") and both.trace.tolist() == [0, 0, 1]
    assert np.asarray(both.parts["n"]).tolist() == [0, 1, 0]
    assert np.asarray(both.parts["s"]).tolist() == [1]

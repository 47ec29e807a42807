"""What goes when the store is pruned: the oldest first, favourites never."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.note_changes import NoteChange, change_notebook
from dgn_explorer.results.notebook import UnitNote, notebook_path
from dgn_explorer.results.pruning import favourite_keys, to_prune
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.targets import Maximise, Term
from tests.results.making import assert_same, make_recipe, make_result

COUNT = 10  # result i is from minute i


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    for index in range(COUNT):
        store.put(make_result(index))
    return store


def test_by_age(store: Store) -> None:
    moment = datetime(2026, 1, 1, 0, 4, tzinfo=UTC)
    gone = to_prune(store.list(), older_than=moment)
    assert [item.address for item in gone] == ["fc:0", "fc:1", "fc:2", "fc:3"]


@pytest.mark.parametrize("left", [0, 1, 7, COUNT])
def test_by_size_the_oldest_first(store: Store, left: int) -> None:
    stored = store.list()
    limit = sum(item.bytes for item in stored[:left])
    assert to_prune(stored, max_bytes=limit) == list(stored[left:][::-1])
    if left:
        assert to_prune(stored, max_bytes=limit - 1) == list(stored[left - 1 :][::-1])


def test_by_both_and_what_is_kept(store: Store) -> None:
    stored = store.list()
    keep = {make_recipe(0).key, make_recipe(5).key}
    moment = datetime(2026, 1, 1, 0, 2, tzinfo=UTC)
    limit = sum(item.bytes for item in stored) - 3 * stored[0].bytes
    gone = to_prune(stored, max_bytes=limit, older_than=moment, keep=keep)
    assert [item.address for item in gone] == ["fc:1", "fc:2", "fc:3"]
    gone = to_prune(stored, max_bytes=0, older_than=moment, keep=keep)
    assert len(gone) == COUNT - 2
    assert not keep & {item.key for item in gone}
    assert to_prune(stored, keep=keep) == []


def test_favourites_of_units_and_combinations(store: Store, tmp_path: Path) -> None:
    terms = (Term(UnitAddress("fc", 1)), Term(UnitAddress("fc", 77), -0.5))
    both = make_result(recipe=make_recipe(target=Maximise(tuple(terms))))
    other = make_result(recipe=make_recipe(3, network_fingerprint="c" * 64))
    store.put(both)
    store.put(other)
    notes = {"fc:3": UnitNote(True), "fc:4": UnitNote(text="no"), "fc:77": UnitNote(True)}
    changes = [NoteChange(address, UnitNote(), note) for address, note in notes.items()]
    change_notebook(tmp_path / "notes", "a" * 64, changes)
    assert favourite_keys(store.list(), tmp_path / "notes") == {make_recipe(3).key, both.key}
    notebook_path(tmp_path / "notes", "a" * 64).write_text("rubbish")
    with pytest.raises(DgnError, match="are damaged"):
        favourite_keys(store.list(), tmp_path / "notes")


def test_a_result_that_was_made_anew_meanwhile_stays(store: Store) -> None:
    store.put(make_result(COUNT, "stopped", 3))
    old = {item.address: item for item in store.list()}
    better = make_result(COUNT, "done", 9)
    store.put(better)
    assert store.delete_listed(old[f"fc:{COUNT}"]) is False
    assert_same(store.get(better.key), better)
    assert store.delete_listed(old["fc:5"]) is True
    assert store.delete_listed(old["fc:5"]) is False
    assert len(store.keys()) == COUNT

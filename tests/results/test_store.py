import dataclasses
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dgn_explorer.disk import FileSystem
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.targets import Maximise, Term
from tests.results.making import assert_same, files_below, make_recipe, make_result


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_everything_in_a_result_comes_back(store: Store) -> None:
    result = make_result()
    path = store.put(result).path
    assert path == store.path(result.key) == store.folder / result.key[:2] / f"{result.key}.h5"
    assert_same(store.get(result.key), result)
    assert_same(Store(store.folder).get(result.key), result)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": np.empty(0, np.float32), "top": (), "label": "", "versions": {}},
        {"image": np.zeros((1, 300, 3), np.uint8)},
        {"image": np.zeros((40, 40, 3), np.uint8)[::2, ::-1]},
        {"trace": np.arange(10, dtype=np.float32)[::-2]},
        {"code": np.arange(4, dtype=">f4").astype(np.float32)},
    ],
)
def test_unusual_arrays_come_back(store: Store, changes: dict[str, Any]) -> None:
    result = make_result(**changes)
    store.put(result)
    assert_same(store.get(result.key), result)


def test_equal_results_give_equal_bytes(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    assert store.put(make_result()).path.read_bytes() == other.put(make_result()).path.read_bytes()


def test_looking_into_a_store_that_is_not_there_creates_nothing(store: Store) -> None:
    key = make_recipe().key
    assert store.get(key) is None
    assert store.thumbnail(key, 96) is None
    assert store.delete(key) is False
    assert store.list() == ()
    assert store.keys() == frozenset()
    assert store.verify().results == 0
    assert not store.folder.exists()


@pytest.mark.parametrize("key", ["", "ab", "../../etc/passwd", "A" * 64, "a" * 63 + "\n"])
def test_what_is_no_key_is_refused(store: Store, key: str) -> None:
    for method in (store.get, store.delete, store.path):
        with pytest.raises(DgnError, match="not the key of a result"):
            method(key)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (("done", 5), ("stopped", 9), "first"),
        (("stopped", 3), ("stopped", 9), "second"),
        (("stopped", 9), ("stopped", 3), "first"),
        (("stopped", 9), ("done", 5), "second"),
        (("done", 5), ("done", 6), "first"),
    ],
)
def test_the_better_result_is_kept(
    store: Store, first: tuple[str, int], second: tuple[str, int], kept: str
) -> None:
    one, two = (make_result(1, state, steps) for state, steps in (first, second))
    store.put(one)
    store.put(two)
    assert_same(store.get(one.key), one if kept == "first" else two)
    assert len(files_below(store.folder)) == 1


def test_list_is_newest_first_and_says_what_is_stored(store: Store) -> None:
    results = [make_result(index) for index in (30, 10, 50, 20)]
    paths = [store.put(result).path for result in results]
    assert [s.address for s in store.list()] == ["fc:50", "fc:30", "fc:20", "fc:10"]
    summary = next(s for s in store.list() if s.key == results[0].key)
    assert dataclasses.asdict(summary) == {
        "key": results[0].key,
        "path": paths[0],
        "kind": "images",
        "network": "lite0",
        "network_fingerprint": "a" * 64,
        "prior": "default",
        "units": ({"layer": "fc", "index": 30, "position": None},),
        "address": "fc:30",
        "label": "vulkán 火山",
        "seed": 0,
        "method": "dgn-am",
        "state": "done",
        "count": 1,
        "steps": 5,
        "activation": results[0].activation,
        "seconds": 1.25,
        "created": "2026-01-01T00:30:00+00:00",
        "bytes": paths[0].stat().st_size,
        "inputs": (),
        "quality": "good",
        "starts": 1,
    }
    assert store.keys() == {result.key for result in results}


def test_list_sees_what_changed_since_the_last_call(store: Store) -> None:
    other = Store(store.folder)
    for index in (1, 2):
        store.put(make_result(index, "stopped", 3))
    assert [s.steps for s in store.list()] == [3, 3]
    other.put(make_result(1, "stopped", 8))
    other.delete(make_recipe(2).key)
    assert [s.steps for s in store.list()] == [8]


def test_an_objective_of_several_units_has_an_address(store: Store) -> None:
    terms = (Term(UnitAddress("fc", 1)), Term(UnitAddress("conv", 2, (3, 4)), -0.5))
    store.put(make_result(recipe=make_recipe(target=Maximise(tuple(terms)))))
    assert store.list()[0].address == "fc:1 + -0.5*conv:2@3,4"


@pytest.mark.parametrize(("size", "shape"), [(32, (16, 32)), (96, (48, 96)), (400, (150, 300))])
def test_thumbnail_fits_and_keeps_the_proportions(
    store: Store, size: int, shape: tuple[int, int]
) -> None:
    result = make_result(image=np.full((150, 300, 3), (10, 200, 90), np.uint8))
    store.put(result)
    thumbnail = store.thumbnail(result.key, size)
    assert thumbnail is not None
    assert thumbnail.dtype == np.uint8
    assert thumbnail.shape == (*shape, 3)
    assert (thumbnail == (10, 200, 90)).all()


def test_delete_removes_one(store: Store) -> None:
    store.put(make_result(1))
    store.put(make_result(2))
    assert store.delete(make_recipe(1).key) is True
    assert store.delete(make_recipe(1).key) is False
    assert store.keys() == {make_recipe(2).key}


@pytest.mark.parametrize("name", ["code", "trace"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(store: Store, name: str, value: float) -> None:
    changes: dict[str, Any] = {name: np.array([1, value], np.float32)}
    with pytest.raises(DgnError, match="not finite"):
        store.put(make_result(**changes))
    assert not store.folder.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"image": np.zeros((4, 4, 3), np.float32)},
        {"image": np.zeros((4, 4), np.uint8)},
        {"image": np.zeros((0, 4, 3), np.uint8)},
        {"code": np.zeros(4, np.float64)},
        {"trace": np.zeros(0, np.float32)},
        {"state": "half"},
        {"created": "yesterday"},
        {"created": "2026-01-01T00:00:00"},
        {"label": "x" * (1 << 20)},
    ],
)
def test_what_is_no_result_is_refused(store: Store, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        store.put(make_result(**changes))
    assert not store.folder.exists()


def test_threads_share_a_store(store: Store) -> None:
    errors = []

    def work(first: int) -> None:
        try:
            for index in range(first, first + 8):
                store.put(make_result(index))
                assert_same(store.get(make_recipe(index).key), make_result(index))
                store.list()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 4, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert store.verify().results == 16


def test_a_finished_result_that_comes_while_a_stopped_one_is_renamed_wins(store: Store) -> None:
    class Interrupted(FileSystem):
        def replace(self, source: Path, target: Path) -> None:
            other.start()
            other.join(0.1)
            assert other.is_alive()  # it waits for the lock
            super().replace(source, target)

    other = threading.Thread(target=lambda: Store(store.folder).put(make_result(1)))
    Store(store.folder, Interrupted()).put(make_result(1, "stopped", 9))
    other.join()
    assert_same(store.get(make_recipe(1).key), make_result(1))


def test_importing_the_store_is_cheap() -> None:
    code = """if True:
        import sys, dgn_explorer.results.store
        print({"h5py", "PIL", "torch"} & {*sys.modules})"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

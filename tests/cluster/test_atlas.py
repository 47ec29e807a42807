"""Which recipes are handed out, and what becomes of what comes back; on a cluster of the test's."""

import dataclasses
import gc
import itertools
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dgn_explorer.cluster.atlas import (
    MOST_ATTEMPTS,
    AtlasEvent,
    Lost,
    Said,
    Stored,
    Unmade,
    run_atlas,
)
from dgn_explorer.cluster.task import Answer, Made, Setup, Task, WorkerFacts
from dgn_explorer.errors import DgnError
from dgn_explorer.results.hdf5_file import encode
from dgn_explorer.results.record_file import RawRecord, raw_of
from dgn_explorer.results.store import Store
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import PHOTO_START
from tests.results.making import assert_same, make_recipe, make_result

SETUP = Setup("lite0", "default", "0.1")
FACTS = WorkerFacts("tcp://one", "0.1", "2.13", "cpu", "AVX2", 1)


class Cluster:
    """A cluster of one queue: ``answer`` says what comes back of each task."""

    def __init__(self, answer: Callable[[Task], Answer | Lost], room: int = 3) -> None:
        self._answer = answer
        self._room = room
        self._waiting: deque[Task] = deque()
        self.most = 0
        self.tasks: list[Task] = []
        self.left_out: list[str] = []
        self.workers = 2
        self.said: list[str] = []

    def room(self) -> int:
        return self._room - len(self._waiting)

    def submit(self, task: Task) -> None:
        self._waiting.append(task)
        self.tasks.append(task)
        self.most = max(self.most, len(self._waiting))

    def next(self, timeout_s: float) -> tuple[Task, Answer | Lost] | None:
        if not self._waiting:
            return None
        task = self._waiting.popleft()
        return task, self._answer(task)

    def leave_out(self, address: str) -> int:
        self.left_out.append(address)
        self.workers -= 1
        return self.workers

    def news(self) -> list[str]:
        told, self.said = self.said, []
        return told


def answer(task: Task, facts: WorkerFacts = FACTS) -> Answer:
    return Answer(facts, tuple(made(order) for order in task.orders))


def made(order: str) -> Made:
    recipe = Recipe.from_json(order)
    record = make_result(recipe.units[0].index, recipe=recipe)
    return Made(recipe.key, encode(raw_of(record).datasets), seconds=2.0)


def atlas(store: Store, cluster: Cluster, count: int = 10, size: int = 1) -> list[AtlasEvent]:
    return list(run_atlas(map(make_recipe, range(count)), store, cluster, SETUP, size))


def stored(events: list[AtlasEvent]) -> list[str]:
    return [event.key for event in events if isinstance(event, Stored) and not event.cached]


def test_every_record_is_stored_as_it_was_made(tmp_path: Path) -> None:
    store, cluster = Store(tmp_path), Cluster(answer)
    events = atlas(store, cluster)
    assert sorted(stored(events)) == sorted(store.keys())
    assert len(events) == 10
    assert cluster.most == 3
    assert_same(store.get(make_recipe(4).key), make_result(4))


def test_what_is_stored_is_not_made_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(make_result(3))
    store.put(make_result(5, state="stopped"))
    cluster = Cluster(answer)
    events = atlas(store, cluster)
    assert make_recipe(3).key not in {key for task in cluster.tasks for key in task.keys}
    assert Stored(make_recipe(3).key, cached=True) in events
    again = Cluster(answer)
    assert all(isinstance(event, Stored) and event.cached for event in atlas(store, again))
    assert not again.tasks
    kept = store.summary(make_recipe(5).key)
    assert kept is not None
    assert kept.state == "done"


def test_several_share_a_task(tmp_path: Path) -> None:
    cluster = Cluster(answer)
    atlas(Store(tmp_path), cluster, count=10, size=4)
    assert [len(task.keys) for task in cluster.tasks] == [4, 4, 2]


def test_what_the_scheduler_lost_is_handed_out_again(tmp_path: Path) -> None:
    lost_once: set[str] = set()

    def flaky(task: Task) -> Answer | Lost:
        if task.keys[0] in lost_once:
            return answer(task)
        lost_once.add(task.keys[0])
        return Lost("the connection to the scheduler was lost", blamed=False)

    store, cluster = Store(tmp_path), Cluster(flaky)
    events = atlas(store, cluster)
    assert len(stored(events)) == len(store.keys()) == 10
    assert len({task.name for task in cluster.tasks}) == 20  # no name names two computations
    assert any("connection to the scheduler" in e.text for e in events if isinstance(e, Said))


def test_what_is_lost_all_at_once_is_one_sentence(tmp_path: Path) -> None:
    def away(task: Task) -> Answer | Lost:
        return answer(task) if task.attempt > 1 else Lost("the scheduler had gone", blamed=False)

    store, cluster = Store(tmp_path), Cluster(away, room=20)
    events = atlas(store, cluster)
    assert len(stored(events)) == len(store.keys()) == 10
    (said,) = [event.text for event in events if isinstance(event, Said)]
    assert said.startswith("10 images had not come back: the scheduler had gone.")


def test_an_image_that_ends_workers_is_given_up_and_the_others_are_made(tmp_path: Path) -> None:
    bad = make_recipe(6).key

    def deadly(task: Task) -> Answer | Lost:
        if bad in task.keys:
            return Lost("every worker that tried it died", blamed=True)
        return answer(task)

    store, cluster = Store(tmp_path), Cluster(deadly)
    events = atlas(store, cluster, size=4)
    assert len(stored(events)) == 9
    (unmade,) = [event for event in events if isinstance(event, Unmade)]
    assert unmade.key == bad
    assert sum(task.keys == (bad,) for task in cluster.tasks) == MOST_ATTEMPTS


def test_a_worker_of_another_version_gets_nothing_more(tmp_path: Path) -> None:
    other = dataclasses.replace(FACTS, address="tcp://old")
    turns = iter([True] + [False] * 100)

    def mixed(task: Task) -> Answer | Lost:
        if next(turns):
            return Answer(other, unfit="it has dgn-explorer 0.0 and not 0.1")
        return answer(task)

    store, cluster = Store(tmp_path), Cluster(mixed)
    events = atlas(store, cluster)
    assert len(stored(events)) == 10
    assert cluster.left_out == ["tcp://old"]
    (said,) = [event.text for event in events if isinstance(event, Said)]
    assert said == "The worker tcp://old gets nothing more: it has dgn-explorer 0.0 and not 0.1"


def test_no_fit_worker_is_an_error(tmp_path: Path) -> None:
    cluster = Cluster(lambda task: Answer(FACTS, unfit="it has other weights."))
    cluster.workers = 1
    with pytest.raises(DgnError, match="No worker can make this: it has other weights"):
        atlas(Store(tmp_path), cluster)


def test_a_worker_that_rounds_differently_is_said_once(tmp_path: Path) -> None:
    other = dataclasses.replace(FACTS, address="tcp://two", torch="2.12", device="cuda")
    turns = iter([FACTS, other] * 5)
    events = atlas(Store(tmp_path), Cluster(lambda task: answer(task, next(turns))))
    (said,) = [event.text for event in events if isinstance(event, Said)]
    assert "tcp://two has torch 2.12 and not 2.13, device cuda and not cpu" in said


@pytest.mark.parametrize("change", [lambda data: data[: len(data) // 2], lambda data: b"", None])
def test_what_is_not_the_record_is_not_stored(
    tmp_path: Path, change: Callable[[bytes], bytes] | None
) -> None:
    def wrong(task: Task) -> Answer:
        right = made(task.orders[0])
        other = made(make_recipe(99).to_json()).data
        return Answer(
            FACTS, (dataclasses.replace(right, data=change(right.data) if change else other),)
        )

    store = Store(tmp_path)
    events = atlas(store, Cluster(wrong), count=2)
    assert all(isinstance(event, Unmade) for event in events)
    assert not store.keys()


def test_it_ends_when_it_is_asked_to_and_keeps_what_came(tmp_path: Path) -> None:
    store, cluster = Store(tmp_path), Cluster(answer)
    events = run_atlas(
        map(make_recipe, range(10)), store, cluster, SETUP, stop=lambda: len(store.keys()) == 4
    )
    assert len(stored(list(events))) == len(store.keys()) == 4


def test_what_needs_a_photograph_is_refused(tmp_path: Path) -> None:
    recipe = make_recipe(1, start=PHOTO_START, inputs=(Input("start", 64 * "1"),))
    with pytest.raises(DgnError, match="needs no photograph"):
        list(run_atlas(iter([recipe]), Store(tmp_path), Cluster(answer), SETUP))


class Forgetful(Store):
    """A store that keeps nothing, so that its files do not count."""

    def summary(self, key: str) -> Summary | None:
        return None

    def put_raw(self, key: str, raw: RawRecord) -> bool:
        return True


def test_memory_does_not_grow_with_the_number_of_recipes(tmp_path: Path) -> None:
    """What is held at recipe 800 and at recipe 100: the recipes alone would be 1 MB."""
    data = make_result()
    key, encoded = data.key, encode(raw_of(data).datasets)

    def quick(task: Task) -> Answer:
        return Answer(FACTS, (Made(key, encoded),))

    def held(count: int) -> int:
        """Bytes in use when the last of ``count`` is stored; waste that is not collected apart."""
        events: Iterator[AtlasEvent] = run_atlas(
            map(make_recipe, range(count)), Forgetful(tmp_path), Slim(quick), SETUP
        )
        tracemalloc.start()
        stored = (event for event in events if isinstance(event, Stored))
        for _ in itertools.islice(stored, count - 1):
            pass
        assert next(stored, None) is not None
        gc.collect()
        now, _most = tracemalloc.get_traced_memory()
        assert next(stored, None) is None
        tracemalloc.stop()
        return now

    held(30)  # what is imported and compiled once
    assert held(800) - held(100) < 100_000


class Slim(Cluster):
    """One that does not note its tasks."""

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

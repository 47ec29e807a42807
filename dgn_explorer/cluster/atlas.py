"""`run_atlas`: recipes are handed out a few at a time, and what comes back is stored at once.

However many recipes there are, no more are in the air than keep the workers busy, and none is
remembered afterwards: the store is the memory. So a run that was killed is simply started again.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from dgn_explorer.cluster.task import Answer, Setup, Task, WorkerFacts
from dgn_explorer.errors import DgnError
from dgn_explorer.results.hdf5_file import DamagedFileError, NewerFileError
from dgn_explorer.results.record import DONE
from dgn_explorer.results.record_file import raw_from_bytes
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import RANDOM

MOST_ATTEMPTS = 4  # of one task that ends workers; one that was lost with the scheduler is not one
POLL_S = 0.5


@dataclass(frozen=True)
class Lost:
    """A task that came back without an answer; ``why`` is a clause.

    ``blamed`` is true if the task itself may be what ended it.
    """

    why: str
    blamed: bool


class Connection(Protocol):
    """What an atlas needs of a cluster; `connection.DaskConnection` is the real one."""

    def room(self) -> int:
        """How many tasks more keep the workers busy."""

    def submit(self, task: Task) -> None:
        """Hand a task to a worker that is not left out."""

    def next(self, timeout_s: float) -> tuple[Task, Answer | Lost] | None:
        """The next task that came back, or None if none did in time; raises `DgnError`."""

    def leave_out(self, address: str) -> int:
        """Give that worker nothing more; how many are left."""

    def news(self) -> list[str]:
        """Sentences on what has happened to workers and scheduler since the last call."""


@dataclass(frozen=True)
class Stored:
    """The record of ``key`` is in the store; ``cached`` if it was there before."""

    key: str
    seconds: float = 0.0
    worker: str = ""
    cached: bool = False


@dataclass(frozen=True)
class Unmade:
    """The record of ``key`` could not be made."""

    key: str
    message: str
    hint: str


@dataclass(frozen=True)
class Said:
    """A sentence on what happened on the cluster."""

    text: str


AtlasEvent = Stored | Unmade | Said


def run_atlas(
    recipes: Iterable[Recipe],
    store: Store,
    connection: Connection,
    setup: Setup,
    size: int = 1,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[AtlasEvent]:
    """Have ``recipes`` made, ``size`` in a task, and yield what becomes of each.

    What the store has is not made again. A task that is lost is handed out again; one that keeps
    ending workers is given up. When ``stop`` says so it ends, and what is in the air is taken back.
    Raises `DgnError` if no worker can make them, or if the store cannot be written.
    """
    return _Atlas(store, connection, setup, size).run(iter(recipes), stop)


class _Atlas:
    def __init__(self, store: Store, connection: Connection, setup: Setup, size: int) -> None:
        self._store = store
        self._connection = connection
        self._setup = setup
        self._size = size
        self._flying = 0
        self._again: list[Task] = []
        self._facts: WorkerFacts | None = None
        self._met: set[str] = set()
        self._lost_count: dict[str, int] = {}  # images lost by no fault of theirs, by the reason

    def run(self, recipes: Iterator[Recipe], stop: Callable[[], bool]) -> Iterator[AtlasEvent]:
        more = True
        while not stop():
            while (more or self._again) and self._connection.room() > 0:
                if self._again:
                    self._submit(self._again.pop())
                    continue
                batch = yield from self._batch(recipes)
                more = bool(batch)
                if batch:
                    self._submit(self._task(batch))
            yield from map(Said, self._connection.news())
            if not (more or self._again or self._flying):
                return
            back = self._connection.next(POLL_S)
            if back is None:
                yield from self._say_lost()
                continue
            self._flying -= 1
            task, answer = back
            if isinstance(answer, Lost) and not answer.blamed:
                self._keep_for_later(task, answer)
                continue
            yield from self._say_lost()
            if isinstance(answer, Lost):
                yield from self._lost(task, answer)
            else:
                yield from self._answered(task, answer)

    def _batch(self, recipes: Iterator[Recipe]) -> Generator[AtlasEvent, None, list[Recipe]]:
        batch: list[Recipe] = []
        while len(batch) < self._size:
            recipe = next(recipes, None)
            if recipe is None:
                break
            _check(recipe)
            stored = self._store.summary(recipe.key)
            if stored is not None and stored.state == DONE:
                yield Stored(recipe.key, cached=True)
            else:
                batch.append(recipe)
        return batch

    def _task(self, recipes: list[Recipe]) -> Task:
        orders = tuple(recipe.to_json() for recipe in recipes)
        return Task(self._setup, orders, tuple(recipe.key for recipe in recipes))

    def _submit(self, task: Task) -> None:
        self._connection.submit(task)
        self._flying += 1

    def _answered(self, task: Task, answer: Answer) -> Iterator[AtlasEvent]:
        where = answer.facts.address
        if answer.unfit:
            left = self._connection.leave_out(where)
            yield Said(f"The worker {where} gets nothing more: {answer.unfit}")
            if not left:
                raise DgnError(
                    f"No worker can make this: {answer.unfit}", "Start workers that can."
                )
            self._again.append(replace(task, attempt=task.attempt + 1))
            return
        yield from self._compared(answer.facts)
        for made in answer.made:
            if made.message:
                yield Unmade(made.key, made.message, made.hint)
                continue
            try:
                raw = raw_from_bytes(made.data, made.key)
            except (DamagedFileError, NewerFileError) as error:
                message = f"What the worker {where} sent as {made.key[:12]} is damaged: {error}."
                yield Unmade(made.key, message, "Run it again.")
                continue
            self._store.put_raw(made.key, raw)
            yield Stored(made.key, made.seconds, where)

    def _compared(self, facts: WorkerFacts) -> Iterator[AtlasEvent]:
        if self._facts is None:
            self._facts = facts
        if facts.address in self._met:
            return
        self._met.add(facts.address)
        other = facts.differs(self._facts)
        if other:
            yield Said(
                f"The worker {facts.address} has {other}: its images can differ from the others' in"
                " the last bits. Each record says what made it."
            )

    def _keep_for_later(self, task: Task, lost: Lost) -> None:
        """A task is lost by no fault of its own, perhaps with all others: one sentence for all."""
        self._again.append(replace(task, attempt=task.attempt + 1))
        self._lost_count[lost.why] = self._lost_count.get(lost.why, 0) + len(task.keys)

    def _say_lost(self) -> Iterator[AtlasEvent]:
        for why, count in self._lost_count.items():
            what = "One image" if count == 1 else f"{count:,} images"
            yield Said(f"{what} had not come back: {why}. What is lost is handed out again.")
        self._lost_count.clear()

    def _lost(self, task: Task, lost: Lost) -> Iterator[AtlasEvent]:
        several = len(task.keys) > 1
        what = f"{len(task.keys)} images" if several else f"The image {task.keys[0][:12]}"
        if several:  # which of them it was shows when each goes alone
            yield Said(f"{what} of one ascent: {lost.why}. Each is tried alone.")
            self._again += [
                Task(task.setup, (order,), (key,))
                for order, key in zip(task.orders, task.keys, strict=True)
            ]
        elif task.attempt < MOST_ATTEMPTS:
            yield Said(f"{what}: {lost.why}. It is tried again.")
            self._again.append(replace(task, attempt=task.attempt + 1))
        else:
            hint = "Look into that worker's log."
            yield from (Unmade(key, f"Given up: {lost.why}.", hint) for key in task.keys)


def _check(recipe: Recipe) -> None:
    if recipe.inputs or recipe.start != RANDOM:
        raise DgnError(
            "A cluster makes what starts from random numbers and needs no photograph.",
            "Make this one with: dgn-explorer make",
        )

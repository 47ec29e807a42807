"""What the engine has to do next: requests to open, and a queue for each lane."""

import itertools
import threading
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from dgn_explorer.engine.messages import Lane, Question, Watch
from dgn_explorer.studies.survey import Order
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import RANDOM


@dataclass(frozen=True)
class OpenRequest:
    """Open a network and a prior."""

    network: str
    prior: str


@dataclass(frozen=True)
class Ordered:
    """One order on its way; `cancel` is set to stop it after the current step.

    `drop` is set if what a stopped one has made is not to be stored. ``looked`` is true if whoever
    ordered it has just seen that the store does not have it. After ``stop_after`` steps it stops by
    itself; 0 is for all of them.
    """

    number: int
    order: Order
    lane: Lane
    looked: bool = False
    stop_after: int = 0
    cancel: threading.Event = field(default_factory=threading.Event, compare=False)
    drop: threading.Event = field(default_factory=threading.Event, compare=False)


@dataclass(frozen=True)
class Asked:
    """A question on its way."""

    number: int
    question: Question
    lane: Lane = Lane.ASIDE
    cancel: threading.Event = field(default_factory=threading.Event, compare=False)


Work = Ordered | Asked


class WorkQueue:
    """Thread-safe; the engine's thread takes from it, everyone else puts in.

    What it takes runs together: one piece of work, or up to ``together`` batch orders that one run
    can compute at once, unless `fit` has said another number for orders like these.
    """

    def __init__(self) -> None:
        self.together, self._fits = 1, False
        self._fitting: dict[Hashable, int] = {}
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._opens: deque[OpenRequest] = deque()
        self._lanes: dict[Lane, deque[Work]] = {lane: deque() for lane in Lane}
        self._running: list[Work] = []  # what has made room stays here below what it made room for
        self._closed = self._paused = self._held = False

    def run_together(self, most: int, fits: bool) -> None:
        """Take up to ``most`` batch orders that are alike; ``fits``: until `fit` says better."""
        with self._changed:
            self.together, self._fits = most, fits
            self._fitting.clear()

    def open(self, request: OpenRequest) -> None:
        """Ask for a network and a prior."""
        with self._changed:
            self._opens.append(request)
            self._changed.notify()

    def submit(
        self, order: Order, lane: Lane, looked: bool = False, stop_after: int = 0
    ) -> Ordered:
        """Add an order; an interactive one cancels the interactive ones before it."""
        with self._changed:
            work = Ordered(next(self._numbers), order, lane, looked, stop_after)
            if lane is Lane.INTERACTIVE:
                self._held = False
                for earlier in (*self._lanes[lane], *self._running):
                    if earlier.lane is lane:
                        earlier.cancel.set()
            self._lanes[lane].append(work)
            self._changed.notify()
            return work

    def ask(self, question: Question) -> Asked:
        """Add a question."""
        with self._changed:
            lane = Lane.WATCH if isinstance(question, Watch) else Lane.ASIDE
            work = Asked(next(self._numbers), question, lane)
            self._lanes[work.lane].append(work)
            self._changed.notify()
            return work

    def cancel(self, number: int, keep: bool = True) -> None:
        """Stop the work ``number``, wherever it is; unknown and finished numbers are ignored.

        The last call decides whether to ``keep`` what it has made so far.
        """
        with self._changed:
            for work in (*itertools.chain(*self._lanes.values()), *self._running):
                if work.number == number:
                    if isinstance(work, Ordered) and keep:
                        work.drop.clear()
                    elif isinstance(work, Ordered):
                        work.drop.set()
                    work.cancel.set()
                    self._held = self._held and work.lane is not Lane.INTERACTIVE
            self._changed.notify()

    def close(self) -> None:
        """Cancel the running work and let `next` return None from now on."""
        with self._changed:
            self._closed = True
            for work in self._running:
                work.cancel.set()
            self._changed.notify()

    def next(self) -> OpenRequest | tuple[Work, ...] | None:
        """Wait for work; None once closed."""
        with self._changed:
            while not (self._closed or self._opens or self._above(Lane.BATCH) or self._ready()):
                self._changed.wait()
            if self._closed:
                return None
            return self._urgent(Lane.BATCH) or self._take_together()

    def next_above(self, lane: Lane) -> OpenRequest | tuple[Work, ...] | None:
        """What work of ``lane`` has to make room for between two of its steps, or None.

        Opening comes before everything. In the batch lane this waits while the lane is paused, and
        in the interactive one while it is held, unless running work has been cancelled. What is
        held makes room for questions, too.
        """
        with self._changed:
            while self._waits(lane) and not (
                self._closed or self._opens or self._above(self._floor(lane)) or self._stopping()
            ):
                self._changed.wait()
            return None if self._closed else self._urgent(self._floor(lane))

    def pause(self, on: bool) -> None:
        """Hold the batch lane, its running work included, or let it go on."""
        with self._changed:
            self._paused = on
            self._changed.notify()

    def hold(self, on: bool) -> None:
        """Hold the interactive order that runs, or let it go on; the next one is not held."""
        with self._changed:
            self._held = on and any(work.lane is Lane.INTERACTIVE for work in self._running)
            self._changed.notify()

    def first(self, number: int) -> None:
        """Put waiting batch work in front of the rest."""
        with self._changed:
            batch = self._lanes[Lane.BATCH]
            for work in batch:
                if work.number == number:
                    batch.remove(work)
                    batch.appendleft(work)
                    return

    def done(self, work: Work) -> None:
        """The engine has finished with ``work``; saying it again does no harm."""
        with self._changed:
            if work in self._running:
                self._running.remove(work)

    def unfitted(self, works: Sequence[Work]) -> bool:
        """Whether to find out how many orders like ``works``, which run together, should do so.

        That is worth it when more of them wait.
        """
        with self._changed:
            kind = _common(works[0])
            more = next(_alike(self._lanes[Lane.BATCH], kind), None)
            return self._fits and more is not None and kind not in self._fitting

    def fit(self, work: Work, most: int) -> None:
        """From now on at most ``most`` orders like ``work`` run together."""
        with self._changed:
            self._fitting[_common(work)] = most

    def unfinished(self, works: Sequence[Work]) -> tuple[Work, ...]:
        """Those of ``works`` that are still running."""
        with self._changed:
            return tuple(work for work in works if work in self._running)

    def _waits(self, lane: Lane) -> bool:
        return self._paused if lane is Lane.BATCH else self._held and lane is Lane.INTERACTIVE

    def _floor(self, lane: Lane) -> Lane:
        """Work of ``lane`` makes room for all lanes above this one."""
        return Lane.WATCH if self._held and lane is Lane.INTERACTIVE else lane

    def _above(self, lane: Lane) -> "deque[Work] | None":
        """The first lane above ``lane`` in which something waits."""
        return next((self._lanes[one] for one in Lane if one < lane and self._lanes[one]), None)

    def _urgent(self, lane: Lane) -> OpenRequest | tuple[Work, ...] | None:
        if self._opens:
            return self._opens.popleft()
        waiting = self._above(lane)
        if not waiting:
            return None
        work = waiting.popleft()
        self._running.append(work)
        return (work,)

    def _ready(self) -> "deque[Work]":
        """Batch work that may run: while the lane is paused only cancelled, to be dropped."""
        batch = self._lanes[Lane.BATCH]
        if not self._paused:
            return batch
        for work in batch:
            if work.cancel.is_set():
                batch.remove(work)
                batch.appendleft(work)
                return batch
        return deque()

    def _stopping(self) -> bool:
        return any(work.cancel.is_set() for work in self._running)

    def _take_together(self) -> tuple[Work, ...]:
        ready = self._ready()
        first = ready[0]
        kind = _common(first)
        most = 1 if self._paused else self._fitting.get(kind, self.together)
        taken = tuple(itertools.islice(_alike(ready, kind), most)) or (first,)
        for work in taken:
            ready.remove(work)
        self._running.extend(taken)
        return taken


def _alike(works: "deque[Work]", kind: Hashable) -> Iterator[Work]:
    return (work for work in works if kind is not None and _common(work) == kind)


def _common(work: Work) -> Hashable:
    """What work has in common that one run can compute at once; None for one of its own."""
    order = work.order if isinstance(work, Ordered) else None
    if not isinstance(order, Recipe) or not order.about.together:
        return None
    if order.start != RANDOM or order.inputs:
        return None
    return (
        order.network_fingerprint,
        order.prior_fingerprint,
        order.method,
        order.parameters,
        order.numeric,
        type(order.target),
        frozenset(unit.layer for unit in order.units),
    )

"""What the engine has to do next: requests to open, one interactive job, and the batch lane."""

import itertools
import threading
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from dgn_explorer.engine.messages import Lane, Question
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import RANDOM


@dataclass(frozen=True)
class OpenRequest:
    """Open a network and a prior."""

    network: str
    prior: str


@dataclass(frozen=True)
class Job:
    """One recipe on its way; `cancel` is set to stop it after the current step.

    `drop` is set if what a stopped job has made is not to be stored.
    """

    number: int
    recipe: Recipe
    lane: Lane
    cancel: threading.Event = field(default_factory=threading.Event, compare=False)
    drop: threading.Event = field(default_factory=threading.Event, compare=False)


@dataclass(frozen=True)
class Task:
    """A question on its way; it waits for the interactive job and goes before the batch lane."""

    number: int
    question: Question
    cancel: threading.Event = field(default_factory=threading.Event, compare=False)


Work = Job | Task


class WorkQueue:
    """Thread-safe; the engine's thread takes from it, everyone else puts in.

    What it takes runs together: one interactive job, one question, or up to ``together`` batch jobs
    that one ascent can compute at once.
    """

    def __init__(self) -> None:
        self.together = 1
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._opens: deque[OpenRequest] = deque()
        self._interactive: deque[Job] = deque()
        self._tasks: deque[Task] = deque()
        self._batch: deque[Job] = deque()
        self._running: list[Work] = []  # paused batch jobs stay here below the interactive one
        self._closed = self._paused = False

    def open(self, request: OpenRequest) -> None:
        """Ask for a network and a prior."""
        with self._changed:
            self._opens.append(request)
            self._changed.notify()

    def submit(self, recipe: Recipe, lane: Lane) -> Job:
        """Add a job; an interactive one cancels the interactive ones before it."""
        with self._changed:
            job = Job(next(self._numbers), recipe, lane)
            if lane is Lane.INTERACTIVE:
                for earlier in (*self._interactive, *self._running):
                    if isinstance(earlier, Job) and earlier.lane is Lane.INTERACTIVE:
                        earlier.cancel.set()
                self._interactive.append(job)
            else:
                self._batch.append(job)
            self._changed.notify()
            return job

    def ask(self, question: Question) -> Task:
        """Add a question."""
        with self._changed:
            task = Task(next(self._numbers), question)
            self._tasks.append(task)
            self._changed.notify()
            return task

    def cancel(self, number: int, keep: bool = True) -> None:
        """Stop the job ``number``, wherever it is; unknown and finished numbers are ignored.

        The last call decides whether to ``keep`` what it has made so far.
        """
        with self._changed:
            for job in (*self._interactive, *self._tasks, *self._batch, *self._running):
                if job.number == number:
                    if isinstance(job, Job) and keep:
                        job.drop.clear()
                    elif isinstance(job, Job):
                        job.drop.set()
                    job.cancel.set()
            self._changed.notify()

    def close(self) -> None:
        """Cancel the running jobs and let `next` return None from now on."""
        with self._changed:
            self._closed = True
            for job in self._running:
                job.cancel.set()
            self._changed.notify()

    def next(self) -> OpenRequest | tuple[Work, ...] | None:
        """Wait for work; None once closed."""
        with self._changed:
            while not (self._closed or self._opens or self._urgent() or self._ready()):
                self._changed.wait()
            if self._closed:
                return None
            if self._opens:
                return self._opens.popleft()
            return self._take(self._interactive or self._tasks) or self._take_together()

    def next_interactive(self) -> tuple[Work, ...]:
        """An interactive job or a question that a batch job has to make room for, or nothing.

        Waits while the batch lane is paused, unless a running job has been cancelled.
        """
        with self._changed:
            while self._paused and not (self._closed or self._urgent() or self._stopping()):
                self._changed.wait()
            return () if self._closed else self._take(self._interactive or self._tasks)

    def pause(self, on: bool) -> None:
        """Hold the batch lane, its running job included, or let it go on."""
        with self._changed:
            self._paused = on
            self._changed.notify()

    def first(self, number: int) -> None:
        """Put a waiting batch job in front of the others."""
        with self._changed:
            for job in self._batch:
                if job.number == number:
                    self._batch.remove(job)
                    self._batch.appendleft(job)
                    return

    def done(self, job: Work) -> None:
        """The engine has finished with ``job``; saying it again does no harm."""
        with self._changed:
            if job in self._running:
                self._running.remove(job)

    def unfinished(self, jobs: Sequence[Work]) -> tuple[Work, ...]:
        """Those of ``jobs`` that are still running."""
        with self._changed:
            return tuple(job for job in jobs if job in self._running)

    def _urgent(self) -> bool:
        return bool(self._interactive or self._tasks)

    def _ready(self) -> "deque[Job]":
        """Batch jobs that may run: while the lane is paused only cancelled ones, to be dropped."""
        if not self._paused:
            return self._batch
        for job in self._batch:
            if job.cancel.is_set():
                self._batch.remove(job)
                self._batch.appendleft(job)
                return self._batch
        return deque()

    def _stopping(self) -> bool:
        return any(work.cancel.is_set() for work in self._running)

    def _take(self, lane: "deque[Job] | deque[Task]") -> tuple[Work, ...]:
        taken = (lane.popleft(),) if lane else ()
        self._running.extend(taken)
        return taken

    def _take_together(self) -> tuple[Work, ...]:
        ready = self._ready()
        kind = _kind(ready[0].recipe)
        alike = (job for job in ready if kind is not None and _kind(job.recipe) == kind)
        most = 1 if self._paused else self.together
        taken = tuple(itertools.islice(alike, most)) or (ready[0],)
        for job in taken:
            ready.remove(job)
        self._running.extend(taken)
        return taken


def _kind(recipe: Recipe) -> Hashable:
    """What recipes have in common that one ascent can compute at once; None for one of its own."""
    if recipe.start != RANDOM:
        return None
    return (
        recipe.network_fingerprint,
        recipe.prior_fingerprint,
        recipe.method,
        recipe.parameters,
        recipe.numeric,
        frozenset(term.unit.layer for term in recipe.objective),
    )

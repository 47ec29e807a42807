"""What the engine has to do next: requests to open, one interactive job, and the batch lane."""

import itertools
import threading
from collections import deque
from dataclasses import dataclass, field

from dgn_explorer.engine.messages import Lane
from dgn_explorer.synthesis.recipe import Recipe


@dataclass(frozen=True)
class OpenRequest:
    """Open a network and a prior."""

    network: str
    prior: str


@dataclass(frozen=True)
class Job:
    """One recipe on its way; `cancel` is set to stop it after the current step."""

    number: int
    recipe: Recipe
    lane: Lane
    cancel: threading.Event = field(default_factory=threading.Event, compare=False)


class WorkQueue:
    """Thread-safe; the engine's thread takes from it, everyone else puts in."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._opens: deque[OpenRequest] = deque()
        self._interactive: deque[Job] = deque()
        self._batch: deque[Job] = deque()
        self._running: list[Job] = []  # the paused batch job stays here below the interactive one
        self._closed = False

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
                    if earlier.lane is Lane.INTERACTIVE:
                        earlier.cancel.set()
                self._interactive.append(job)
            else:
                self._batch.append(job)
            self._changed.notify()
            return job

    def cancel(self, number: int) -> None:
        """Stop the job ``number``, wherever it is; unknown and finished numbers are ignored."""
        with self._changed:
            for job in (*self._interactive, *self._batch, *self._running):
                if job.number == number:
                    job.cancel.set()
            self._changed.notify()

    def close(self) -> None:
        """Cancel the running jobs and let `next` return None from now on."""
        with self._changed:
            self._closed = True
            for job in self._running:
                job.cancel.set()
            self._changed.notify()

    def next(self) -> OpenRequest | Job | None:
        """Wait for work; None once closed."""
        with self._changed:
            while not (self._closed or self._opens or self._interactive or self._batch):
                self._changed.wait()
            if self._closed:
                return None
            if self._opens:
                return self._opens.popleft()
            return self._take(self._interactive or self._batch)

    def next_interactive(self) -> Job | None:
        """An interactive job that a batch job has to make room for, or None; never waits."""
        with self._changed:
            if self._closed or not self._interactive:
                return None
            return self._take(self._interactive)

    def done(self, job: Job) -> None:
        """The engine has finished with ``job``."""
        with self._changed:
            self._running.remove(job)

    def _take(self, lane: "deque[Job]") -> Job:
        job = lane.popleft()
        self._running.append(job)
        return job

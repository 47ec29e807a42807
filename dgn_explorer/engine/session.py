"""A caller that waits: the engine for programs without an event loop of their own."""

import contextlib
import queue
import threading
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dgn_explorer.engine.engine import Engine
from dgn_explorer.engine.messages import (
    Answered,
    Cancelled,
    Event,
    Failed,
    Finished,
    Frame,
    Lane,
    Opened,
    OpenFailed,
    Question,
    Ready,
    Sight,
    Watch,
)
from dgn_explorer.errors import DgnError
from dgn_explorer.photos.film import Film
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Order

POLL_S = 0.1
_AHEAD = 2  # pictures of a film that wait for a slow caller

Show = Callable[[Frame], None]
Confirm = Callable[[str], bool]


@dataclass(frozen=True)
class _Permission:
    """The engine's thread wants to know something of the user; the waiting thread asks."""

    text: str
    answer: "queue.Queue[bool]"


class EngineSession:
    """Waits for what a window would be told; Ctrl+C stops what runs and keeps its part."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        events: "queue.Queue[Event | _Permission]",
        confirm: Confirm,
        notice: Callable[[str], None],
    ) -> None:
        self.store = store
        self._engine = engine
        self._events = events
        self._confirm = confirm
        self._notice = notice

    def open(self, network: str, prior: str) -> Opened:
        """Open a network and a prior; raises `DgnError` if that fails."""
        self._engine.open(network, prior)
        while True:
            event = self._next()
            if isinstance(event, OpenFailed):
                raise DgnError(event.message, event.hint)
            if isinstance(event, Opened):
                return event

    def run(
        self, orders: Sequence[Order], stop_after: int = 0
    ) -> Iterator[tuple[int, Frame | Finished | Failed]]:
        """Run orders and yield with the place of each its newest frames, and how it ended.

        Each stops after ``stop_after`` steps and keeps its part; 0 is for all of them.
        Ctrl+C, and an iteration that is given up, stop what runs and keep its part.
        """
        self._engine.pause_batch(True)  # until all are there: some can share a run
        jobs = {
            self._engine.submit(order, Lane.BATCH, stop_after=stop_after): place
            for place, order in enumerate(orders)
        }
        self._engine.pause_batch(False)
        try:
            while jobs:
                event = self._next(jobs)
                if isinstance(event, Frame):
                    yield jobs[event.job], event
                elif isinstance(event, Finished | Failed | Cancelled) and event.job in jobs:
                    place = jobs.pop(event.job)
                    if not isinstance(event, Cancelled):
                        yield place, event
        finally:
            for job in jobs:
                self._engine.cancel(job)
            while jobs:
                event = self._next()
                if isinstance(event, Finished | Failed | Cancelled):
                    jobs.pop(event.job, None)

    def make(self, order: Order, show: Show = lambda frame: None, stop_after: int = 0) -> Finished:
        """Run one order; raises `DgnError` if it fails."""
        for _, event in self.run([order], stop_after):
            if isinstance(event, Failed):
                raise DgnError(event.message, event.hint)
            if isinstance(event, Finished):
                return event
            show(event)
        raise DgnError("The engine has been closed.", "Open it again.")

    def answer(self, question: Question, show: Show = lambda frame: None) -> Any:
        """Ask the engine; raises `DgnError` if there is no answer."""
        job = self._engine.ask(question)
        try:
            while True:
                event = self._next({job: 0})
                if isinstance(event, Frame):
                    show(event)
                if isinstance(event, Failed):
                    raise DgnError(event.message, event.hint)
                if isinstance(event, Answered) and event.job == job:
                    return event.answer
        except BaseException:
            self._engine.cancel(job)
            raise

    def watch(
        self, network_fingerprint: str, film: Film, layer: str
    ) -> Generator[Sight, None, None]:
        """What the network sees in a film, picture by picture; raises `DgnError`.

        Leaving the loop stops it; the film is the caller's to close.
        """
        sights: queue.Queue[Sight] = queue.Queue(_AHEAD)
        left = threading.Event()

        def show(sight: Sight) -> None:
            while not left.is_set():
                with contextlib.suppress(queue.Full):
                    sights.put(sight, timeout=POLL_S)
                    return

        job = self._engine.ask(Watch(network_fingerprint, film, layer, show))
        ended: Event | None = None
        try:
            while ended is None or not sights.empty():
                with contextlib.suppress(queue.Empty):
                    yield sights.get(timeout=POLL_S)
                if ended is None:
                    ended = self._end_of(job)
        finally:
            left.set()
            self._engine.cancel(job)
            while ended is None:
                ended = self._end_of(job)
        if isinstance(ended, Failed):
            raise DgnError(ended.message, ended.hint)

    def _end_of(self, job: int) -> Event | None:
        """How ``job`` ended, None if it has not."""
        with contextlib.suppress(queue.Empty):
            event = self._events.get_nowait()
            if isinstance(event, Answered | Failed | Cancelled) and event.job == job:
                return event
        return None

    def _next(self, jobs: Container[int] = ()) -> Event | Frame:
        """The next event, or a frame of ``jobs`` meanwhile; answers what the engine asks."""
        while True:
            try:
                event = self._events.get(timeout=POLL_S)
            except queue.Empty:
                frame = self._engine.frames.take()
                if frame is not None and frame.job in jobs:
                    return frame
                continue
            if isinstance(event, _Permission):
                self._ask(event)
            elif isinstance(event, Ready):
                if event.notice:
                    self._notice(event.notice)
            else:
                return event

    def _ask(self, permission: _Permission) -> None:
        said = False
        try:
            said = self._confirm(permission.text)
        finally:  # also after Ctrl+C: the engine waits for it
            permission.answer.put(said)


@contextmanager
def engine_session(
    store: Store,
    *,
    device: str | None = None,
    threads: int | None = None,
    together: int | None = None,
    confirm: Confirm = lambda question: False,
    notice: Callable[[str], None] = lambda text: None,
) -> Iterator[EngineSession]:
    """A running engine with ``store``, closed at the end; see `Engine`.

    ``confirm`` is asked before code of the user's own runs for the first time, ``notice`` told what
    the user should know; both on the calling thread, while it waits.
    """
    events: queue.Queue[Event | _Permission] = queue.Queue()

    def on_engine_thread(question: str) -> bool:
        answer: queue.Queue[bool] = queue.Queue()
        events.put(_Permission(question, answer))
        return answer.get()

    engine = Engine(store, events.put, device, threads, on_engine_thread, together)
    engine.start()
    try:
        yield EngineSession(engine, store, events, confirm, notice)
    finally:
        engine.close()

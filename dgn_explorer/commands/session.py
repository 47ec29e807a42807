"""The engine on the command line: jobs in the order given, waiting for each."""

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from dgn_explorer.commands.cache import open_store
from dgn_explorer.commands.opening import tell
from dgn_explorer.commands.terminal import ask, say
from dgn_explorer.engine.engine import Engine
from dgn_explorer.engine.messages import (
    Answered,
    Cancelled,
    Decode,
    Event,
    Failed,
    Finished,
    Frame,
    Lane,
    Opened,
    OpenFailed,
    Ready,
    Replay,
)
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.recipe import Recipe

POLL_S = 0.1


@dataclass(frozen=True)
class _Question:
    """The engine's thread wants to know something of the user; the main thread asks."""

    text: str
    answer: "queue.Queue[bool]"


class EngineSession:
    """Waits for what a window would be told; Ctrl+C stops the running job and keeps its part."""

    def __init__(self, engine: Engine, events: "queue.Queue[Event | _Question]") -> None:
        self._engine = engine
        self._events = events

    def open(self, network: str, prior: str) -> Opened:
        """Open a network and a prior; raises `DgnError` if that fails."""
        self._engine.open(network, prior)
        while True:
            event = self._events.get()
            if isinstance(event, _Question):
                _ask(event)
                continue
            if isinstance(event, OpenFailed):
                raise DgnError(event.message, event.hint)
            if isinstance(event, Opened):
                tell(event.network)
                return event
            assert isinstance(event, Ready)

    def run(
        self, recipes: Sequence[Recipe], show: Callable[[int, Frame], None]
    ) -> Iterator[tuple[int, Finished | Failed]]:
        """Run recipes and yield, as they end, the place of each and how it ended.

        ``show`` gets the newest frame of one of them, with its place, now and then. Ctrl+C stops
        what runs, keeps its part, and is raised again once that is stored.
        """
        self._engine.pause_batch(True)  # until all are there: some can share an ascent
        jobs = {
            self._engine.submit(recipe, Lane.BATCH): place for place, recipe in enumerate(recipes)
        }
        self._engine.pause_batch(False)
        interrupted = False
        while jobs:
            try:
                event = self._events.get(timeout=POLL_S)
            except queue.Empty:
                frame = self._engine.frames.take()
                if frame is not None and frame.job in jobs:
                    show(jobs[frame.job], frame)
                continue
            except KeyboardInterrupt:
                for job in jobs:
                    self._engine.cancel(job)
                interrupted = True
                continue
            if isinstance(event, Ready):
                say(event.notice, err=True)
            elif isinstance(event, Finished | Failed | Cancelled):
                place = jobs.pop(event.job)
                if not isinstance(event, Cancelled) and not interrupted:
                    yield place, event
        if interrupted:
            raise KeyboardInterrupt

    def answer(self, question: Decode | Replay) -> np.ndarray:
        """Ask for pictures (N, H, W, 3) uint8; raises `DgnError` if there is no answer."""
        job = self._engine.ask(question)
        while True:
            event = self._events.get()
            if isinstance(event, Failed):
                raise DgnError(event.message, event.hint)
            if isinstance(event, Answered) and event.job == job:
                assert isinstance(event.answer, np.ndarray)
                return event.answer


def _ask(question: _Question) -> None:
    said = False
    try:
        said = ask(question.text)
    finally:  # also after Ctrl+C: the engine waits for it
        question.answer.put(said)


@contextmanager
def engine_session(
    device: str | None, threads: int | None = None, together: int | None = None
) -> Iterator[EngineSession]:
    """A running engine with the user's store, closed at the end; see `Engine`."""
    events: queue.Queue[Event | _Question] = queue.Queue()

    def confirm(question: str) -> bool:
        answer: queue.Queue[bool] = queue.Queue()
        events.put(_Question(question, answer))
        return answer.get()

    engine = Engine(open_store(), events.put, device, threads, confirm, together)
    engine.start()
    try:
        yield EngineSession(engine, events)
    finally:
        engine.close()

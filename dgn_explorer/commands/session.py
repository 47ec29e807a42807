"""The engine on the command line: one job after another, waiting for each."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dgn_explorer.commands.cache import open_store
from dgn_explorer.engine.engine import Engine
from dgn_explorer.engine.messages import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Frame,
    Opened,
    OpenFailed,
    Ready,
)
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.recipe import Recipe

POLL_S = 0.1


class EngineSession:
    """Waits for what a window would be told; Ctrl+C stops the running job and keeps its part."""

    def __init__(self, engine: Engine, events: "queue.Queue[Event]") -> None:
        self._engine = engine
        self._events = events

    def open(self, network: str, prior: str) -> Opened:
        """Open a network and a prior; raises `DgnError` if that fails."""
        self._engine.open(network, prior)
        while True:
            event = self._events.get()
            if isinstance(event, OpenFailed):
                raise DgnError(event.message, event.hint)
            if isinstance(event, Opened):
                return event
            assert isinstance(event, Ready)

    def run(self, recipe: Recipe, show: Callable[[Frame], None]) -> Finished | None:
        """Run one recipe and return how it finished, or None if nothing came of it.

        ``show`` gets the newest frame now and then. Raises `DgnError` if the job fails, and
        KeyboardInterrupt again once the stopped job is stored.
        """
        job = self._engine.submit(recipe)
        interrupted = False
        while True:
            try:
                event = self._events.get(timeout=POLL_S)
            except queue.Empty:
                frame = self._engine.frames.take()
                if frame is not None and frame.job == job:
                    show(frame)
                continue
            except KeyboardInterrupt:
                self._engine.cancel(job)
                interrupted = True
                continue
            if isinstance(event, Failed):
                raise DgnError(event.message, event.hint)
            if isinstance(event, Finished | Cancelled):
                if interrupted:
                    raise KeyboardInterrupt
                return event if isinstance(event, Finished) else None


@contextmanager
def engine_session(device: str | None, threads: int | None = None) -> Iterator[EngineSession]:
    """A running engine with the user's store, closed at the end."""
    events: queue.Queue[Event] = queue.Queue()
    engine = Engine(open_store(), events.put, device, threads)
    engine.start()
    try:
        yield EngineSession(engine, events)
    finally:
        engine.close()

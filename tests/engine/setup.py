"""An engine with a tiny network, and what it has said."""

import queue
import time
from pathlib import Path
from typing import Any

import pytest

from dgn_explorer.engine import opened
from dgn_explorer.engine.engine import Engine
from dgn_explorer.engine.messages import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Opened,
    Ready,
    Started,
)
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.recipe import Recipe
from tests import device
from tests.tiny import recipe_for, tiny_network, tiny_prior

WAIT_S = 30


class Setup:
    """An engine whose network and prior are the tiny ones, and what it has said."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, together: int | None = None
    ) -> None:
        self.network, self.prior = tiny_network(), tiny_prior(folder)
        monkeypatch.setattr(opened, "open_network", lambda spec, device, confirm: self.network)
        monkeypatch.setattr(opened, "open_prior", lambda spec, device: self.prior)
        self.notices: list[str] = []
        self.events: queue.Queue[Event] = queue.Queue()
        self.store = Store(folder / "results")
        self.engine = Engine(
            self.store, self.events.put, device.DEVICE, threads=1, together=together or 1
        )

    def next(self) -> Event:
        return self.events.get(timeout=WAIT_S)

    def end_of(self, job: int) -> Finished | Failed | Cancelled:
        while True:
            event = self.next()
            if isinstance(event, Ready):
                self.notices.append(event.notice)
            if isinstance(event, Finished | Failed | Cancelled) and event.job == job:
                return event

    def started(self, job: int) -> None:
        while True:
            event = self.next()
            if isinstance(event, Started) and event.job == job:
                return

    def drawn(self, job: int) -> None:
        """Wait for the first picture of ``job``: from then on there is something to keep."""
        self.started(job)
        deadline = time.monotonic() + WAIT_S
        while (frame := self.engine.frames.take()) is None or frame.job != job:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def recipe(self, *units: str, **more: Any) -> Recipe:
        return recipe_for(self.network, self.prior, *units, **more)

    def open(self) -> None:
        self.engine.start()
        self.engine.open("tiny", "tiny-prior")
        assert isinstance(self.next(), Ready)
        assert isinstance(self.next(), Opened)

    def close(self) -> None:
        assert self.engine.close()

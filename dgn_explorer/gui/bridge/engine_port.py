"""What the window needs of the engine, which `app` passes in: the window never imports torch."""

from typing import Protocol

from dgn_explorer.engine.messages import Frame, Lane, Question
from dgn_explorer.studies.survey import Order


class Frames(Protocol):
    """The one-slot mailbox of the newest frame."""

    def take(self) -> Frame | None:
        """Return the newest frame once, or None."""


class EnginePort(Protocol):
    """The one thread that owns torch; every method returns at once but `close`."""

    @property
    def frames(self) -> Frames:
        """Where the running job's newest frame is."""

    def start(self) -> None:
        """Start the thread, which loads torch and then says `Ready`."""

    def open(self, network: str, prior: str) -> None:
        """Ask for a network and a prior; `Opened` or `OpenFailed` follows."""

    def submit(self, order: Order, lane: Lane = Lane.INTERACTIVE, looked: bool = False) -> int:
        """Queue an order and return the job's number; ``looked``: the store does not have it."""

    def ask(self, question: Question) -> int:
        """Ask something; `Answered`, `Failed` or `Cancelled` follows for the returned number."""

    def cancel(self, job: int, keep: bool = True) -> None:
        """Stop a job within a step, or take it from the queue; ``keep`` stores what it has made."""

    def pause_batch(self, on: bool) -> None:
        """Hold batch jobs, or let them go on."""

    def hold(self, on: bool) -> None:
        """Hold the interactive job that runs, or let it go on."""

    def first(self, job: int) -> None:
        """Put a waiting batch job in front of the others."""

    def close(self, timeout_s: float = 5.0) -> bool:
        """End the thread; False if it did not end in time."""

"""Questions to the engine, and surveys: what somebody at the window waits for meanwhile."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from dgn_explorer.engine.messages import (
    Answered,
    Cancelled,
    Decode,
    Event,
    Failed,
    FindStep,
    Finished,
    Frame,
    Lane,
    Question,
    Replay,
)
from dgn_explorer.gui.bridge.engine_port import EnginePort
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Survey


def _nothing() -> None:
    pass


class Questions(QObject):
    """Passes every answer to whoever asked, and to nobody once the question is dropped.

    Each kind of question is a method: ``answered`` gets the answer, ``ended`` is called without
    one; the number that it returns can be dropped.
    """

    progressed = Signal(int, int, int)  # a question's number, done, total
    changed = Signal()  # one more is open, or one less
    problem = Signal(str, str, str)  # message, hint, details

    def __init__(self, engine: EnginePort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._open: dict[int, tuple[Callable[[Any], None], Callable[[], None]]] = {}

    def __len__(self) -> int:
        return len(self._open)

    # ---- what can be asked

    def images_of(
        self,
        prior_fingerprint: str,
        codes: np.ndarray,
        answered: Callable[[np.ndarray], None],
        ended: Callable[[], None] = _nothing,
    ) -> int:
        """The images (N, H, W, 3) uint8 that a prior draws from ``codes`` (N, K)."""
        return self._ask(Decode(prior_fingerprint, codes), answered, ended)

    def frames_of(
        self,
        result: Record,
        count: int,
        answered: Callable[[np.ndarray], None],
        ended: Callable[[], None] = _nothing,
    ) -> int:
        """At most ``count`` images (N, H, W, 3) uint8 of the ascent that made ``result``."""
        return self._ask(Replay(result.recipe, result.steps, count), answered, ended)

    def step_size_of(
        self,
        network_fingerprint: str,
        prior_fingerprint: str,
        answered: Callable[[float], None],
        ended: Callable[[], None],
    ) -> int:
        """The step size for a network with a prior, found by short ascents."""
        return self._ask(FindStep(network_fingerprint, prior_fingerprint), answered, ended)

    def order(
        self,
        survey: Survey,
        answered: Callable[[Record], None],
        ended: Callable[[], None] = _nothing,
    ) -> int:
        """The record of a survey that the store does not have."""
        number = self._engine.submit(survey, Lane.ASIDE, looked=True)
        return self._wait(number, answered, ended)

    def drop(self, number: int) -> None:
        """Ask no more: ``ended`` is called, and an answer on its way is not passed on."""
        if number in self._open:
            _, ended = self._open[number]
            self._open[number] = (lambda _answer: None), _nothing
            ended()
            self._engine.cancel(number)

    # ---- what the engine says

    def take_frame(self, frame: Frame) -> bool:
        """Whether ``frame`` belongs to a question, which then says how far it is."""
        if frame.job not in self._open:
            return False
        self.progressed.emit(frame.job, frame.step, frame.steps)
        return True

    def take(self, event: Event) -> bool:
        """Whether ``event`` ends a question, whose callback then runs."""
        if not isinstance(event, Answered | Finished | Failed | Cancelled):
            return False
        if event.job not in self._open:
            return False
        answered, ended = self._open.pop(event.job)
        self.changed.emit()
        if isinstance(event, Answered):
            answered(event.answer)
            return True
        if isinstance(event, Finished):
            answered(event.record)
            return True
        ended()
        if isinstance(event, Failed):
            self.problem.emit(event.message, event.hint, event.details)
        return True

    def _ask(
        self, question: Question, answered: Callable[[Any], None], ended: Callable[[], None]
    ) -> int:
        return self._wait(self._engine.ask(question), answered, ended)

    def _wait(self, number: int, answered: Callable[[Any], None], ended: Callable[[], None]) -> int:
        self._open[number] = answered, ended
        self.changed.emit()
        return number

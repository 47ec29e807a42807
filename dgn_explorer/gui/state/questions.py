"""Questions to the engine, and surveys: what somebody at the window waits for meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
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
    Glance,
    Glimpse,
    Inspect,
    Lane,
    ListNetworks,
    NetworkCard,
    NetworkNames,
    Question,
    Replay,
    Sight,
    Watch,
)
from dgn_explorer.gui.bridge.engine_port import EnginePort
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.photos.film import Film
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.inputs import Input


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class _Waiting:
    """Who waits for an answer; ``refused`` is told instead of everybody if there is none."""

    answered: Callable[[Any], None]
    ended: Callable[[], None]
    refused: Callable[[str], None] | None = None


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
        self._open: dict[int, _Waiting] = {}

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

    def glimpse_of(
        self,
        network_fingerprint: str,
        photo: Input,
        unit: UnitAddress,
        how: str,
        answered: Callable[[Glimpse], None],
        refused: Callable[[str], None],
    ) -> int:
        """Where ``unit`` looks in a photograph that the store has.

        ``refused`` is told why there is no map instead of everybody.
        """
        question = Glance(network_fingerprint, photo, unit, how)
        return self._wait(self._engine.ask(question), answered, _nothing, refused)

    def sights_of(
        self,
        network_fingerprint: str,
        film: Film,
        layer: str,
        show: Callable[[Sight], None],
        answered: Callable[[int], None],
        ended: Callable[[], None],
    ) -> int:
        """What a network sees in a film; ``show`` is called on the engine's thread with each."""
        return self._ask(Watch(network_fingerprint, film, layer, show), answered, ended)

    def network_names(
        self, answered: Callable[[NetworkNames], None], ended: Callable[[], None]
    ) -> int:
        """Which networks can be opened by a name."""
        return self._ask(ListNetworks(), answered, ended)

    def card_of(
        self,
        spec: str,
        photos: str,
        answered: Callable[[NetworkCard], None],
        ended: Callable[[], None],
    ) -> int:
        """What a network is, and how it does on labelled photographs if there are any."""
        return self._ask(Inspect(spec, photos), answered, ended)

    def order(
        self,
        survey: Survey,
        answered: Callable[[Record], None],
        ended: Callable[[], None] = _nothing,
    ) -> int:
        """The record of a survey that the store does not have; a long one waits for all others."""
        lane = Lane.LONG if survey.about.long else Lane.ASIDE
        number = self._engine.submit(survey, lane, looked=True)
        return self._wait(number, answered, ended)

    def drop(self, number: int, quietly: bool = False) -> None:
        """Ask no more: an answer on its way is not passed on, and ``ended`` is called if wanted."""
        if number in self._open:
            ended = self._open[number].ended
            self._open[number] = _Waiting(lambda _answer: None, _nothing, lambda _why: None)
            if not quietly:
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
        waiting = self._open.pop(event.job)
        self.changed.emit()
        if isinstance(event, Answered):
            waiting.answered(event.answer)
            return True
        if isinstance(event, Finished):
            waiting.answered(event.record)
            return True
        waiting.ended()
        if isinstance(event, Failed) and waiting.refused is not None:
            waiting.refused(event.message)
        elif isinstance(event, Failed):
            self.problem.emit(event.message, event.hint, event.details)
        return True

    def _ask(
        self, question: Question, answered: Callable[[Any], None], ended: Callable[[], None]
    ) -> int:
        return self._wait(self._engine.ask(question), answered, ended)

    def _wait(
        self,
        number: int,
        answered: Callable[[Any], None],
        ended: Callable[[], None],
        refused: Callable[[str], None] | None = None,
    ) -> int:
        self._open[number] = _Waiting(answered, ended, refused)
        self.changed.emit()
        return number

"""Questions to the engine whose answers make no result: morphs, films, photos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from dgn_explorer.engine.messages import (
    Answered,
    Cancelled,
    Decode,
    Encode,
    Event,
    Failed,
    FindStep,
    Frame,
    Judge,
    Question,
    Replay,
    Strongest,
)
from dgn_explorer.gui.bridge.engine_port import EnginePort
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.result import Result


@dataclass(frozen=True)
class Excited:
    """How much a photo excites a unit: its activation, and that in deviations of its layer."""

    unit: UnitAddress
    activation: float
    deviations: float


@dataclass(frozen=True)
class Verdict:
    """The best classes of a network for a picture, (index, probability), best first."""

    network_fingerprint: str
    top: tuple[tuple[int, float], ...]


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
        result: Result,
        count: int,
        answered: Callable[[np.ndarray], None],
        ended: Callable[[], None] = _nothing,
    ) -> int:
        """At most ``count`` images (N, H, W, 3) uint8 of the ascent that made ``result``."""
        return self._ask(Replay(result.recipe, result.steps, count), answered, ended)

    def code_of(
        self, prior_fingerprint: str, image: np.ndarray, answered: Callable[[np.ndarray], None]
    ) -> int:
        """The code (K,) float32 from which a prior draws a photograph (H, W, 3) uint8."""
        return self._ask(Encode(prior_fingerprint, image), answered, _nothing)

    def excited_by(
        self,
        network_fingerprint: str,
        image: np.ndarray,
        answered: Callable[[list[Excited]], None],
        ended: Callable[[], None] = _nothing,
    ) -> int:
        """The units of every layer that a photograph (H, W, 3) uint8 excites most."""
        return self._ask(
            Strongest(network_fingerprint, image),
            lambda found: answered(
                [Excited(one.unit, one.activation, one.deviations) for one in found]
            ),
            ended,
        )

    def verdicts_on(
        self,
        image: np.ndarray,
        network_fingerprints: Sequence[str],
        prior_fingerprint: str,
        answered: Callable[[list[Verdict]], None],
        ended: Callable[[], None] = _nothing,
    ) -> int:
        """What open networks see in a picture (H, W, 3) uint8 of a prior."""
        return self._ask(
            Judge(image, tuple(network_fingerprints), prior_fingerprint),
            lambda found: answered([Verdict(one.network_fingerprint, one.top) for one in found]),
            ended,
        )

    def step_size_of(
        self,
        network_fingerprint: str,
        prior_fingerprint: str,
        answered: Callable[[float], None],
        ended: Callable[[], None],
    ) -> int:
        """The step size for a network with a prior, found by short ascents."""
        return self._ask(FindStep(network_fingerprint, prior_fingerprint), answered, ended)

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
        if not isinstance(event, Answered | Failed | Cancelled) or event.job not in self._open:
            return False
        answered, ended = self._open.pop(event.job)
        self.changed.emit()
        if isinstance(event, Answered):
            answered(event.answer)
            return True
        ended()
        if isinstance(event, Failed):
            self.problem.emit(event.message, event.hint, event.details)
        return True

    def _ask(
        self, question: Question, answered: Callable[[Any], None], ended: Callable[[], None]
    ) -> int:
        number = self._engine.ask(question)
        self._open[number] = answered, ended
        self.changed.emit()
        return number

"""Questions to the engine whose answers make no result: morphs, films, photos."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from dgn_explorer.engine.messages import Answered, Cancelled, Event, Failed, Frame, Question
from dgn_explorer.gui.bridge.engine_port import EnginePort


class Questions(QObject):
    """Passes every answer to whoever asked, and to nobody once the question is dropped."""

    progressed = Signal(int, int, int)  # a question's number, done, total
    changed = Signal()  # one more is open, or one less
    problem = Signal(str, str, str)  # message, hint, details

    def __init__(self, engine: EnginePort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._open: dict[int, tuple[Callable[[Any], None], Callable[[], None]]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def ask(
        self,
        question: Question,
        answered: Callable[[Any], None],
        ended: Callable[[], None] = lambda: None,
    ) -> int:
        """Ask the engine; ``answered`` gets the answer, ``ended`` is called without one."""
        number = self._engine.ask(question)
        self._open[number] = answered, ended
        self.changed.emit()
        return number

    def drop(self, number: int) -> None:
        """Ask no more: ``ended`` is called, and an answer on its way is not passed on."""
        if number in self._open:
            _, ended = self._open[number]
            self._open[number] = (lambda _answer: None), (lambda: None)
            ended()
            self._engine.cancel(number)

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

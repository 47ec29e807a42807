"""The analysis that somebody watches: how far it is, and a way to stop it."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from dgn_explorer.gui.state.questions import Questions
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Survey


class StudyRun(QObject):
    """At most one at a time; a new one takes the place of the one before."""

    changed = Signal()

    def __init__(self, questions: Questions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._questions = questions
        self._number: int | None = None
        self.survey: Survey | None = None
        self.progress = (0, 0)  # done, of how many; the latter is 0 until something is
        questions.progressed.connect(self._progressed)

    def start(
        self,
        survey: Survey,
        answered: Callable[[Record], None],
        ended: Callable[[], None],
    ) -> None:
        """Compute ``survey``; one of both is called, unless another one is started before."""
        self.stop()

        def take(record: Record) -> None:
            self._forget()
            answered(record)

        def stopped() -> None:
            self._forget()
            ended()

        self.survey, self.progress = survey, (0, 0)
        self._number = self._questions.order(survey, take, stopped)
        self.changed.emit()

    def stop(self) -> None:
        """Stop it; what it was started for is told that it has ended."""
        if self._number is not None:
            self._questions.drop(self._number)

    def _forget(self) -> None:
        self._number, self.survey = None, None
        self.changed.emit()

    def _progressed(self, number: int, done: int, total: int) -> None:
        if number == self._number:
            self.progress = (done, total)
            self.changed.emit()

"""The analyses at work: the one that somebody watches, and long ones that go on behind it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from dgn_explorer.gui.state.questions import Questions
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Survey


@dataclass(frozen=True)
class Analysis:
    """One at work: ``done`` of ``total``, which is 0 until something is."""

    number: int
    survey: Survey
    done: int = 0
    total: int = 0


class StudyRun(QObject):
    """At most one is watched. A new one takes its place; a long one then goes on unwatched."""

    changed = Signal()
    over = Signal(object, bool)  # an Analysis that has ended, and whether with an answer
    long_ended = Signal(object)  # the Record of a long one

    def __init__(self, questions: Questions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._questions = questions
        self._runs: dict[int, Analysis] = {}
        self._watched: int | None = None
        questions.progressed.connect(self._progressed)

    @property
    def runs(self) -> tuple[Analysis, ...]:
        """All that are at work, in the order in which they were begun."""
        return tuple(self._runs.values())

    @property
    def survey(self) -> Survey | None:
        """The one that is watched."""
        run = self._runs.get(self._watched or 0)
        return None if run is None else run.survey

    @property
    def progress(self) -> tuple[int, int]:
        """How many steps of how many of it are done; of 0 until something is."""
        run = self._runs.get(self._watched or 0)
        return (0, 0) if run is None else (run.done, run.total)

    def start(
        self,
        survey: Survey,
        answered: Callable[[Record], None],
        ended: Callable[[], None],
    ) -> None:
        """Compute and watch ``survey``; one of both is called, unless another takes its place.

        One that goes on already is watched again.
        """
        before = self._runs.get(self._watched or 0)
        again = next((run.number for run in self._runs.values() if run.survey == survey), None)
        if before is not None and before.number != again and not before.survey.about.long:
            self._questions.drop(before.number)
        if again is not None:
            self._watched = again
            self.changed.emit()
            return

        def take(record: Record) -> None:
            self._forget(number, with_answer=True)
            answered(record)
            if survey.about.long:
                self.long_ended.emit(record)

        def stopped() -> None:
            self._forget(number, with_answer=False)
            ended()

        number = self._questions.order(survey, take, stopped)
        self._runs[number], self._watched = Analysis(number, survey), number
        self.changed.emit()

    def stop(self, number: int | None = None) -> None:
        """Stop the one that is watched, or another; what it was started for is told."""
        wanted = self._watched if number is None else number
        if wanted in self._runs:
            self._questions.drop(wanted)

    def _forget(self, number: int, with_answer: bool) -> None:
        run = self._runs.pop(number, None)
        if run is not None:
            self.over.emit(run, with_answer)
        if number == self._watched:
            self._watched = None
        self.changed.emit()

    def _progressed(self, number: int, done: int, total: int) -> None:
        run = self._runs.get(number)
        if run is not None:
            self._runs[number] = Analysis(number, run.survey, done, total)
            self.changed.emit()

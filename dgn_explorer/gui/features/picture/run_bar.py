"""How far the running ascent is, or how the picture on show came about."""

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from dgn_explorer.gui.look.parts import ElidedLabel, label
from dgn_explorer.gui.look.texts import time_text
from dgn_explorer.gui.look.theme import SMALL, TIGHT
from dgn_explorer.gui.state.jobs import JobState, SubmittedJob
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.recipe import Recipe

_WIDTH = 268


def time_note(result: Record) -> str:
    """How long it took."""
    return f"in {time_text(result.provenance.seconds)}"


class RunBar(QWidget):
    """Of one size whatever it shows, so that the picture above never jumps."""

    stop = Signal()
    watch = Signal()
    more = Signal()
    hold = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(_WIDTH)
        self._title = ElidedLabel("strong")
        self._note = label("", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the ascent")
        self._watch = self._button("Watch", "Watch the running ascent", self.watch)
        self._stop = self._button(" Stop", "Stop the ascent and keep the image", self.stop)
        self._hold = self._button("Pause", "Pause the ascent, or let it go on", self.hold)
        self._more = self._button(" More steps", "Go on from the image on show", self.more)
        row = QHBoxLayout()
        row.setSpacing(TIGHT)
        row.addWidget(self._note)
        row.addStretch()
        for button in (self._watch, self._hold, self._stop, self._more):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addStretch()
        column.addWidget(self._title)
        column.addWidget(self._bar)
        column.addLayout(row)
        column.addStretch()

    def _button(self, text: str, name: str, clicked: SignalInstance) -> QPushButton:
        button = QPushButton(text)  # a leading space keeps the text off the icon
        button.setAccessibleName(name)
        button.clicked.connect(clicked)
        return button

    def use_icons(self, stop: QAction, more: QAction) -> None:
        """Draw the buttons like their actions."""
        self._stop.setIcon(stop.icon())
        self._more.setIcon(more.icon())

    def show_job(self, job: SubmittedJob, on_show: bool, before: int = 0) -> None:
        """Show how far ``job`` is; ``on_show`` if it is the one in the picture.

        ``before`` is how many steps the runs did that it goes on from: they count as one.
        """
        held = job.state is JobState.PAUSED
        self._set_buttons(running=True, watch=not on_show, hold=on_show and not job.long)
        self._hold.setEnabled(held or job.state is JobState.RUNNING)
        self._hold.setText("Go on" if held else "Pause")
        self._stop.setEnabled(not job.ending)
        words = f"Step {before + job.step} of {before + job.steps}" if job.steps else "Waiting…"
        if job.state is JobState.STOPPING:
            words = "Stopping…"
        if job.state is JobState.HALTED:
            words = f"Stopped at step {before + job.step}"
        self._title.setText(words if on_show else f"{job.name}: {words[0].lower()}{words[1:]}")
        if held:
            words = words.replace("Step", "Paused at step", 1)
        ahead = job.steps and job.state is JobState.RUNNING
        self._note.setText(f"{time_text(job.seconds_left)} left" if ahead else "")
        self._bar.setRange(0, max(before + job.steps, 1))
        self._bar.setValue(before + job.step)

    def show_study(self, survey: Survey, progress: tuple[int, int]) -> None:
        """Show how far an analysis is."""
        self._set_buttons(running=True, watch=False)
        self._stop.setEnabled(True)
        done, total = progress
        words = f"{done} of {total}" if total else "working…"
        self._title.setText(f"{survey.about.asked.word}: {words}")
        self._note.setText("")
        self._bar.setRange(0, total)  # 0 of 0 moves to and fro
        self._bar.setValue(done)

    def show_result(self, result: Record | None, before: int = 0) -> None:
        """Show how the finished or stopped picture came about."""
        self._set_buttons(running=False, watch=False)
        if result is None or not result.steps:
            self._more.hide()
            self._title.setText("")
            self._note.setText("" if result is None else time_note(result))
            self._bar.setRange(0, 1)
            self._bar.setValue(0 if result is None else 1)
            return
        steps = before + result.steps
        wanted = getattr(result.order.parameters, "steps", result.steps)
        goal = steps if result.state == "done" else before + wanted
        self._more.setEnabled(_resumable(result))
        self._title.setText(f"{steps} steps" if steps == goal else f"{steps} of {goal} steps")
        self._note.setText(time_note(result))
        self._bar.setRange(0, max(goal, 1))
        self._bar.setValue(steps)

    def _set_buttons(self, running: bool, watch: bool, hold: bool = False) -> None:
        self._hold.setVisible(hold)
        self._stop.setVisible(running)
        self._watch.setVisible(watch)
        self._more.setVisible(not running)


def _resumable(result: Record) -> bool:
    return isinstance(result.order, Recipe) and result.order.about.resumable

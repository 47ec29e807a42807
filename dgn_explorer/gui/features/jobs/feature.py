"""The indicator of what is at work, and what it opens."""

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QPushButton

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.top_bar import TopItem, TopPlace
from dgn_explorer.gui.features.jobs.jobs_popover import JobsPopover
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.texts import time_text
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.watching import Watching

_SAY = "say_when_queue_ends"  # a preference
_ATTENTION_MS = 0  # until the window is looked at
_QUARTERS = "○◔◑◕●"
_WIDEST, _MARGINS_PX = "◔ 88 jobs", 36  # in bold, with its frame


class JobsButton(QPushButton):
    """How many are at work and how far the first one is; a click opens the list."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._activities = desk, desk.session.activities
        self.popover = JobsPopover(desk, self)
        self.setProperty("role", "top")
        self.setAccessibleName("Jobs")
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(_WIDEST) + _MARGINS_PX)
        self.clicked.connect(self.show_popover)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(100)  # a step of an ascent takes less
        self._later.timeout.connect(self._draw)
        self._activities.changed.connect(self._draw)
        self._activities.progressed.connect(self._draw_in_time)
        self._draw()

    def show_popover(self) -> None:
        """Open the list below the button, within the window."""
        place = self.mapToGlobal(QPoint(self.width(), self.height() + 4))
        self.popover.open_at(place)

    def _draw_in_time(self) -> None:
        if not self._later.isActive():
            self._later.start()

    def _draw(self) -> None:
        now = self._activities.now
        if not now:
            self.setText("Jobs")
            set_tip(self, "Nothing is at work; see what has ended")
            return
        first = now[0]
        share = first.done / first.total if first.total else 0.0
        word = "job" if len(now) == 1 else "jobs"
        self.setText(f"{_QUARTERS[min(4, int(4 * share))]} {len(now)} {word}")
        lines = [
            f"{one.what}: {one.state}"
            + (f", {time_text(one.seconds_left)} left" if one.seconds_left is not None else "")
            for one in now
        ]
        set_tip(self, "\n".join(lines))


def jobs_feature(desk: Desk) -> Feature:
    """One button in the bar at the top."""
    session = desk.session
    Watching(session, session.activities, desk.window)
    session.activities.read()
    session.activities.notice.connect(session.notice)

    def say(notice: Notice) -> None:
        if desk.preferences.get(_SAY, True):
            session.notice.emit(notice)
            QApplication.alert(desk.window, _ATTENTION_MS)

    session.long_ended.connect(say)
    button = JobsButton(desk)
    return Feature(
        name="jobs",
        actions=(
            Action("jobs", "View", 0, "Jobs", "See what is at work, and how what is over has ended",
                   button.show_popover, keys="Ctrl+Shift+J", icon="clock", place=5),
        ),
        top=(TopItem(TopPlace.JOBS, button),),
    )  # fmt: skip

"""What runs and what waits: one line a job, with total progress and a way to take it back."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import ElidedLabel, action_button, label, panel
from dgn_explorer.gui.look.pictures import to_pixmap
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.row_delegate import QuietRole, RowDelegate
from dgn_explorer.gui.look.texts import time_text
from dgn_explorer.gui.look.theme import MEDIUM, SMALL, TIGHT
from dgn_explorer.gui.state.jobs import JobState, SubmittedJob
from dgn_explorer.synthesis.start import FromResult

_NumberRole = Qt.ItemDataRole.UserRole + 1
_LONGEST = 500  # more lines than anyone reads; the total says the rest
_SHORT = 50  # jobs whose lines are made anew at once
_EVERY_MS = 100  # for more of them: a cleared layer would make 500 lines 1000 times
_SIGNS = {
    JobState.RUNNING: "▶",
    JobState.PAUSED: "‖",
    JobState.STOPPING: "◼",
    JobState.HALTED: "◼",
    JobState.QUEUED: "○",
    JobState.FAILED: "⚠",
}


class QueuePanel(QWidget):
    """The running job first, then the queue, then what failed and why."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session, theme, table = desk.session, desk.theme, desk.table
        self._session = session
        self._rows: dict[int, int] = {}  # a job's number to its line
        self.list = QListWidget()
        self.list.setAccessibleName("Queue")
        self.list.setUniformItemSizes(True)
        self.list.setItemDelegate(RowDelegate(theme, picture=self._picture, parent=self.list))
        self.list.itemSelectionChanged.connect(self._enable)
        self.list.itemActivated.connect(self._details)
        self._total = ElidedLabel("section")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        # It gives way before a word on a button is cut.
        self._bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._bar.setAccessibleName("Progress of the queue")
        self._remove = QPushButton("Remove")
        self._remove.setAccessibleName("Remove the selected job from the queue")
        self._remove.clicked.connect(self._remove_selected)
        self._first = QPushButton("To front")
        self._first.setAccessibleName("Put the selected job in front of the others")
        self._first.clicked.connect(self._put_first)
        self._pause = action_button(table["pause_queue"], "Pause")
        self._clear = action_button(table["clear_queue"], "Clear")
        empty = label(
            "Nothing is queued. Select units at the left and choose Run, Compute selected units.",
            "muted",
            wrap=True,
        )
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._pages.addWidget(empty)
        self._pages.addWidget(self.list)
        self._top = QWidget()
        top = QHBoxLayout(self._top)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(TIGHT)
        top.addWidget(self._total)
        top.addWidget(self._bar, 2)
        top.addWidget(self._pause)
        top.addWidget(self._first)
        top.addWidget(self._remove)
        top.addWidget(self._clear)
        body, column = panel(margin=0, spacing=TIGHT)
        column.setContentsMargins(MEDIUM, SMALL, MEDIUM, TIGHT)
        column.addWidget(self._top)
        column.addWidget(self._pages, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_EVERY_MS)
        self._later.timeout.connect(self._rebuild)
        session.jobs.structure_changed.connect(self._rebuild_in_time)
        session.jobs.changed.connect(self._refresh)
        session.library.thumbnail_ready.connect(self._repaint)
        self._rebuild()

    def _rebuild_in_time(self) -> None:
        if len(self._session.jobs) <= _SHORT:
            self._rebuild()
        elif not self._later.isActive():
            self._later.start()

    def _rebuild(self) -> None:
        self._later.stop()
        jobs = list(self._session.jobs)
        order = list(_SIGNS)
        jobs.sort(key=lambda job: order.index(job.state))
        self.list.clear()
        self._rows = {job.number: row for row, job in enumerate(jobs[:_LONGEST])}
        for job in jobs[:_LONGEST]:
            item = QListWidgetItem(plain(f"{_SIGNS[job.state]}   {job.name}"))
            item.setData(QuietRole, _quiet(job))
            item.setData(_NumberRole, job.number)
            set_tip(item, f"{job.message} {job.hint}".strip() or f"{job.name}: {_quiet(job)}")
            self.list.addItem(item)
        self._pages.setCurrentIndex(1 if jobs else 0)
        self._top.setVisible(bool(jobs))
        total, done = self._session.jobs.batch_total, self._session.jobs.batch_done
        self._bar.setVisible(self._session.jobs.batch_left > 0)
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
        left = self._session.jobs.batch_left
        words = f"{len(jobs):,} JOB" + ("" if len(jobs) == 1 else "S")
        if left:
            words = f"{done:,} OF {total:,} DONE"
            seconds = self._session.jobs.seconds_left
            if self._session.runs.paused:
                words += " · PAUSED"
            elif seconds is not None:
                words += f" · {time_text(seconds).upper()} LEFT"
        self._total.setText(words)
        self._pause.setVisible(left > 0 or self._session.runs.paused)
        self._pause.setText("Go on" if self._session.runs.paused else "Pause")
        self._enable()

    def _picture(self, index: QModelIndex | QPersistentModelIndex) -> QPixmap | None:
        """The newest picture of a job, else what it starts from, else its unit's last result."""
        job = self._session.jobs.get(index.data(_NumberRole))
        if job is None:
            return None
        frame = self._session.runs.frame_of(job.number)
        if frame is not None:
            return to_pixmap(frame.image)
        library, recipe = self._session.library, job.recipe
        if isinstance(recipe.start, FromResult):
            key = recipe.start.key
        else:
            unit = job.unit
            found = library.newest(recipe.network_fingerprint, unit) if unit is not None else None
            key = found.key if found is not None and len(recipe.target.terms) == 1 else ""
        return library.thumbnail(key, self.devicePixelRatioF()) if key else None

    def _repaint(self) -> None:
        self.list.viewport().update()

    def _refresh(self, number: int) -> None:
        job = self._session.jobs.get(number)
        row = self._rows.get(number)
        if job is not None and row is not None:
            item = self.list.item(row)
            item.setText(plain(f"{_SIGNS[job.state]}   {job.name}"))
            item.setData(QuietRole, _quiet(job))

    def _enable(self) -> None:
        chosen = [self._session.jobs.get(i.data(_NumberRole)) for i in self.list.selectedItems()]
        self._remove.setEnabled(bool(chosen))
        waiting = [job for job in chosen if job is not None and job.state is JobState.QUEUED]
        self._first.setEnabled(len(waiting) == 1 and waiting[0].batch)

    def _put_first(self) -> None:
        for item in self.list.selectedItems():
            self._session.runs.first(item.data(_NumberRole))
            return

    def _remove_selected(self) -> None:
        for item in self.list.selectedItems():
            self._session.runs.cancel(item.data(_NumberRole))

    def _details(self, item: QListWidgetItem) -> None:
        job = self._session.jobs.get(item.data(_NumberRole))
        if job is not None and job.state is JobState.FAILED:
            self._session.problem.emit(job.message, job.hint, job.details)


def _quiet(job: SubmittedJob) -> str:
    what = job.message if job.state is JobState.FAILED else job.progress_text
    return plain(f"{job.unit}  ·  {what}" if job.label else what)

"""Says what became of jobs that are not on show."""

from PySide6.QtCore import QObject

from dgn_explorer.engine.messages import Failed, Finished, Lane
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.jobs import Job
from dgn_explorer.gui.state.session import Session


class JobNotices(QObject):
    """A notice for every failure, and for an interactive job that ended while another is shown."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        session.runs.finished.connect(self._finished)
        session.runs.failed.connect(self._failed)

    def _finished(self, event: Finished, job: Job | None) -> None:
        session, result = self._session, event.result
        if session.display.result is result or job is None or job.lane is not Lane.INTERACTIVE:
            return
        if result.state == "done":
            text = f"{job.name} is finished."
            show = Notice(text, Level.INFO, "Show", lambda: session.show_result(result.key))
            session.notice.emit(show)

    def _failed(self, event: Failed, job: Job | None) -> None:
        session, what = self._session, (event.message, event.hint, event.details)
        name = f"{job.name}: " if job is not None else ""
        text = f"{name}{event.message} {event.hint}"
        details = Notice(text, Level.ERROR, "Details", lambda: session.problem.emit(*what))
        session.notice.emit(details)

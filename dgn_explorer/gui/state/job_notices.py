"""Says what became of jobs that are not on show."""

from PySide6.QtCore import QObject

from dgn_explorer.gui.state.display import Ended, Level, Notice
from dgn_explorer.gui.state.session import Session


class JobNotices(QObject):
    """A notice for every failure, and for an interactive job that ended while another is shown."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        session.runs.finished.connect(self._finished)
        session.runs.failed.connect(self._failed)

    def _finished(self, end: Ended) -> None:
        session, result = self._session, end.result
        if result is None or session.display.result is result or end.batch is not False:
            return
        if result.state == "done":
            text = f"{end.name} is finished."
            show = Notice(text, Level.INFO, "Show", lambda: session.show_result(result.key))
            session.notice.emit(show)

    def _failed(self, end: Ended) -> None:
        session, what = self._session, (end.message, end.hint, end.details)
        name = f"{end.name}: " if end.name else ""
        text = f"{name}{end.message} {end.hint}"
        details = Notice(text, Level.ERROR, "Details", lambda: session.problem.emit(*what))
        session.notice.emit(details)

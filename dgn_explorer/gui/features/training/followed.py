"""The watched training run among what is at work."""

from PySide6.QtCore import QObject

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.training.training_run import Training
from dgn_explorer.gui.state.activities import Activity
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.results.job_history import DONE, FAILED, STOPPED
from dgn_explorer.training.running.folder import DONE as TRAINED
from dgn_explorer.training.running.folder import PREPARING

_KEY = "training"
_STEPS = 1000  # of a share


class FollowedRun(QObject):
    """A child of the window."""

    def __init__(self, run: Training, desk: Desk) -> None:
        super().__init__(desk.window)
        self._run, self._desk = run, desk
        self._told = True  # how the run that is watched has ended, or it has not begun
        run.changed.connect(self._follow)

    def _follow(self) -> None:
        view, to = self._run.view, self._desk.session.activities
        status = view.status if view is not None else None
        if view is None or status is None:
            return
        name = f"Training {view.folder.name}"
        if view.under_way:
            self._told = False
            preparing = status.state == PREPARING
            what = f"{status.what}: {status.done:,} of {status.total:,}" if preparing else ""
            to.put(
                Activity(
                    _KEY,
                    name,
                    what or f"step {status.step:,}",
                    round(_STEPS * status.share),
                    _STEPS,
                    None if preparing else status.left_s,
                    stop=self._stop,
                    show=self._show,
                )
            )
            return
        to.drop(_KEY)
        if not self._told:
            self._told = True
            outcome = {TRAINED: DONE, "stopped": STOPPED}.get(status.state, FAILED)
            message = status.message if outcome == FAILED else ""
            hint = "Go on from its last checkpoint with Run, Go on training." if message else ""
            to.ended(name, outcome, 0.0, "", message, hint)

    def _stop(self) -> None:
        try:
            self._run.stop()
        except DgnError as error:
            self._desk.session.problem.emit(error.message, error.hint, "")

    def _show(self) -> None:
        self._desk.book.show_page(PageName.PRIOR, "training")

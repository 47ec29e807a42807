"""Pictures made by a cluster: a thread waits for them, and they are taken up as they come back.

The thread touches nothing of Qt but a signal. What has come back is in the store, so a run that was
stopped, or whose window was closed, goes on by being asked for again.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from traceback import format_exception

from PySide6.QtCore import QObject, Qt, Signal

from dgn_explorer.cluster.atlas import Said, Stored, Unmade
from dgn_explorer.cluster.opening import Listed, make_atlas
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.state.activities import Activity, Do
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.job_history import DONE, FAILED, STOPPED
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.question import Subject
from dgn_explorer.synthesis.recipe import Recipe

_KEY = "cluster"
_CLOSE_S = 5.0  # a scheduler that hangs does not keep the window


@dataclass(frozen=True)
class _Came:
    """A picture that is in the store, with its line for lists if it is new."""

    event: Stored
    summary: Summary | None


@dataclass(frozen=True)
class _Over:
    """The thread has ended; ``message`` says why it could not go on."""

    message: str = ""
    hint: str = ""
    details: str = ""


class ClusterRun(QObject):
    """At most one run on a cluster at a time; a child of the window."""

    changed = Signal()  # one has begun or ended
    _sent = Signal(object)

    def __init__(self, session: Session, show: Do, parent: QObject) -> None:
        """``show`` brings what is made into sight."""
        super().__init__(parent)
        self._session, self._show = session, show
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._what, self._total, self._began = "", 0, 0.0
        self._made = self._cached = self._failed = 0
        self._workers: set[str] = set()
        self._why: Unmade | None = None
        self._sent.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def under_way(self) -> bool:
        """Whether a cluster is at work for this window."""
        return self._thread is not None

    def start(self, units: Sequence[UnitAddress], scheduler: str) -> None:
        """Have the pictures of ``units`` made by the settings' recipe, as the queue would."""
        session = self._session
        network, prior = session.network, session.prior
        if network is None or prior is None or self.under_way or not session.may_change():
            return
        settings = session.settings.of(Subject.UNIT)
        try:
            recipes = [settings.recipe(one, network, prior, session.numeric) for one in units]
        except DgnError as error:
            session.problem.emit(error.message, error.hint, "")
            return
        self._what = f"{len(units):,} units of {units[0].layer} on {scheduler}"
        self._total, self._began = len(recipes), time.monotonic()
        self._made = self._cached = self._failed = 0
        self._why = None
        self._workers.clear()
        self._stop.clear()
        self._thread = threading.Thread(
            target=self._work,
            args=(tuple(recipes), session.pair[1], scheduler),
            name="dgn-cluster",
            daemon=True,
        )
        self._thread.start()
        self._tell(f"asking {scheduler}")
        self.changed.emit()

    def stop(self) -> None:
        """Take back what is out there; what has come back stays."""
        self._stop.set()
        if self.under_way:
            self._tell("taking back what is not made")

    def close(self) -> None:
        """Stop, and wait a little."""
        self.stop()
        if self._thread is not None:
            self._thread.join(_CLOSE_S)

    def _work(self, recipes: tuple[Recipe, ...], prior: str, scheduler: str) -> None:
        store = self._session.library.store
        try:
            for event in make_atlas(
                Listed(recipes), store, prior, scheduler=scheduler, stop=self._stop.is_set
            ):
                if isinstance(event, Stored):
                    summary = None if event.cached else store.summary(event.key)
                    self._sent.emit(_Came(event, summary))
                else:
                    self._sent.emit(event)
            self._sent.emit(_Over())
        except DgnError as error:
            self._sent.emit(_Over(error.message, error.hint))
        except Exception as error:
            message = f"The cluster's work failed: {type(error).__name__}: {error}."
            hint = "What has come back is stored. Copy the details into a report."
            self._sent.emit(_Over(message, hint, "".join(format_exception(error))))

    def _take(self, told: object) -> None:
        if isinstance(told, _Came):
            self._made, self._cached = (
                self._made + (not told.event.cached),
                self._cached + told.event.cached,
            )
            if told.event.worker:
                self._workers.add(told.event.worker)
            if told.summary is not None:
                self._session.library.add(told.summary)
        elif isinstance(told, Unmade):
            self._failed += 1
            self._why = self._why or told
        elif isinstance(told, Said):
            self._session.notice.emit(Notice(told.text, Level.WARNING))
        elif isinstance(told, _Over):
            self._over(told)
            return
        count = len(self._workers)
        at = f", {count} worker{'' if count == 1 else 's'}" if count else ""
        self._tell(f"{self._made + self._cached:,} of {self._total:,} are there{at}")

    def _tell(self, state: str) -> None:
        done = self._made + self._cached + self._failed
        rate = self._made / (time.monotonic() - self._began) if self._made else 0.0
        self._session.activities.put(
            Activity(
                _KEY,
                self._what,
                state,
                done,
                self._total,
                (self._total - done) / rate if rate else None,
                stop=self.stop,
                show=self._show,
            )
        )

    def _over(self, over: _Over) -> None:
        session, seconds = self._session, time.monotonic() - self._began
        if self._thread is not None:
            self._thread.join(_CLOSE_S)
        self._thread = None
        session.activities.drop(_KEY)
        left = self._total - self._made - self._cached - self._failed
        message, hint = over.message, over.hint
        if not message and self._why is not None:
            message = f"{self._failed:,} of {self._total:,} pictures could not be made: " + (
                self._why.message
            )
            hint = self._why.hint
        outcome = FAILED if message else STOPPED if left else DONE
        came = f"{self._made:,} made, {left:,} left" if left else f"{self._made:,} made"
        session.activities.ended(self._what, outcome, seconds, "", message or came, hint)
        if message:
            session.problem.emit(message, hint, over.details)
        else:
            session.notice.emit(Notice(f"{self._what}: {came}."))
        self.changed.emit()

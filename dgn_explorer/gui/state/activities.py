"""Everything that is at work, and how what is over has ended: one list of whatever kind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.paths import data_folder
from dgn_explorer.results.job_history import Past, add_history, clear_history, read_history

Do = Callable[[], object]


@dataclass(frozen=True)
class Activity:
    """One thing at work: ``done`` of ``total`` steps, 0 of 0 before it is known.

    ``seconds_left`` is None where nobody knows. What cannot be done with it is None: ``stop``,
    ``pause`` (and going on again, where it is ``paused``), ``show``.
    """

    key: str
    what: str
    state: str = ""
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    paused: bool = False
    stop: Do | None = None
    pause: Do | None = None
    show: Do | None = None


class Activities(QObject):
    """What is at work by key, and what is over, the newest first.

    Whoever runs something calls `put` whenever it has come further, and `drop` when it is over;
    `ended` notes how.
    """

    changed = Signal()  # one more or less is at work
    progressed = Signal(str)  # the key of one that has come further
    past_changed = Signal()
    notice = Signal(object)  # Notice

    def __init__(self, flows: Flows, read_only: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._flows, self._read_only = flows, read_only
        self._path: Path = data_folder() / "history" / "jobs.json"
        self._now: dict[str, Activity] = {}
        self.past: tuple[Past, ...] = ()

    @property
    def now(self) -> tuple[Activity, ...]:
        """What is at work, in the order in which it began."""
        return tuple(self._now.values())

    def get(self, key: str) -> Activity | None:
        """What is at work under this key."""
        return self._now.get(key)

    def put(self, activity: Activity) -> None:
        """Begin, or say how far it is."""
        new = activity.key not in self._now
        self._now[activity.key] = activity
        if new:
            self.changed.emit()
        else:
            self.progressed.emit(activity.key)

    def drop(self, key: str) -> None:
        """It is over."""
        if self._now.pop(key, None) is not None:
            self.changed.emit()

    def ended(
        self,
        what: str,
        outcome: str,
        seconds: float = 0.0,
        key: str = "",
        message: str = "",
        hint: str = "",
    ) -> None:
        """Note how something has ended; see `Past`."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        one = Past(what, outcome, at, seconds, key, message, hint)
        self.past = (one, *self.past)
        self.past_changed.emit()
        if not self._read_only:
            self._flows.start(self._write(one))

    def read(self) -> None:
        """Take over what earlier windows have noted."""
        self._flows.start(self._read())

    def forget(self) -> None:
        """Forget what is over."""
        self.past = ()
        self.past_changed.emit()
        if not self._read_only:
            self._flows.start(self._clear())

    async def _read(self) -> None:
        try:
            self.past = await self._flows.on_disk(read_history, self._path)
        except DgnError as error:
            self.notice.emit(Notice(str(error), Level.WARNING))
        self.past_changed.emit()

    async def _write(self, one: Past) -> None:
        try:
            self.past = await self._flows.on_disk(add_history, self._path, [one])
        except DgnError as error:
            self.notice.emit(Notice(str(error), Level.WARNING))
        self.past_changed.emit()

    async def _clear(self) -> None:
        try:
            await self._flows.on_disk(clear_history, self._path)
        except DgnError as error:
            self.notice.emit(Notice(str(error), Level.WARNING))

"""Keeps the batch queue on the disk while it runs, and offers what a last session left."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.jobs import JobState
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.paths import data_folder
from dgn_explorer.results.unfinished import read_queue, write_queue
from dgn_explorer.synthesis.recipe import Recipe

_SAVE_MS = 1000


class Unfinished(QObject):
    """`left` holds the recipes that nobody has resumed or dismissed yet."""

    changed = Signal()

    def __init__(self, session: Session, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows
        self._path = data_folder() / "queue.json"
        self.left: tuple[Recipe, ...] = ()
        self._written: tuple[Recipe, ...] | None = None
        self._read = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SAVE_MS)
        self._timer.timeout.connect(self.save)
        session.jobs.structure_changed.connect(self._structure_changed)
        session.opened.connect(self._opened)

    @property
    def resumable(self) -> list[Recipe]:
        """What can go on with the network that is open, and is not finished after all."""
        network, library = self._session.network, self._session.library
        if network is None:
            return []
        stored = ((recipe, library.get(recipe.key)) for recipe in self.left)
        return [
            recipe
            for recipe, found in stored
            if recipe.network_fingerprint == network.fingerprint
            and (found is None or found.state != "done")
        ]

    @property
    def can_resume(self) -> bool:
        """Whether there is any; quick while nothing is left, as it is asked at every change."""
        return bool(self.left) and bool(self.resumable)

    def resume(self) -> None:
        """Queue what was left."""
        recipes = self.resumable
        taken = {recipe.key for recipe in recipes}
        self.left = tuple(recipe for recipe in self.left if recipe.key not in taken)
        self._session.runs.compute(recipes)
        self.changed.emit()

    def save(self) -> None:
        """Write the queue as it is now."""
        self._timer.stop()
        wanted = (*self.left, *self._waiting())
        if self._read and not self._session.read_only and wanted != self._written:
            self._written = wanted
            self._flows.start(self._write(wanted))

    def _waiting(self) -> list[Recipe]:
        return [
            job.recipe
            for job in self._session.jobs
            if job.batch and job.state is not JobState.FAILED
        ]

    def _structure_changed(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _opened(self, network: NetworkInfo) -> None:
        if self._session.read_only:
            return  # the queue is the first window's
        if not self._read:
            self._flows.start(self._load())
        else:
            self._offer()

    async def _load(self) -> None:
        try:
            orders = await self._flows.on_disk(read_queue, self._path)
            self.left = tuple(order for order in orders if isinstance(order, Recipe))
        except DgnError as error:
            self._session.notice.emit(Notice(str(error), Level.WARNING))
        self._read = True
        self._offer()

    def _offer(self) -> None:
        count = len(self.resumable)
        self.changed.emit()
        if count:
            resume: Callable[[], None] = self.resume
            text = f"{count:,} units of the last session are not finished."
            self._session.notice.emit(Notice(text, Level.WARNING, "Resume", resume))

    async def _write(self, recipes: tuple[Recipe, ...]) -> None:
        try:
            await self._flows.on_disk(write_queue, self._path, recipes)
        except DgnError as error:
            self._session.notice.emit(Notice(str(error), Level.WARNING))

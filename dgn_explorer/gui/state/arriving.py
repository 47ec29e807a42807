"""What the engine's events do to what is open, listed and on show; `Session` asks for them."""

from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from dgn_explorer.engine.messages import Event, Finished, Opened, OpenFailed, Ready
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.answering.on_show import OnShow
from dgn_explorer.gui.state.answering.step_size import StepSizeFinder
from dgn_explorer.gui.state.display import Display, Level, Notice, Showing
from dgn_explorer.gui.state.labels import Labels
from dgn_explorer.gui.state.library import Library
from dgn_explorer.gui.state.networks.opening import Following, Opening
from dgn_explorer.gui.state.pictures.examples import Examples
from dgn_explorer.gui.state.questions import Questions
from dgn_explorer.gui.state.runs import Runs
from dgn_explorer.gui.state.usual import Usual


class Arriving(QObject):
    """Gives each event to the part that it is about, and says what is to follow an opening.

    ``step_size`` is None for a window that only looks.
    """

    device_known = Signal(str)
    left = Signal()  # another network is there: nothing of the one before is chosen any more
    opened = Signal(object, object)  # NetworkInfo, PriorInfo
    again = Signal(object)  # the UnitAddress that was chosen in a network before it was read again
    result_wanted = Signal(str)  # the key of what the network was opened for
    unit_wanted = Signal(str)  # the unit that it was opened for, as it was typed
    notice = Signal(object)  # Notice
    problem = Signal(str, str, str)  # message, hint, details

    def __init__(
        self,
        opening: Opening,
        shown: OnShow,
        runs: Runs,
        questions: Questions,
        library: Library,
        followers: tuple[Labels, Usual, Examples],
        step_size: StepSizeFinder | None,
        flows: Flows,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._opening, self._shown, self._runs = opening, shown, runs
        self._questions, self._library, self._followers = questions, library, followers
        self._step_size, self._flows = step_size, flows

    def handle(self, event: Event) -> None:
        """Take one event of the engine, on the window's thread."""
        self._take_study(event)
        if self._questions.take(event) or self._runs.take(event):
            return
        match event:
            case Ready():
                self.device_known.emit(event.device)
                if event.notice:
                    self.notice.emit(Notice(event.notice, Level.WARNING))
            case Opened():
                self._opened(event)
            case OpenFailed():
                self._open_failed(event)

    def _take_study(self, event: Event) -> None:
        """List an analysis that has just been stored; pictures are taken up by `Runs`."""
        summary = event.summary if isinstance(event, Finished) else None
        if summary is not None and summary.kind != "images":
            self._library.add(summary)

    def _opened(self, event: Opened) -> None:
        following = self._opening.take(event)
        self.left.emit()
        if self._shown.display.showing is Showing.LOADING:
            self._shown.show(Display(Showing.NOTHING))
        labels, usual, examples = self._followers
        labels.follow(event.network)
        usual.follow(event.network)
        examples.follow(event.network, event.prior)
        self.opened.emit(event.network, event.prior)
        if following.before is not None:
            self._reloaded(event, following)
        for notice in event.network.notices:
            self.notice.emit(Notice(notice, Level.WARNING))
        if following.key:
            self.result_wanted.emit(following.key)
        self._flows.start(self._begin(event, following.unit))

    def _reloaded(self, event: Opened, following: Following) -> None:
        """Say whether a file has changed, and go to the unit as before."""
        assert following.before is not None
        old, unit = following.before
        same = old.fingerprint == event.network.fingerprint
        what = "has not changed" if same else "has changed: it counts as another network"
        self.notice.emit(Notice(f"{event.network.title} has been read again and {what}."))
        with suppress(DgnError):  # it may lack this unit now
            if unit is not None:
                self.again.emit(event.network.resolve(str(unit)))

    async def _begin(self, event: Opened, wanted: str) -> None:
        if self._step_size is not None:
            await self._step_size.learn(event.network, event.prior)
        opening = self._opening
        if wanted and (opening.network, opening.prior) == (event.network, event.prior):
            self.unit_wanted.emit(wanted)  # else yet another one has been opened

    def _open_failed(self, event: OpenFailed) -> None:
        if not self._opening.refused(event) and self._opening.network is None:
            self._shown.show(Display(Showing.FAILED, message=event.message, hint=event.hint))
        self.problem.emit(event.message, event.hint, event.details)

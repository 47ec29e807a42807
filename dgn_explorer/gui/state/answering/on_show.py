"""What is on show, and what becomes of it when a job goes on, ends or fails.

`Session` asks and runs; this follows. Of several things that somebody asks to see, the newest one
counts: each is a *wish* with a number, and what belongs to an older one is dropped when it comes.
"""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Display, Ended, Forming, Level, Notice, Showing
from dgn_explorer.gui.state.jobs import SubmittedJob
from dgn_explorer.gui.state.labels import Labels
from dgn_explorer.gui.state.library import Library
from dgn_explorer.gui.state.runs import Runs
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Order, Survey


class OnShow(QObject):
    """One `Display` at a time; ``is_foreign`` says whether an order is of a network not open."""

    changed = Signal()
    frame = Signal(object)  # the newest Forming of the job on show
    met = Signal(object)  # the Order of a stored or running job that comes on show
    foreign = Signal(object)  # a Record on show, whose network is not open
    notice = Signal(object)  # Notice

    def __init__(
        self,
        runs: Runs,
        library: Library,
        labels: Labels,
        flows: Flows,
        is_foreign: Callable[[Order], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runs, self._library, self._labels = runs, library, labels
        self._flows, self._is_foreign = flows, is_foreign
        self.display = Display(Showing.LOADING)
        self.wanted = False  # somebody has asked to see something since the start
        self._wish = 0
        runs.frame.connect(self._take_frame)
        runs.halted.connect(self._halted)
        runs.replaced.connect(self._replaced)
        runs.finished.connect(self._finished)
        runs.failed.connect(self._failed)
        runs.cancelled.connect(self._cancelled)

    def show(self, display: Display) -> None:
        """Show it."""
        self.display = display
        self.changed.emit()

    # ---- wishes

    def wish(self) -> int:
        """The number of a new wish."""
        self._wish += 1
        return self._wish

    def still_wanted(self, wish: int) -> bool:
        """Whether nothing else has been asked for since."""
        return wish == self._wish

    def show_nothing(self) -> None:
        """Clear the canvas."""
        self.wish()
        self.show(Display(Showing.NOTHING))

    def show_example(self, example: Record) -> None:
        """Show a picture that came with the program."""
        self.wish()
        self.show(Display.of_example(example))

    def show_job(self, job: SubmittedJob, aside: bool = False) -> None:
        """Show a running job."""
        self.wish()
        recipe, number = job.recipe, job.number
        self._show_of(recipe, Display(Showing.LIVE, recipe, job.label, number, aside=aside))
        frame = self._runs.frame_of(job.number)
        if frame is not None:
            self.frame.emit(frame)

    def show_stored(self, key: str, aside: bool = False) -> None:
        """Show a result of the store."""
        self.wanted = self.wanted or not aside
        self._flows.start(self._show_stored(key, self.wish(), aside))

    def restore(self, key: str) -> None:
        """Show a result of the last session, if it is there and of the open network."""
        self._flows.start(self._restore(key, self.wish()))

    def show_found(self, found: Record, aside: bool = False) -> None:
        """Show what has been read."""
        self._library.restore([found.key])
        order, shown = found.order, Showing.RESULT
        display = Display(shown, order, found.label, None, found, cached=True, aside=aside)
        self._show_of(order, display)

    def _show_of(self, order: Order, display: Display) -> None:
        """Show it, and make its unit the chosen one.

        It is there before its unit is chosen: who follows the choice would else look for the unit's
        newest picture, and put that in its place.
        """
        self.display = display
        self.met.emit(order)
        self.changed.emit()

    async def _show_stored(self, key: str, wish: int, aside: bool) -> None:
        found = await self._library.load(key)
        if found is None:
            self._library.refresh()
            self.notice.emit(Notice("This result is no longer on the disk.", Level.WARNING))
        elif self.still_wanted(wish):
            foreign = not aside and self._is_foreign(found.order)
            self.show_found(found, aside or foreign)
            if foreign:
                self.foreign.emit(found)

    async def _restore(self, key: str, wish: int) -> None:
        found = await self._library.load(key)
        if found is not None and self.still_wanted(wish) and not self._is_foreign(found.order):
            self.show_found(found, aside=True)

    # ---- what becomes of it

    def studied(self, made: Record) -> None:
        """An analysis is there."""
        self._labels.take(made)
        if self.display.order == made.order:
            self.show(Display(Showing.RESULT, made.order, made.label, None, made))

    def not_studied(self, survey: Survey) -> None:
        """Nothing came of an analysis."""
        if self.display.order == survey:
            self.show(Display(Showing.NOTHING))

    def _take_frame(self, frame: Forming) -> None:
        if frame.job == self.display.job:
            self.frame.emit(frame)

    def _halted(self, last: Forming) -> None:
        """Its image stands still; what it is worth is not known yet."""
        if last.job == self.display.job:
            self.show(replace(self.display, halted=last.step, aside=True))
            self.frame.emit(last)

    def _finished(self, end: Ended) -> None:
        made = end.result
        if self.display.job == end.number and made is not None:
            self.show(
                Display(Showing.RESULT, made.recipe, made.label, None, made, end.cached)
            )  # fmt: skip

    def _replaced(self, old: SubmittedJob, new: SubmittedJob, between: Record | None) -> None:
        if self.display.job == old.number:
            self.show(Display(Showing.LIVE, new.recipe, new.label, new.number, between))

    def _failed(self, end: Ended) -> None:
        shown = self.display
        if shown.job == end.number and end.recipe is not None:
            message, hint = end.message, end.hint
            self.show(Display(Showing.FAILED, end.recipe, shown.label, message=message, hint=hint))

    def _cancelled(self, number: int) -> None:
        if self.display.job == number:
            self.show(Display(Showing.NOTHING))

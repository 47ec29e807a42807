"""The flows of the window without its widgets: open, visualise, stop, continue, batch.

Widgets call the methods and follow the signals; the engine's events come in through `handle`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from dgn_explorer.engine.messages import (
    Answered,
    Cancelled,
    Event,
    Failed,
    Finished,
    Frame,
    Lane,
    Opened,
    OpenFailed,
    Question,
    Ready,
    Started,
)
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.display import Display, Level, Notice, Showing
from dgn_explorer.gui.jobs import Job, JobList, JobState
from dgn_explorer.gui.library import Library
from dgn_explorer.gui.loop import Flows
from dgn_explorer.gui.ports import EnginePort
from dgn_explorer.gui.run_settings import SettingsModel
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import FLOAT32, PriorInfo
from dgn_explorer.results.result import Result
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.combination import label_of
from dgn_explorer.synthesis.recipe import Recipe

FRAME_MS = 33  # 30 frames a second
_SUBMIT_AT_ONCE = 100


class Session(QObject):
    """One open network with one prior, what runs, and what is on show."""

    device_known = Signal(str)
    opened = Signal(object, object)  # NetworkInfo, PriorInfo
    selected = Signal(object)  # UnitAddress
    display_changed = Signal()
    frame = Signal(object)  # the newest Frame of the job on show
    live_changed = Signal()  # which interactive job runs, and whether it is being stopped
    progressed = Signal()  # the interactive job is at another step
    job_ended = Signal(object, object)  # its Recipe, and its Result or None
    answer_progressed = Signal(int, int, int)  # a question's number, done, total
    notice = Signal(object)  # Notice
    problem = Signal(str, str, str)  # message, hint, details

    def __init__(
        self, engine: EnginePort, store: Store, flows: Flows, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._engine, self._store, self._flows = engine, store, flows
        self.undo = QUndoStack(self)
        self.settings = SettingsModel(self.undo, self)
        self.jobs = JobList(self)
        self.library = Library(store, flows, self)
        self.network: NetworkInfo | None = None
        self.prior: PriorInfo | None = None
        self.numeric = FLOAT32
        self.asked = ("", "")
        self.unit: UnitAddress | None = None
        self.display = Display(Showing.LOADING)
        self.live: int | None = None
        self.paused = False
        self.last_frame: Frame | None = None
        self._wish = 0  # the newest thing the user asked to see; older answers are dropped
        self._wanted_first = ""
        self._questions: dict[int, tuple[Callable[[Any], None], Callable[[], None]]] = {}
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.timeout.connect(self._take_frame)
        self._handlers: dict[type, Callable[..., None]] = {
            Ready: self._ready,
            Opened: self._opened,
            OpenFailed: self._open_failed,
            Started: self._started,
            Finished: self._finished,
            Failed: self._failed,
            Cancelled: self._cancelled,
            Answered: self._answered,
        }

    # ---- open and select

    def open(self, network: str, prior: str, unit: str = "") -> None:
        """Start the engine and ask for a network and a prior; then visualise ``unit``."""
        self._wanted_first = unit
        self._engine.start()
        self.reopen(network, prior)
        self.library.refresh()

    def reopen(self, network: str, prior: str) -> None:
        """Ask for another network or prior; the ones that are open stay until it is there."""
        self.asked = (network, prior)
        if self.paused:  # what is held would keep the engine from opening
            self.pause_batch(False)
        self._engine.open(network, prior)

    def resolve(self, text: str) -> UnitAddress:
        """Read what the user typed; raises `DgnError`."""
        if self.network is None:
            raise DgnError("No network is open yet.", "Wait until the layers appear at the left.")
        return self.network.resolve(text)

    def select(self, unit: UnitAddress) -> None:
        """Make ``unit`` the one that the buttons act on."""
        if unit != self.unit:
            self.unit = unit
            self.selected.emit(unit)

    # ---- run

    def visualise(self, unit: UnitAddress) -> None:
        """Show the image that ``unit`` wants to see: from the store, or by a new ascent."""
        if self.network is None or self.prior is None:
            return
        self.select(unit)
        if not self.settings.value.locked:
            self.settings.new_seed()
        self.run(self.settings.value.recipe(unit, self.network, self.prior, self.numeric))

    def run(self, recipe: Recipe) -> None:
        """Show what comes of ``recipe``."""
        self._wish += 1
        running = self.jobs.get(self.live)
        if running is not None and running.recipe.key == recipe.key:
            self.watch()
            return
        self._flows.start(self._run(recipe, self._wish))

    def stop(self) -> None:
        """Stop the interactive job; what is done so far is kept."""
        job = self.jobs.get(self.live)
        if job is not None and job.state is not JobState.STOPPING:
            self._engine.cancel(job.number)
            self.jobs.update(job.number, state=JobState.STOPPING)
            self.live_changed.emit()

    def more_steps(self) -> None:
        """Continue from the code of the result on show."""
        if self.display.result is not None:
            recipe = replace(
                self.display.result.recipe,
                parameters=self.settings.value.parameters,
                start=f"result:{self.display.result.key}",
            )
            self.run(recipe)

    def watch(self) -> None:
        """Show the running interactive job again."""
        job = self.jobs.get(self.live)
        if job is not None:
            self._wish += 1
            self.select(job.unit)
            self._show(Display(Showing.LIVE, job.recipe, job.label, job.number))
            if self.last_frame is not None and self.last_frame.job == job.number:
                self.frame.emit(self.last_frame)

    # ---- batch

    def compute(self, units: Sequence[UnitAddress]) -> None:
        """Compute units one after another behind the interactive jobs; skips what is stored."""
        if self.network is None or self.prior is None:
            return
        settings, network, prior = self.settings.value, self.network, self.prior
        self.compute_recipes(
            [settings.recipe(unit, network, prior, self.numeric) for unit in units]
        )

    def compute_recipes(self, recipes: Sequence[Recipe]) -> None:
        """Compute recipes one after another behind the interactive jobs; skips what is stored."""
        self._flows.start(self._compute(recipes))

    def cancel(self, number: int) -> None:
        """Take one job from the queue, or stop it."""
        if self.jobs.get(number) is not None:
            self._engine.cancel(number)

    def pause_batch(self, on: bool) -> None:
        """Hold the batch jobs, or let them go on; interactive ones run all the same."""
        self.paused = on
        self._engine.pause_batch(on)
        self.jobs.structure_changed.emit()

    def first(self, number: int) -> None:
        """Put a waiting batch job in front of the others."""
        self._engine.first(number)
        self.jobs.put_first(number)

    def clear_queue(self) -> None:
        """Cancel every batch job and forget the failed ones."""
        for job in self.jobs:
            if job.lane is Lane.BATCH and job.state is not JobState.FAILED:
                self._engine.cancel(job.number)
        self.jobs.clear_failed()

    # ---- questions

    def ask(
        self,
        question: Question,
        answered: Callable[[Any], None],
        ended: Callable[[], None] = lambda: None,
    ) -> int:
        """Ask the engine; ``answered`` gets the answer, ``ended`` is called without one."""
        number = self._engine.ask(question)
        self._questions[number] = answered, ended
        self._frames.start()
        return number

    def drop_question(self, number: int) -> None:
        """Ask no more: ``ended`` is called, and an answer on its way is not passed on."""
        if number in self._questions:
            _, ended = self._questions[number]
            self._questions[number] = (lambda _answer: None), (lambda: None)
            ended()
            self._engine.cancel(number)

    # ---- results

    def show_result(self, key: str) -> None:
        """Show a stored result."""
        self._wish += 1
        self._flows.start(self._show_stored(key, self._wish))

    async def load_results(self, keys: Sequence[str]) -> list[Result]:
        """The stored results of ``keys``; what is gone is left out, with a notice."""
        found = [await self._stored(key) for key in keys]
        if None in found:
            self.notice.emit(Notice("Some of them are no longer on the disk.", Level.WARNING))
        return [result for result in found if result is not None]

    def read(self, key: str) -> Result | None:
        """A stored result, for use on the I/O thread; raises `DgnError`."""
        return self._store.get(key)

    def show_nothing(self) -> None:
        """Clear the canvas."""
        self._wish += 1
        self._show(Display(Showing.NOTHING))

    # ---- engine events

    def handle(self, event: Event) -> None:
        """Take one event of the engine, on the window's thread."""
        self._handlers[type(event)](event)

    def stop_everything(self) -> None:
        """Stop the timers; called once, when the window closes."""
        self._frames.stop()
        self.library.stop()

    def _ready(self, event: Ready) -> None:
        self.device_known.emit(event.device)

    def _opened(self, event: Opened) -> None:
        self.network, self.prior = event.network, event.prior
        self.numeric = event.numeric
        self.unit = None
        if self.display.showing is Showing.LOADING:
            self._show(Display(Showing.NOTHING))
        self.opened.emit(event.network, event.prior)
        wanted, self._wanted_first = self._wanted_first, ""
        if wanted:
            try:
                self.visualise(self.resolve(wanted))
            except DgnError as error:
                self.problem.emit(error.message, error.hint, "")

    def _open_failed(self, event: OpenFailed) -> None:
        if self.network is None:
            self._show(Display(Showing.FAILED, message=event.message, hint=event.hint))
        self.problem.emit(event.message, event.hint, event.details)

    def _started(self, event: Started) -> None:
        job = self.jobs.get(event.job)
        if job is not None and job.state is JobState.QUEUED:
            self.jobs.update(event.job, state=JobState.RUNNING)
            self.live_changed.emit()

    def _finished(self, event: Finished) -> None:
        result = event.result
        job = self.jobs.end(event.job)
        shown = self.display.job == event.job
        self._end_live(event.job)
        self.library.forget_thumbnail(result.key)
        self.library.refresh()
        self.job_ended.emit(result.recipe, result)
        if shown:
            self._show(
                Display(Showing.RESULT, result.recipe, result.label, None, result, event.cached)
            )
        elif job is not None and job.lane is Lane.INTERACTIVE and result.state == "done":
            key = result.key
            text = f"{job.name} is finished."
            self.notice.emit(Notice(text, Level.INFO, "Show", lambda: self.show_result(key)))
        if not event.saved:
            self.notice.emit(
                Notice(event.notice or "The result could not be saved.", Level.WARNING)
            )
        elif event.notice:
            self.notice.emit(Notice(event.notice))

    def _answered(self, event: Answered) -> None:
        answered, _ = self._questions.pop(event.job)
        self._rest()
        answered(event.answer)

    def _failed(self, event: Failed) -> None:
        if event.job in self._questions:
            _, ended = self._questions.pop(event.job)
            self._rest()
            ended()
            self.problem.emit(event.message, event.hint, event.details)
            return
        shown = self.display.job == event.job
        job = self.jobs.fail(event.job, event.message, event.hint, event.details)
        self._end_live(event.job)
        if job is not None:
            self.job_ended.emit(job.recipe, None)
        if shown and job is not None:
            self._show(
                Display(
                    Showing.FAILED, job.recipe, job.label, message=event.message, hint=event.hint
                )
            )
        name = f"{job.name}: " if job is not None else ""
        self.notice.emit(
            Notice(
                f"{name}{event.message} {event.hint}",
                Level.ERROR,
                "Details",
                lambda: self.problem.emit(event.message, event.hint, event.details),
            )
        )

    def _cancelled(self, event: Cancelled) -> None:
        if event.job in self._questions:
            _, ended = self._questions.pop(event.job)
            self._rest()
            ended()
            return
        job = self.jobs.end(event.job)
        self._end_live(event.job)
        if job is not None:
            self.job_ended.emit(job.recipe, None)
        if self.display.job == event.job:
            self._show(Display(Showing.NOTHING))

    def _end_live(self, number: int) -> None:
        if number == self.live:
            self.live = None
            self._rest()
            self.live_changed.emit()

    def _rest(self) -> None:
        if self.live is None and not self._questions:
            self._frames.stop()

    # ---- frames

    def _take_frame(self) -> None:
        frame = self._engine.frames.take()
        if frame is not None and frame.job in self._questions:
            self.answer_progressed.emit(frame.job, frame.step, frame.steps)
            return
        if frame is None or frame.job != self.live:
            return  # nothing new, or a late frame of a job that has been pre-empted
        self.last_frame = frame
        self.jobs.update(
            frame.job, step=frame.step, steps=frame.steps, seconds_left=frame.seconds_left
        )
        self.progressed.emit()
        if frame.job == self.display.job:
            self.frame.emit(frame)

    # ---- flows

    async def _run(self, recipe: Recipe, wish: int) -> None:
        found = await self._stored(recipe.key)
        if wish != self._wish:
            return
        if found is not None and found.state == "done":
            self._show_found(found)
            return
        job = self._submit(recipe, Lane.INTERACTIVE)
        self.live = job.number
        self.last_frame = None
        self._show(Display(Showing.LIVE, recipe, job.label, job.number, found))
        self._frames.start()
        self.live_changed.emit()

    async def _show_stored(self, key: str, wish: int) -> None:
        found = await self._stored(key)
        if found is None:
            self.library.refresh()
            self.notice.emit(Notice("This result is no longer on the disk.", Level.WARNING))
        elif wish == self._wish:
            self._show_found(found)

    def _show_found(self, found: Result) -> None:
        self.library.restore(found.key)
        unit = found.recipe.objective[0].unit
        if self.network is not None and found.recipe.network_fingerprint == (
            self.network.fingerprint
        ):
            self.select(unit)
        self._show(Display(Showing.RESULT, found.recipe, found.label, None, found, cached=True))

    async def _stored(self, key: str) -> Result | None:
        try:
            return await self._flows.on_disk(self._store.get, key)
        except DgnError as error:  # a damaged file must not keep its unit from being computed
            self.notice.emit(Notice(str(error), Level.WARNING))
            return None

    async def _compute(self, recipes: Sequence[Recipe]) -> None:
        waiting = {job.recipe.key for job in self.jobs if job.state is not JobState.FAILED}
        skipped = 0
        for number, recipe in enumerate(recipes):
            stored = self.library.get(recipe.key)
            if (stored is not None and stored.state == "done") or recipe.key in waiting:
                skipped += 1
            else:
                self._submit(recipe, Lane.BATCH)
            if number % _SUBMIT_AT_ONCE == _SUBMIT_AT_ONCE - 1:
                await asyncio.sleep(0)  # lets the window breathe during a large layer
        queued = len(recipes) - skipped
        text = f"{queued:,} queued" + (f", {skipped:,} already there." if skipped else ".")
        self.notice.emit(Notice(text))

    def _submit(self, recipe: Recipe, lane: Lane) -> Job:
        job = Job(self._engine.submit(recipe, lane), recipe, self.label(recipe), lane)
        self.jobs.add(job)
        return job

    def label(self, recipe: Recipe) -> str:
        """The class name of the recipe's unit, or of all units of a combination."""
        if self.network is None or recipe.network_fingerprint != self.network.fingerprint:
            return ""
        return label_of(self.network, recipe)

    def _show(self, display: Display) -> None:
        self.display = display
        self.display_changed.emit()

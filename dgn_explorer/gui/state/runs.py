"""What the engine works on: one interactive job, long ones and the queue behind it, and frames."""

import asyncio
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from dgn_explorer.engine.messages import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Frame,
    Halted,
    Lane,
    Started,
)
from dgn_explorer.gui.bridge.engine_port import EnginePort
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Ended, Forming, Level, Notice
from dgn_explorer.gui.state.jobs import JobList, JobState, SubmittedJob
from dgn_explorer.gui.state.library import Library
from dgn_explorer.gui.state.questions import Questions
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.recipe import Recipe

FRAME_MS = 33  # 30 frames a second
_SUBMIT_AT_ONCE = 100


class Runs(QObject):
    """Submits, stops and orders jobs, and follows what the engine says of them.

    ``name`` gives the class name of a recipe's unit, or an empty string.
    """

    live_changed = Signal()  # which interactive or long job runs, and whether it is being stopped
    progressed = Signal()  # one of them is at another step
    frame = Signal(object)  # the newest Forming of one of them
    job_ended = Signal(object, object)  # its Recipe, and its Result or None
    halted = Signal(object)  # the last Forming of a job that stands still
    replaced = Signal(object, object, object)  # two jobs, and the Result between
    finished = Signal(object)  # Ended, with a result
    failed = Signal(object)  # Ended, with a message
    cancelled = Signal(int)  # a job's number
    notice = Signal(object)  # Notice

    def __init__(
        self,
        engine: EnginePort,
        flows: Flows,
        library: Library,
        questions: Questions,
        name: Callable[[Recipe], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engine, self._flows, self._library = engine, flows, library
        self._questions, self._name = questions, name
        self.jobs = JobList(self)
        self.live: int | None = None
        self.paused = False
        self._next: Recipe | None = None  # what goes on from the interactive job
        self._running: set[int] = set()
        self._newest: dict[int, Forming] = {}  # of the running jobs
        questions.changed.connect(self._rest)
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.timeout.connect(self._take_frame)

    @property
    def watching(self) -> bool:
        """Whether frames are looked for."""
        return self._frames.isActive()

    @property
    def live_job(self) -> SubmittedJob | None:
        """The interactive job that runs or is about to."""
        return self.jobs.get(self.live)

    def frame_of(self, number: int) -> Forming | None:
        """The newest frame of a running job."""
        return self._newest.get(number)

    @property
    def long_jobs(self) -> tuple[SubmittedJob, ...]:
        """Those that go on behind it."""
        return tuple(job for job in self.jobs if job.long and job.state is not JobState.FAILED)

    def under_way(self, key: str) -> SubmittedJob | None:
        """The interactive or long job that makes the result ``key``."""
        live = [job for job in (self.live_job, *self.long_jobs) if job is not None]
        return next((job for job in live if job.recipe.key == key), None)

    @property
    def live_recipe(self) -> Recipe | None:
        """What the interactive job computes, or what is about to go on from it."""
        job = self.live_job
        return self._next or (job.recipe if job is not None else None)

    def start(self, recipe: Recipe, looked: bool = False) -> SubmittedJob:
        """Run ``recipe`` as the interactive job, in place of the one before.

        A long one takes nobody's place: it goes on whenever nothing else is asked. ``looked`` says
        that the store has just been asked for it.
        """
        if recipe.about.long:
            job = self._submit(recipe, Lane.LONG, looked)
            self._rest()
            return job
        self._next = None
        job = self._submit(recipe, Lane.INTERACTIVE, looked)
        self.live = job.number
        self._rest()
        return job

    def stop(self, number: int | None = None) -> None:
        """Stop the interactive job, or a long one; what is done so far is kept."""
        job = self.live_job if number is None else self.jobs.get(number)
        if job is None or (job.ending and self._next is None):
            return
        if job.number == self.live:
            self._next = None
        self._stop(job, keep=True)

    @property
    def held(self) -> bool:
        """Whether the interactive job waits to be let go on."""
        job = self.live_job
        return job is not None and job.state is JobState.PAUSED

    @property
    def can_hold(self) -> bool:
        """Whether the interactive job can be held, or is."""
        job = self.live_job
        return job is not None and job.state in (JobState.RUNNING, JobState.PAUSED)

    def hold(self) -> None:
        """Hold the interactive job after its step, or let it go on just as if it had not been."""
        job = self.live_job
        if job is not None and self.can_hold:
            held = not self.held
            self._engine.hold(held)
            self.jobs.update(job.number, state=JobState.PAUSED if held else JobState.RUNNING)
            self.live_changed.emit()

    def go_on_with(self, recipe: Recipe) -> None:
        """Let the interactive job go on with another recipe, from the code where it is.

        The new recipe's start is that code, so that its result can be made again; what the job has
        made so far is not kept. Of several calls until then the last one counts.
        """
        job = self.live_job
        if job is not None:
            self._next = recipe
            self._stop(job, keep=False)

    def _stop(self, job: SubmittedJob, keep: bool) -> None:
        self._engine.cancel(job.number, keep)
        self.jobs.update(job.number, state=JobState.STOPPING)
        self.live_changed.emit()

    # ---- batch

    def compute(self, recipes: Sequence[Recipe]) -> None:
        """Compute recipes one after another behind the interactive jobs; skips what is stored."""
        self._flows.start(self._compute(recipes))

    def cancel(self, number: int) -> None:
        """Take one job from the queue, or stop it."""
        if self.jobs.get(number) is not None:
            self._engine.cancel(number)

    def pause(self, on: bool) -> None:
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
            if job.batch and job.state is not JobState.FAILED:
                self._engine.cancel(job.number)
        self.jobs.clear_failed()

    async def _compute(self, recipes: Sequence[Recipe]) -> None:
        waiting = {job.recipe.key for job in self.jobs if job.state is not JobState.FAILED}
        skipped = 0
        for number, recipe in enumerate(recipes):
            stored = self._library.get(recipe.key)
            if (stored is not None and stored.state == "done") or recipe.key in waiting:
                skipped += 1
            else:
                self._submit(recipe, Lane.BATCH)
            if number % _SUBMIT_AT_ONCE == _SUBMIT_AT_ONCE - 1:
                await asyncio.sleep(0)  # lets the window breathe during a large layer
        queued = len(recipes) - skipped
        text = f"{queued:,} queued" + (f", {skipped:,} already there." if skipped else ".")
        self.notice.emit(Notice(text))

    def _submit(self, recipe: Recipe, lane: Lane, looked: bool = False) -> SubmittedJob:
        number = self._engine.submit(recipe, lane, looked)
        job = SubmittedJob(number, recipe, self._name(recipe), lane)
        self.jobs.add(job)
        return job

    # ---- engine events

    def take(self, event: Event) -> bool:
        """Whether ``event`` is about a job."""
        match event:
            case Started():
                self._started(event)
            case Halted():
                self._halted(event.last)
            case Finished():
                self._finished(event)
            case Failed():
                job = self.jobs.fail(event.job, event.message, event.hint, event.details)
                self._end(event.job, job)
                if job is not None:
                    self.job_ended.emit(job.recipe, None)
                self.failed.emit(_ended(job, event.job, None, event))
            case Cancelled():
                job = self.jobs.end(event.job)
                follower = self._end(event.job, job)
                if job is not None:
                    self.job_ended.emit(job.recipe, None)
                    self._go_on(job, None, follower)
                self.cancelled.emit(event.job)
            case _:
                return False
        return True

    def stop_watching(self) -> None:
        """Look for no more frames; called once, when the window closes."""
        self._frames.stop()

    def _started(self, event: Started) -> None:
        job = self.jobs.get(event.job)
        if job is not None and job.state is JobState.QUEUED:
            self._running.add(event.job)
            self._rest()
            self.jobs.update(event.job, state=JobState.RUNNING)
            self.live_changed.emit()

    def _halted(self, last: Frame) -> None:
        """Say at once what was stopped and where: its result takes a moment more."""
        job = self.jobs.get(last.job)
        if job is None:
            return
        self.jobs.update(
            last.job, state=JobState.HALTED, step=last.step, steps=last.steps, seconds_left=0.0
        )
        forming = self._forming(last)
        if forming is not None:
            self.halted.emit(forming)
        if not job.batch:
            self.live_changed.emit()

    def _finished(self, event: Finished) -> None:
        job = self.jobs.end(event.job)
        follower = self._end(event.job, job)
        if event.summary is not None:
            self._library.add(event.summary)
        record = event.record
        self.job_ended.emit(record.recipe, record)
        if job is not None:
            self._go_on(job, record, follower)
        self.finished.emit(_ended(job, event.job, event))
        if event.notice:
            self.notice.emit(
                Notice(event.notice, Level.INFO if event.summary is not None else Level.WARNING)
            )

    def _end(self, number: int, job: SubmittedJob | None) -> Recipe | None:
        """Forget what ran; returns what is to go on from it."""
        self._running.discard(number)
        self._newest.pop(number, None)
        follower = None
        if number == self.live:
            follower, self._next = self._next, None
            self.live = None
            self.live_changed.emit()
        elif job is not None and job.long:
            self.live_changed.emit()
        self._rest()
        return follower

    def _go_on(self, job: SubmittedJob, result: Record | None, follower: Recipe | None) -> None:
        if follower is not None:
            start = job.recipe.start if result is None else result.next_start
            new = self.start(follower.with_start(start))
            self.replaced.emit(job, new, result)
            self.live_changed.emit()

    # ---- frames

    def _rest(self) -> None:
        """Look for frames only while something may send them."""
        if self.live is None and not self._running and not len(self._questions):
            self._frames.stop()
        elif not self._frames.isActive():
            self._frames.start()

    def _take_frame(self) -> None:
        newest = self._engine.frames.take()
        if newest is None or self._questions.take_frame(newest):
            return
        job = self.jobs.get(newest.job)
        if newest.job not in {self.live, *self._running} or (job and job.state is JobState.HALTED):
            return  # a late frame of a job that has ended
        self.jobs.update(
            newest.job, step=newest.step, steps=newest.steps, seconds_left=newest.seconds_left
        )
        watched = job is not None and not job.batch
        frame = self._forming(newest)
        if watched:
            self.progressed.emit()
        if watched and frame is not None:
            self.frame.emit(frame)

    def _forming(self, newest: Frame) -> Forming | None:
        """Remember what there is to see of a job; None while it is only getting ready."""
        if newest.image is None:
            return None
        before = self._newest.get(newest.job)
        forming = self._newest[newest.job] = Forming(
            newest.job,
            newest.step,
            newest.steps,
            newest.image,
            newest.trace,
            newest.seconds_left,
            newest.top or (before.top if before is not None else ()),
            newest.so_far,
        )
        return forming


def _ended(
    job: SubmittedJob | None, number: int, made: Finished | None, failed: Failed | None = None
) -> Ended:
    name, batch, recipe = (
        (job.title, job.batch, job.recipe) if job is not None else ("", None, None)
    )
    if made is not None:
        return Ended(number, name, batch, made.record.recipe, made.record, made.cached)
    what = (failed.message, failed.hint, failed.details) if failed is not None else ("", "", "")
    return Ended(number, name, batch, recipe, None, False, *what)

"""Keeps `Activities` true to what the session runs: images, queue, analyses, measuring."""

import time
from collections import Counter
from functools import partial

from PySide6.QtCore import QObject

from dgn_explorer.gui.state.activities import Activities, Activity, Do
from dgn_explorer.gui.state.answering.study_run import Analysis
from dgn_explorer.gui.state.display import Ended, Level, Notice
from dgn_explorer.gui.state.jobs import JobState, SubmittedJob
from dgn_explorer.gui.state.session import Session
from dgn_explorer.results.job_history import CANCELLED, DONE, FAILED, STOPPED
from dgn_explorer.results.record import Record

IMAGE, QUEUE, ANALYSIS, MEASURING = "image", "queue", "analysis", "measuring"
LONG_S, MANY = 60.0, 10  # a queue that took so long, or had so many, says when it has ended


class Watching(QObject):
    """A child of the window; tells the session's notices when a long queue has ended."""

    def __init__(self, session: Session, activities: Activities, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._to = session, activities
        self._counts: Counter[str] = Counter()
        self._queue_began = self._measure_began = 0.0
        self._studies: dict[int, tuple[float, Analysis]] = {}  # when each began, how far it is
        runs = session.runs
        self._long: set[str] = set()  # keys of long jobs at work
        runs.live_changed.connect(self._follow_images)
        runs.progressed.connect(self._follow_images)
        runs.jobs.structure_changed.connect(self._follow_queue)
        runs.jobs.changed.connect(self._job_changed)
        runs.finished.connect(self._finished)
        runs.failed.connect(self._failed)
        runs.cancelled.connect(self._cancelled)
        session.study.changed.connect(self._follow_studies)
        session.study.over.connect(self._study_over)
        session.study.long_ended.connect(self._long_ended)
        session.step_size.changed.connect(self._follow_measuring)

    # ---- the image that forms, and those that go on behind it

    def _follow_images(self) -> None:
        runs = self._session.runs
        if runs.live_job is None:
            self._to.drop(IMAGE)
        else:
            self._put(IMAGE, runs.live_job, runs.hold if runs.can_hold else None)
        at_work = {f"{IMAGE} {job.number}": job for job in runs.long_jobs}
        for key in self._long - set(at_work):
            self._to.drop(key)
        self._long = set(at_work)
        for key, job in at_work.items():
            self._put(key, job)

    def _put(self, key: str, job: SubmittedJob, pause: Do | None = None) -> None:
        session = self._session
        self._to.put(
            Activity(
                key,
                job.title,
                job.progress_text,
                job.step,
                job.steps,
                job.seconds_left if job.steps else None,
                job.state is JobState.PAUSED,
                stop=None if job.ending else partial(session.runs.stop, job.number),
                pause=pause,
                show=partial(session.watch, job.number),
            )
        )

    def _finished(self, end: Ended) -> None:
        made = end.result
        if made is None:
            return
        outcome = DONE if made.state == "done" else STOPPED
        if end.batch:
            self._count(outcome)
        elif not end.cached:
            seconds = made.provenance.seconds
            self._to.ended(end.name, outcome, seconds, made.key)
        self._follow_images()

    def _failed(self, end: Ended) -> None:
        if end.batch:
            self._count(FAILED)
        self._to.ended(end.name or "Job", FAILED, 0.0, "", end.message, end.hint)
        self._follow_images()

    def _cancelled(self, _number: int) -> None:
        if self._queue_began:
            self._follow_queue()
        self._follow_images()

    # ---- the queue

    def _count(self, outcome: str) -> None:
        self._counts[outcome] += 1
        self._follow_queue()

    def _job_changed(self, number: int) -> None:
        job = self._session.jobs.get(number)
        if job is not None and job.batch:
            self._follow_queue()

    def _follow_queue(self) -> None:
        jobs, runs = self._session.jobs, self._session.runs
        if not jobs.batch_left:
            if self._queue_began:
                self._queue_ended()
            return
        if not self._queue_began:
            self._queue_began = time.monotonic()
            self._counts.clear()
        state = f"{jobs.batch_done:,} of {jobs.batch_total:,}"
        self._to.put(
            Activity(
                QUEUE,
                "Queue",
                "paused" if runs.paused else state,
                jobs.batch_done,
                jobs.batch_total,
                None if runs.paused else jobs.seconds_left,
                runs.paused,
                stop=runs.clear_queue,
                pause=lambda: runs.pause(not runs.paused),
            )
        )

    def _queue_ended(self) -> None:
        total, counts = self._session.jobs.batch_total, self._counts
        seconds, self._queue_began = time.monotonic() - self._queue_began, 0.0
        removed = max(0, total - sum(counts.values()))
        parts = [
            f"{count:,} {word}"
            for count, word in (
                (counts[DONE], "made"),
                (counts[STOPPED], "stopped"),
                (counts[FAILED], "failed"),
                (removed, "removed"),
            )
            if count
        ]
        text = ", ".join(parts)
        outcome = FAILED if counts[FAILED] else CANCELLED if removed == total else DONE
        self._to.drop(QUEUE)
        self._to.ended(f"Queue of {total:,}", outcome, seconds, "", text)
        if removed < total and (seconds >= LONG_S or total >= MANY):
            level = Level.WARNING if counts[FAILED] else Level.INFO
            self._session.long_ended.emit(Notice(f"The queue has ended: {text}.", level))

    # ---- analyses and measuring

    def _follow_studies(self) -> None:
        at_work = {run.number: run for run in self._session.study.runs}
        for number in [one for one in self._studies if one not in at_work]:
            self._studies.pop(number)
            self._to.drop(f"{ANALYSIS} {number}")
        for number, run in at_work.items():
            began, _ = self._studies.get(number, (time.monotonic(), run))
            self._studies[number] = began, run
            left = (
                (time.monotonic() - began) / run.done * (run.total - run.done) if run.done else None
            )
            self._to.put(
                Activity(
                    f"{ANALYSIS} {number}",
                    run.survey.about.title,
                    f"{run.done:,} of {run.total:,}" if run.total else "running",
                    run.done,
                    run.total,
                    left,
                    stop=partial(self._session.study.stop, number),
                    show=partial(self._session.run, run.survey),
                )
            )

    def _study_over(self, run: Analysis, answered: bool) -> None:
        began, _ = self._studies.get(run.number, (time.monotonic(), run))
        outcome = DONE if answered else STOPPED
        self._to.ended(run.survey.about.title, outcome, time.monotonic() - began)

    def _long_ended(self, made: Record) -> None:
        if self._session.display.order == made.order:
            return  # it is seen
        text = f"{made.order.about.title}: the answer is there."
        show = partial(self._session.show_result, made.key)
        self._session.notice.emit(Notice(text, Level.INFO, "Show it", show))

    def _follow_measuring(self) -> None:
        finder = self._session.step_size
        if not finder.measuring:
            if self._measure_began:
                seconds, self._measure_began = time.monotonic() - self._measure_began, 0.0
                self._to.drop(MEASURING)
                outcome = DONE if finder.size is not None else STOPPED
                self._to.ended("Measuring the step size", outcome, seconds)
            return
        if not self._measure_began:
            self._measure_began = time.monotonic()
        done, total = finder.progress
        passed = time.monotonic() - self._measure_began
        left = passed / done * (total - done) if done else None
        state = f"{done:,} of {total:,}" if total else "running"
        self._to.put(
            Activity(MEASURING, "Measuring the step size", state, done, total, left,
                     stop=finder.stop)
        )  # fmt: skip

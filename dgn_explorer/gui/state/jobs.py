"""Every job that this window has submitted and not yet forgotten."""

import time
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Signal

from dgn_explorer.engine.messages import Lane
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.recipe import Recipe


class JobState(Enum):
    """How far a job is; the value is what people read."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    HALTED = "stopped"  # its image is there; what it is worth and that it is stored come after
    FAILED = "failed"


@dataclass
class SubmittedJob:
    """One submitted recipe."""

    number: int
    recipe: Recipe
    label: str
    lane: Lane
    state: JobState = JobState.QUEUED
    step: int = 0
    steps: int = 0
    seconds_left: float = 0.0
    message: str = ""
    hint: str = ""
    details: str = ""

    @property
    def batch(self) -> bool:
        """Whether it waits in the queue behind what the user starts himself."""
        return self.lane is Lane.BATCH

    @property
    def long(self) -> bool:
        """Whether it goes on behind what the user starts after it, before the queue."""
        return self.lane is Lane.LONG

    @property
    def unit(self) -> UnitAddress | None:
        """The first unit of its objective, if it is of units."""
        return self.recipe.units[0] if self.recipe.units else None

    @property
    def place(self) -> tuple[str, str]:
        """The objective with its network's fingerprint, as other networks have equal names."""
        return self.recipe.network_fingerprint, self.recipe.target.text()

    @property
    def tile(self) -> tuple[str, str] | None:
        """Where the grid shows it: with its unit, whatever position it is for."""
        if len(self.recipe.units) != 1 or self.unit is None:
            return None
        return self.recipe.network_fingerprint, f"{self.unit.layer}:{self.unit.index}"

    @property
    def ending(self) -> bool:
        """Whether it was told to stop."""
        return self.state in (JobState.STOPPING, JobState.HALTED)

    @property
    def name(self) -> str:
        """The class name if there is one, else the address; all units of a combination."""
        return self.label or self.recipe.target.text()

    @property
    def title(self) -> str:
        """Its name, with what it looks for where that is no image of the unit alone."""
        return f"{self.recipe.about.asked.word}: {self.name}" if self.long else self.name

    @property
    def progress_text(self) -> str:
        """State in words, with the step where there is one."""
        if self.state is JobState.RUNNING and self.steps:
            return f"step {self.step} of {self.steps}"
        words: str = self.state.value
        return f"{words} at step {self.step}" if self.state is JobState.HALTED else words


class JobList(QObject):
    """Jobs in the order of submission; ended ones leave, failed ones stay until cleared."""

    changed = Signal(int)  # a job's number
    structure_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: dict[int, SubmittedJob] = {}
        self._by_unit: dict[tuple[str, str], int] = {}
        self._by_key: dict[str, int] = {}
        self._by_tile: dict[tuple[str, str], int] = {}
        self.batch_total = 0
        self.batch_done = 0
        self._batch_started = 0.0

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(tuple(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    def get(self, number: int | None) -> SubmittedJob | None:
        """The job with this number, if it is still known."""
        return None if number is None else self._jobs.get(number)

    def of_unit(self, fingerprint: str, unit: UnitAddress) -> SubmittedJob | None:
        """The newest job for ``unit`` of the network with this fingerprint."""
        return self.get(self._by_unit.get((fingerprint, str(unit))))

    def of_tile(self, fingerprint: str, unit: UnitAddress) -> SubmittedJob | None:
        """The newest job for ``unit``, or else for one of its positions alone."""
        tile = self._by_tile.get((fingerprint, f"{unit.layer}:{unit.index}"))
        return self.of_unit(fingerprint, unit) or self.get(tile)

    def of_key(self, key: str) -> SubmittedJob | None:
        """The newest job that makes the result ``key``."""
        return self.get(self._by_key.get(key))

    def add(self, job: SubmittedJob) -> None:
        """Remember a job that has just been submitted."""
        earlier = self.get(self._by_unit.get(job.place))
        if earlier is not None and earlier.state is JobState.FAILED:
            self._jobs.pop(earlier.number)
        self._jobs[job.number] = job
        self._by_unit[job.place] = job.number
        if job.tile is not None:
            self._by_tile[job.tile] = job.number
        self._by_key[job.recipe.key] = job.number
        if job.batch:
            if not self.batch_left:
                self.batch_total = self.batch_done = 0
                self._batch_started = time.monotonic()
            self.batch_total += 1
        self.structure_changed.emit()
        self.changed.emit(job.number)

    @property
    def batch_left(self) -> int:
        """How many jobs of the running batch have not ended."""
        return self.batch_total - self.batch_done

    @property
    def seconds_left(self) -> float | None:
        """How long the rest of the batch takes if it goes on as so far; None before the first."""
        if not self.batch_done or not self.batch_left:
            return None
        return (time.monotonic() - self._batch_started) / self.batch_done * self.batch_left

    def put_first(self, number: int) -> None:
        """Put a waiting batch job in front of the others."""
        if number in self._jobs:
            self._jobs = {number: self._jobs[number], **self._jobs}
            self.structure_changed.emit()

    def update(self, number: int, **values: object) -> None:
        """Change fields of a job."""
        job = self._jobs.get(number)
        if job is None:
            return
        for name, value in values.items():
            setattr(job, name, value)
        self.changed.emit(number)

    def end(self, number: int) -> SubmittedJob | None:
        """Forget a job that ended well or was cancelled."""
        job = self._jobs.pop(number, None)
        if job is None:
            return None
        self._forget_unit(job)
        self._count(job)
        self.structure_changed.emit()
        self.changed.emit(number)
        return job

    def fail(self, number: int, message: str, hint: str, details: str) -> SubmittedJob | None:
        """Mark a job as failed and keep it."""
        job = self._jobs.get(number)
        if job is not None:
            self._count(job)
            self.update(number, state=JobState.FAILED, message=message, hint=hint, details=details)
            self.structure_changed.emit()
        return job

    def clear_failed(self) -> None:
        """Forget the failed jobs."""
        for job in self:
            if job.state is JobState.FAILED:
                del self._jobs[job.number]
                self._forget_unit(job)
                self.changed.emit(job.number)
        self.structure_changed.emit()

    def _forget_unit(self, job: SubmittedJob) -> None:
        if self._by_unit.get(job.place) == job.number:
            del self._by_unit[job.place]
        if job.tile is not None and self._by_tile.get(job.tile) == job.number:
            del self._by_tile[job.tile]
        if self._by_key.get(job.recipe.key) == job.number:
            del self._by_key[job.recipe.key]

    def _count(self, job: SubmittedJob) -> None:
        if job.batch:
            self.batch_done += 1

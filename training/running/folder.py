"""The folder of a run as others see it: how far it is, and how to stop it. Free of torch."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from dgn_explorer.disk import disk_error, read_text, write_file
from dgn_explorer.errors import DgnError

PRIOR_NAME, CARD_NAME, STOP_NAME = "prior.safetensors", "prior.md", "stop"
STATUS_NAME, SAMPLES_NAME, CURVES_NAME = "status.json", "samples", "curves.png"
CACHE_NAME = "cache"
PREPARING, TRAINING, DONE, STOPPED, FAILED = "preparing", "training", "done", "stopped", "failed"
AT_WORK = (PREPARING, TRAINING)
_EVERY_S = 1.0


@dataclass(frozen=True)
class Status:
    """How far a run is.

    While ``preparing``, ``what`` is under way: ``done`` of ``total``. Then ``share`` (0 to 1) of
    the training is done, at ``rate`` images a second. ``message`` says why a run has ``failed``.
    ``written`` is in seconds since 1970. Whether the process still lives is known by `is_alive`.
    """

    state: str
    what: str = ""
    done: int = 0
    total: int = 0
    step: int = 0
    share: float = 0.0
    rate: float = 0.0
    left_s: float = 0.0
    image_loss: float = 0.0
    feature_loss: float = 0.0
    message: str = ""
    written: float = 0.0


def write_status(folder: Path, status: Status) -> None:
    """Write ``status`` in one step; errors are ignored, a full disk must not end a run here."""
    values = {**asdict(status), "written": time.time()}
    with suppress(OSError):
        write_file(folder / STATUS_NAME, json.dumps(values).encode())


def read_status(folder: Path) -> Status | None:
    """The status of the run in ``folder``, or None if there is none that can be read."""
    try:
        values = json.loads(read_text(folder / STATUS_NAME))
        known = {field.name for field in fields(Status)}
        return Status(**{name: value for name, value in values.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def newest_samples(folder: Path) -> Path | None:
    """The latest sample sheet, or None before the first."""
    return max((folder / SAMPLES_NAME).glob("*.png"), default=None)


def request_stop(folder: Path) -> None:
    """Ask the run in ``folder``, of whatever process, to save and end after its current step.

    Raises `DgnError` if the folder may not be written to.
    """
    try:
        (folder / STOP_NAME).touch()
    except OSError as error:
        raise disk_error(error, f"write {folder / STOP_NAME}", "stop it with Ctrl+C") from error


def sweep(folder: Path) -> None:
    """Delete what a killed process of the run in ``folder`` has left half-written."""
    for place in ("", SAMPLES_NAME, CACHE_NAME):
        for path in (folder / place).glob(".*.tmp"):
            path.unlink(missing_ok=True)


class StatusFile:
    """Keeps the status in a run's folder up to date, about once a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next = 0.0
        self._last = Status(PREPARING)
        self.finished = False

    def tell(self, status: Status) -> None:
        """Write ``status`` if it is time, or if it is of another kind than the one before."""
        now = time.monotonic()
        changed = (status.state, status.what) != (self._last.state, self._last.what)
        self._last = status
        if changed or now >= self._next:
            self._next = now + _EVERY_S
            write_status(self._folder, status)

    @contextmanager
    def ending(self, writes: bool) -> Iterator[None]:
        """Write how it ended, with the last numbers, if this process is the one that ``writes``."""
        state, message = FAILED, "It ended unexpectedly; its log says more."
        try:
            yield
            state, message = DONE if self.finished else STOPPED, ""
        except DgnError as error:
            message = str(error)
            raise
        finally:
            if writes:
                write_status(self._folder, replace(self._last, state=state, message=message))

"""A training run as a process of its own: started here, watched through its folder."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from dgn_explorer.disk import read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.photos.reading import read_photo
from dgn_explorer.plain_text import shell_command
from dgn_explorer.training.running.folder import (
    AT_WORK,
    CURVES_NAME,
    PRIOR_NAME,
    STATUS_NAME,
    Status,
    newest_samples,
    read_status,
    request_stop,
)
from dgn_explorer.training.running.lock import is_alive

_LOOK_MS = 1000
_LOG_NAME = "log.txt"
_PATIENCE = 30  # looks at a folder without a status before its log is read


@dataclass(frozen=True)
class TrainingOrder:
    """What the user asked for in the dialog; a ``folder`` with a run in it goes on."""

    sources: tuple[str, ...]
    folder: Path
    network: str
    hours: float
    name: str
    licence: str

    def arguments(self) -> list[str]:
        """The command line behind ``python``.

        >>> TrainingOrder(("a.zip",), Path("run"), "lite0", 2.0, "mine", "").arguments()[-2:]
        ['--', 'a.zip']
        """
        found = ["-m", "dgn_explorer", "train", "--run", str(self.folder)]
        found += ["--network", self.network, "--hours", f"{self.hours:g}", "--name", self.name]
        found += ["--save-every", "2", "--background"]
        found += ["--licence", self.licence] if self.licence else []
        return [*found, "--", *self.sources]


@dataclass(frozen=True)
class View:
    """What there is to see of a run: pictures are (H, W, 3) uint8 or None before the first.

    ``alive`` says whether a process trains in the folder.
    """

    folder: Path
    status: Status | None
    alive: bool = False
    problem: str = ""
    samples: np.ndarray | None = None
    curves: np.ndarray | None = None

    @property
    def under_way(self) -> bool:
        """Whether the run is at work, however long it has been silent."""
        return self.alive and self.status is not None and self.status.state in AT_WORK

    @property
    def prior(self) -> Path | None:
        """The prior file, once there is one; it is replaced at every checkpoint."""
        path = self.folder / PRIOR_NAME
        return path if path.exists() else None


class Training(QObject):
    """The run that the window watches; closing the window lets it go on."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._flows = desk.flows
        self.view: View | None = None
        self._looks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(lambda: self._flows.start(self._look()))

    @property
    def under_way(self) -> bool:
        """Whether the watched run is at work."""
        return self.view is not None and self.view.under_way

    def start(self, order: TrainingOrder) -> None:
        """Start a process and watch its run.

        Raises `DgnError` if it cannot be started, or another process trains in the folder.
        """
        if is_alive(order.folder):
            raise DgnError(
                f"A training is under way in {order.folder}.",
                "Follow it with File, Watch a training…, or choose another folder.",
            )
        try:
            order.folder.mkdir(parents=True, exist_ok=True)
            # what an earlier process said of the same run is over
            order.folder.joinpath(STATUS_NAME).unlink(missing_ok=True)
        except OSError as error:
            raise DgnError(
                f"The folder {str(order.folder)!r} cannot be used ({error.strerror}).",
                "Choose another folder for the run.",
            ) from None
        process = QProcess(self)
        process.setProgram(sys.executable)
        process.setArguments(order.arguments())
        process.setStandardOutputFile(str(order.folder / _LOG_NAME))
        process.setStandardErrorFile(str(order.folder / _LOG_NAME))
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONUNBUFFERED", "1")
        process.setProcessEnvironment(environment)
        started = process.startDetached()
        process.deleteLater()
        if not started:
            raise DgnError(
                "The training process cannot be started.",
                f"Run it in a terminal: {_command_line(order)}",
            )
        self.watch(order.folder)

    def watch(self, folder: Path) -> None:
        """Follow the run in ``folder``, of whatever process."""
        self.view = View(folder, None)
        self._looks = 0
        self._timer.start()
        self.changed.emit()
        self._flows.start(self._look())

    def stop(self) -> None:
        """Ask the run to save and end; raises `DgnError` if that cannot be written down."""
        if self.view is not None:
            request_stop(self.view.folder)

    async def _look(self) -> None:
        view = self.view
        if view is None:
            return
        self._looks += 1
        seen = await self._flows.on_disk(_look_at, view.folder, self._looks > _PATIENCE)
        if self.view is not None and self.view.folder == seen.folder:
            self.view = seen
            if seen.status is not None and not seen.under_way:
                self._timer.stop()
            self.changed.emit()


def _look_at(folder: Path, read_log: bool) -> View:
    alive = is_alive(folder)  # before the status: what a dead one has said last is its last word
    status = read_status(folder)
    problem = _last_error(folder / _LOG_NAME) if status is None and read_log else ""
    samples = newest_samples(folder)
    return View(
        folder,
        status,
        alive,
        problem,
        _picture(samples) if samples else None,
        _picture(folder / CURVES_NAME),
    )


def _picture(path: Path) -> np.ndarray | None:
    try:
        return read_photo(path)
    except DgnError:
        return None  # not there yet


def _last_error(log: Path) -> str:
    try:
        lines = read_file(log).decode(errors="replace").splitlines()[-20:]
    except OSError:
        return ""
    found = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    return found[-1] if found else ""


def _command_line(order: TrainingOrder) -> str:
    return shell_command([Path(sys.executable).name, *order.arguments()])

"""What a strip lacks, made by a process of its own: every checkpoint is another network to open."""

import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.state.activities import Activity, Do
from dgn_explorer.results.job_history import DONE, FAILED, STOPPED

_KEY = "over_training"
PROGRAM = (sys.executable, "-m", "dgn_explorer")
_LINES = 6  # of what it said last, kept for when it fails


class MakingStrip(QObject):
    """At most one at a time; what it has made is in the store, and it goes on from there."""

    changed = Signal()  # begun, further or over

    def __init__(self, desk: Desk, show: Do) -> None:
        super().__init__(desk.window)
        self._desk, self._show = desk, show
        self._what = ""
        self._said: deque[str] = deque(maxlen=_LINES)
        self._stopped = False
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process = QProcess(self)
        self._process.readyReadStandardError.connect(self._read)
        self._process.finished.connect(self._over)
        self._process.errorOccurred.connect(self._failed_to_start)

    @property
    def under_way(self) -> bool:
        """Whether it is at work."""
        return self._process.state() is not QProcess.ProcessState.NotRunning

    def start(self, what: str, words: Sequence[str]) -> None:
        """Run ``words``, a `strip` command without its first word; ``what`` is its name."""
        if self.under_way or not self._desk.session.may_change():
            return
        self._what, self._stopped = what, False
        self._said.clear()
        self._folder = tempfile.TemporaryDirectory(prefix="dgn-explorer-")
        out = Path(self._folder.name) / "strip.png"
        program, *first = PROGRAM
        self._process.setProgram(program)
        self._process.setArguments([*first, words[0], "--out", str(out), *words[1:]])
        self._process.start()
        self._tell("opening the first checkpoint")

    def stop(self) -> None:
        """End it; the images that are made stay."""
        self._stopped = True
        self._process.kill()

    def close(self) -> None:
        """As `stop`, and wait a little."""
        if self.under_way:
            self.stop()
            self._process.waitForFinished(2000)

    def _read(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        self._said += [line for line in text.splitlines() if line.strip()]
        if self._said and self.under_way:
            self._desk.session.library.refresh()
            self._tell(self._said[-1])

    def _tell(self, state: str) -> None:
        self._desk.session.activities.put(
            Activity(_KEY, self._what, state, stop=self.stop, show=self._show)
        )
        self.changed.emit()

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._said.append(self._process.errorString())
            self._over(1)

    def _over(self, code: int) -> None:
        self._read()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        session = self._desk.session
        session.activities.drop(_KEY)
        session.library.refresh()
        failed = code != 0 and not self._stopped
        outcome = STOPPED if self._stopped else FAILED if failed else DONE
        text = " ".join(self._said) if failed else ""
        hint = (
            "What is made is stored. Run the command in a terminal to see more." if failed else ""
        )
        session.activities.ended(self._what, outcome, 0.0, "", text, hint)
        if failed:
            session.problem.emit("The other checkpoints could not be made.", hint, text)
        self.changed.emit()

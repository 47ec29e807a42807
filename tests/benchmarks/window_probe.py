"""Drives the real window and prints what it measured as JSON."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import json
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from dgn_explorer.errors import DgnError
from dgn_explorer.gui import app
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.window import MainWindow
from tests.gui.rooms import RoomsOf

TICK_MS = 16
WATCH_S = 6.0
WAIT_S = 120.0
Wait = Callable[[], object]


class Ticks(QObject):
    """Intervals between the ticks of a 16 ms timer of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.intervals_ms: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.intervals_ms.append(1000 * (now - self._last))
        self._last = now

    def end(self) -> np.ndarray:
        """Stop, and give the intervals but for the first."""
        self._timer.stop()
        return np.array(self.intervals_ms[1:])


def after(seconds: float) -> Wait:
    """True once they have gone by."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


class Probe(QObject):
    """Runs `_story` a step at a time on a timer; each step waits for what it yields."""

    wait_s = WAIT_S

    def __init__(self) -> None:
        super().__init__()
        self.window: MainWindow | None = None
        self.session: Session | None = None
        self.figures: dict[str, float] = {}
        self._story = self._tell()
        self._wait: Wait = lambda: self.window is not None and self.window.isVisible()
        self._deadline = time.monotonic() + self.wait_s
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)
        self._timer.start(1)

    def _step(self) -> None:
        if time.monotonic() > self._deadline:
            raise SystemExit("the window did not get there in time")
        if not self._wait():
            return
        self._deadline = time.monotonic() + self.wait_s
        try:
            self._wait = next(self._story)
        except StopIteration:
            self._timer.stop()
            if self.figures:
                print(json.dumps(self.figures), flush=True)
            assert self.window is not None
            self.window.close_at_once()

    def _tell(self) -> Iterator[Wait]:
        window, session = self.window, self.session
        assert window is not None and session is not None
        started = float(os.environ.get("STARTED", time.time()))
        self.figures["window_visible_s"] = time.time() - started
        ticks = Ticks()
        yield lambda: session.network is not None
        opening = ticks.end()
        self.figures["network_open_s"] = time.time() - started
        self.figures["opening_tick_p99_ms"] = float(np.percentile(opening, 99))

        canvas = RoomsOf(window).stage.canvas
        asked = self._ask("volcano")
        yield lambda: canvas.image is not None and session.runs.live is not None
        self.figures["first_preview_ms"] = 1000 * (time.perf_counter() - asked)
        ticks = Ticks()
        yield after(WATCH_S)
        intervals = ticks.end()
        assert session.runs.live is not None, "the ascent ended before the watch was over"
        self.figures["tick_p50_ms"] = float(np.percentile(intervals, 50))
        self.figures["tick_p99_ms"] = float(np.percentile(intervals, 99))
        self.figures["tick_max_ms"] = float(intervals.max())

        stop = next(
            button
            for button in window.findChildren(QPushButton)
            if button.accessibleName() == "Stop the ascent and keep the image"
        )
        asked = time.perf_counter()
        QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
        yield lambda: session.display.badge.startswith("Stopped at step")
        self.figures["stop_shown_ms"] = 1000 * (time.perf_counter() - asked)
        yield lambda: session.runs.live is None
        self.figures["stop_ms"] = 1000 * (time.perf_counter() - asked)

        asked = self._ask("strawberry")
        yield lambda: session.display.badge == "Finished"
        self.figures["whole_image_s"] = time.perf_counter() - asked
        asked = self._ask("volcano")
        yield lambda: session.runs.live is not None
        QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
        yield lambda: session.runs.live is None
        asked = self._ask("strawberry")
        yield lambda: session.display.badge == "From cache"
        self.figures["cached_paint_ms"] = 1000 * (time.perf_counter() - asked)

    def _ask(self, name: str) -> float:
        assert self.window is not None
        field = RoomsOf(self.window).browser.search.field
        field.setFocus()
        field.clear()
        QTest.keyClicks(field, name)
        asked = time.perf_counter()
        QTest.keyClick(field, Qt.Key.Key_Return)
        return asked


def watched(make_probe: type[Probe], fail: Callable[[DgnError], NoReturn]) -> None:
    """Run the program with a probe inside."""
    probes: list[Probe] = []
    make_session, make_window = app.Session, app.MainWindow

    def session(*arguments: object) -> Session:
        made = make_session(*arguments)  # type: ignore[arg-type]
        probes.append(make_probe())
        probes[0].session = made
        return made

    def window(*arguments: object) -> MainWindow:
        made = make_window(*arguments)  # type: ignore[arg-type]
        probes[0].window = made
        return made

    app.Session, app.MainWindow = session, window  # type: ignore[assignment,misc]
    app.run(fail)


def main() -> None:
    """Measure."""
    watched(Probe, _fail)


def _fail(error: DgnError) -> NoReturn:
    raise SystemExit(f"{error.message} {error.hint}")


if __name__ == "__main__":
    main()

"""What is watched while the robot works: latency, memory, counts, and trouble of any kind."""

import ctypes
import gc
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QWidget

from tests.soak.dialogs import own_widgets

TICK_MS, SAMPLE_MS = 16, 5000
WARM_UP = 0.25  # share of the time after which memory has to stay where it is
_QUIET = "This plugin does not support"


@dataclass(frozen=True)
class Counts:
    """At rest: everything closed, nothing running."""

    at_s: float
    widgets: int
    threads: int
    rss_mb: float
    heap_mb: float


@dataclass
class Report:
    """Figures of a run; ``problems`` says how often each thing has gone wrong."""

    minutes: float = 0.0
    actions: int = 0
    bursts: int = 0
    finished_jobs: int = 0
    actions_per_minute: float = 0.0
    latency_p50_ms: float = 0.0
    latency_p99_ms: float = 0.0
    latency_max_ms: float = 0.0
    slowest: str = ""
    rest_s_max: float = 0.0
    rss_first_mb: float = 0.0
    rss_last_mb: float = 0.0
    rss_slope_mb_per_h: float = 0.0
    rest_slope_mb_per_h: float = 0.0
    heap_first_mb: float = 0.0
    heap_last_mb: float = 0.0
    heap_slope_mb_per_h: float = 0.0
    widgets_first: int = 0
    widgets_last: int = 0
    threads_first: int = 0
    threads_last: int = 0
    refusals: int = 0
    done: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)


class Watch(QObject):
    """Ticks every 16 ms, samples every 5 s, and listens for trouble from everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.started = time.monotonic()
        self.problems: Counter[str] = Counter()
        self.refusals = 0
        self.doing = "opening"
        self.window: QWidget | None = None
        self.slowest = (0.0, "")
        self.rests: list[Counts] = []
        self._latencies_ms: list[float] = []
        self._samples: list[tuple[float, float]] = []
        self._last = time.perf_counter()
        self._before = qInstallMessageHandler(self._qt_says)
        self._ticks = self._timer(TICK_MS, self._tick)
        self._ticks.setTimerType(Qt.TimerType.PreciseTimer)
        self._sampling = self._timer(SAMPLE_MS, self._sample)

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.started

    def problem(self, text: str) -> None:
        """Something that must not happen has happened."""
        self.problems[text] += 1

    def caught(self, message: str, hint: str, details: str) -> None:
        """A dialog with a message has been shown; with details it is no mere refusal."""
        if details:
            self.problem(f"{message} after {self.doing}\n{details}")
        else:
            self.refusals += 1

    def rest(self) -> Counts:
        """Count what is there when nothing goes on."""
        gc.collect()
        counts = Counts(
            self.seconds,
            len(own_widgets(self.window)) if self.window else 0,
            len(list(Path("/proc/self/task").iterdir())),
            rss_mb(),
            heap_mb(),
        )
        self.rests.append(counts)
        self._last = time.perf_counter()  # the collection is the robot's doing, not the window's
        return counts

    def report(self, actions: Counter[str], finished: int, rest_s: float) -> Report:
        """The figures so far; stops watching."""
        self._ticks.stop()
        self._sampling.stop()
        qInstallMessageHandler(self._before)
        self._sample()
        late = np.array(self._latencies_ms or [0.0])
        settled = [c for c in self.rests if c.at_s > WARM_UP * self.seconds] or self.rests
        memory = [s for s in self._samples if 3600 * s[0] > WARM_UP * self.seconds] or self._samples
        count = sum(actions.values())
        return Report(
            minutes=self.seconds / 60,
            actions=count,
            bursts=len(self.rests),
            finished_jobs=finished,
            actions_per_minute=60 * count / self.seconds,
            latency_p50_ms=float(np.percentile(late, 50)),
            latency_p99_ms=float(np.percentile(late, 99)),
            latency_max_ms=float(late.max()),
            slowest=self.slowest[1],
            rest_s_max=rest_s,
            rss_first_mb=memory[0][1],
            rss_last_mb=memory[-1][1],
            rss_slope_mb_per_h=slope(memory),
            rest_slope_mb_per_h=slope([(c.at_s / 3600, c.rss_mb) for c in settled]),
            heap_first_mb=settled[0].heap_mb if settled else 0.0,
            heap_last_mb=settled[-1].heap_mb if settled else 0.0,
            heap_slope_mb_per_h=slope([(c.at_s / 3600, c.heap_mb) for c in settled]),
            widgets_first=settled[0].widgets if settled else 0,
            widgets_last=settled[-1].widgets if settled else 0,
            threads_first=settled[0].threads if settled else 0,
            threads_last=settled[-1].threads if settled else 0,
            refusals=self.refusals,
            done=dict(actions.most_common()),
            problems=dict(self.problems),
        )

    def _timer(self, interval_ms: int, call: object) -> QTimer:
        timer = QTimer(self)
        timer.timeout.connect(call)
        timer.start(interval_ms)
        return timer

    def _tick(self) -> None:
        now = time.perf_counter()
        late_ms = max(0.0, 1000 * (now - self._last) - TICK_MS)
        self._last = now
        self._latencies_ms.append(late_ms)
        if late_ms > self.slowest[0]:
            self.slowest = (late_ms, self.doing)

    def _sample(self) -> None:
        self._samples.append((self.seconds / 3600, rss_mb()))

    def _qt_says(self, kind: QtMsgType, where: QMessageLogContext, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and kind != QtMsgType.QtInfoMsg and _QUIET not in text:
            self.problem(f"Qt: {text} after {self.doing}")


def rss_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class _Mallinfo(ctypes.Structure):
    """What glibc's ``mallinfo2`` gives, see malloc.h."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def heap_mb() -> float:
    """What native code and Python's large objects hold of the heap; 0 where libc does not tell.

    Resident memory minus this is what a fragmented heap keeps, caches, code and small objects.
    """
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):
        return 0.0
    mallinfo2.restype = _Mallinfo
    found = mallinfo2()
    return float(found.uordblks + found.hblkhd) / 1e6


def slope(points: list[tuple[float, float]]) -> float:
    """Of the least-squares line through (x, y), 0 for fewer than three points.

    >>> round(slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), 6)
    2.0
    """
    if len(points) < 3:
        return 0.0
    x, y = np.array(points).T
    x = x - x.mean()
    return float((x * y).sum() / max(float((x * x).sum()), 1e-12))

"""The one driver of all work: it cancels, shows and makes room between two steps."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from typing import TypeVar

import numpy as np

from dgn_explorer.engine.halting import halting
from dgn_explorer.engine.messages import Frame
from dgn_explorer.synthesis.kinds import Top
from dgn_explorer.synthesis.progress import Progress

T = TypeVar("T")
R = TypeVar("R")
FRAME_INTERVAL_S = 1 / 30
LOOK_INTERVAL_S = 1.0
_NO_TRACE = np.zeros(0, np.float32)


def drive(
    work: Generator[Progress[T], None, R],
    cancelled: Callable[[], bool],
    report: Callable[[Progress[T]], None],
    make_room: Callable[[], None],
) -> R | None:
    """Run ``work`` and return what it comes to, or None if it was cancelled before its last step.

    After every step ``report`` gets the progress and then ``make_room`` runs what is more urgent.
    ``cancelled`` is asked between steps, and between any two modules of a pass.
    """
    with closing(work):
        last = False
        while last or not cancelled():
            ended: list[R] = []
            progress: Progress[T] | None = None
            with halting(_never if last else cancelled):
                try:
                    progress = next(work)
                except StopIteration as end:
                    ended.append(end.value)
            if ended:
                return ended[0]
            if progress is None:  # halted in the middle of a step
                return None
            last = progress.done >= progress.total  # all is made, and only has to be put together
            report(progress)
            make_room()
    return None


class Frames:
    """Makes a `Frame` of a progress now and then, for the jobs ``numbers`` in turn.

    ``look`` says what the network sees in an image (H, W, 3) uint8; it is asked about once a
    second, not in the first, and takes a twentieth of the time at most.
    """

    def __init__(
        self, show: Callable[[Frame], None], look: Callable[[np.ndarray], Top] | None = None
    ) -> None:
        self._show, self._look = show, look
        self._started = time.monotonic()
        self._next_look = self._started + LOOK_INTERVAL_S  # the first picture waits for no look
        self._next = 0.0
        self._turn = 0
        self._first: int | None = None  # what a run that goes on from a draft had done already

    def pause(self, seconds: float) -> None:
        """Other work took ``seconds``: the time left does not count them."""
        self._started += seconds

    def offer(self, progress: Progress[T], jobs: dict[int, int]) -> None:
        """Show one of ``jobs`` (place in the work -> job's number), if it is time again."""
        now = time.monotonic()
        if self._first is None:
            self._first = progress.done - 1
        if now < self._next or not jobs:
            return
        self._next = now + FRAME_INTERVAL_S
        place = list(jobs)[self._turn % len(jobs)]
        self._turn += 1
        left = max(0, progress.total - progress.done)
        left_s = (now - self._started) / max(1, progress.done - self._first) * left
        frame = frame_of(jobs[place], progress, place, left_s)
        top = self._seen(frame.image, now) if frame.image is not None else ()
        self._show(replace(frame, top=top))

    def _seen(self, image: np.ndarray, now: float) -> Top:
        if self._look is None or now < self._next_look:
            return ()
        top = self._look(image)
        took = time.monotonic() - now
        self._next_look = now + max(LOOK_INTERVAL_S, 20 * took)
        return top


def frame_of(job: int, progress: Progress[T], place: int, seconds_left: float = 0.0) -> Frame:
    """What there is to see of ``job``, the one at ``place`` in the work."""
    return Frame(
        job,
        progress.done,
        progress.total,
        progress.picture(place) if progress.picture else None,
        progress.trace(place) if progress.trace else _NO_TRACE,
        seconds_left,
        so_far=progress.so_far(place) if progress.so_far else None,
    )


def _never() -> bool:
    return False

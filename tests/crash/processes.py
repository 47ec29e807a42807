"""A child that is forked, says what it has finished, and is killed at some moment."""

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

Say = Callable[[int], object]


@dataclass(frozen=True)
class Child:
    """A child at work."""

    pid: int
    lines: TextIO

    def end(self) -> tuple[list[int], int]:
        """Wait for its end: the numbers that it said, and its exit code, -signal if killed."""
        with self.lines:
            said = [int(line) for line in self.lines]
        _, status = os.waitpid(self.pid, 0)
        return said, os.waitstatus_to_exitcode(status)


def live(work: Callable[[Say], object]) -> Child:
    """Fork a child that does ``work``, and return when it begins."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        _work(work, writing)
    os.close(writing)
    lines = os.fdopen(reading)
    assert lines.readline() == "ready\n"
    return Child(pid, lines)


def _work(work: Callable[[Say], object], writing: int) -> None:
    status = 1
    try:
        os.write(writing, b"ready\n")
        work(lambda number: os.write(writing, b"%d\n" % number))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)

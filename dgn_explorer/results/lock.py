"""A lock between programs, held for the milliseconds in which a file is compared and renamed."""

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dgn_explorer.disk import FileSystem
from dgn_explorer.errors import DgnError

_POLL_S = 0.002
_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_UNSUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)


@contextmanager
def locked(path: Path, fs: FileSystem, timeout_s: float = 10.0) -> Iterator[None]:
    """Hold the lock file ``path``; it is let go when the process dies, however it dies.

    On a file system without locks the block runs unlocked. Raises `DgnError` if another program
    holds the lock for longer than ``timeout_s``, and `OSError` if the file cannot be opened.
    """
    descriptor = fs.open_lock(path)
    try:
        _wait(path, descriptor, timeout_s)
        yield
    finally:
        fs.close(descriptor)  # this ends the lock too


def _wait(path: Path, descriptor: int, timeout_s: float) -> None:
    give_up_s = time.monotonic() + timeout_s
    while True:
        try:
            _take(descriptor)
            return
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                return
            if error.errno not in _BUSY:
                raise
        if time.monotonic() > give_up_s:
            raise DgnError(
                f"Another program has kept the store {path.parent} busy for {timeout_s:g} s.",
                "Close other copies of dgn-explorer that hang, and try again.",
            )
        time.sleep(_POLL_S)


def _take(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

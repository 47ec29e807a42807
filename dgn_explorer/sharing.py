"""Files that several programs change: each takes the lock, reads, applies its change and writes.

The lock is held for the milliseconds in which files are compared and replaced.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dgn_explorer.disk import FileSystem, keep_file, make_folder, read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.locks import Taken, take

_LOCK = ".lock"
_POLL_S = 0.002


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


def change_file(
    path: Path, change: Callable[[bytes | None], bytes], fs: FileSystem | None = None
) -> bytes:
    """Replace what ``path`` holds, None without such a file, by ``change`` of it; return that.

    The folder is the program's own: it is made, and what kills have left in it is removed. Raises
    `OSError`, and as `locked` and ``change`` do; the file then stays as it was.
    """
    fs = fs or FileSystem()
    make_folder(path.parent, fs)
    with locked(path.parent / _LOCK, fs):
        try:
            before = read_file(path)
        except FileNotFoundError:
            before = None
        after = change(before)
        if after != before:
            keep_file(path, after, fs)
    return after


def _wait(path: Path, descriptor: int, timeout_s: float) -> None:
    give_up_s = time.monotonic() + timeout_s
    while take(descriptor) is Taken.BUSY:
        if time.monotonic() > give_up_s:
            raise DgnError(
                f"Another program has kept the folder {path.parent} busy for {timeout_s:g} s.",
                "Close other copies of dgn-explorer that hang, and try again.",
            )
        time.sleep(_POLL_S)

"""Writing files so that a crash, a full disk or a power cut never leaves half of one.

Every call that changes the disk goes through a `FileSystem`, so that tests can make any one fail.
"""

import contextlib
import errno
import hashlib
import itertools
import os
import platform
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from dgn_explorer.errors import DgnError

_FOREIGN_AGE_S = 24 * 3600.0
_TOKEN = secrets.token_hex(4)  # tells this process from an earlier one that had the same number
_COUNT = itertools.count()
_TEMPORARY = re.compile(
    r"\.dgn-(?P<host>[0-9a-f]{8})-(?P<pid>\d{1,10})-(?P<token>[0-9a-f]{8})-\d+\.tmp"
)


class FileSystem:
    """The system calls that writing a file needs, one method each; all raise `OSError`."""

    def mkdir(self, folder: Path) -> None:
        """Create ``folder``; one that exists is left as it is."""
        folder.mkdir(exist_ok=True)

    def create(self, path: Path) -> int:
        """Create a new file for writing and return its descriptor."""
        binary = getattr(os, "O_BINARY", 0)  # Windows would turn line ends around otherwise
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary, 0o666)

    def open_lock(self, path: Path) -> int:
        """Open a lock file, which is created if it is missing, and return its descriptor."""
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of ``data``."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def sync(self, descriptor: int) -> None:
        """Return when the file's content is on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close the descriptor."""
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Rename ``source`` to ``target`` in one step, over a file that is there."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove the file."""
        path.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Return when the names in ``folder`` are on the disk."""
        if os.name == "nt":  # folders cannot be opened there, and NTFS keeps a journal of names
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems
                raise
        finally:
            os.close(descriptor)


def make_folder(folder: Path, fs: FileSystem) -> None:
    """Create ``folder`` and its parents, and sync every name that is new."""
    if not folder.is_dir():
        make_folder(folder.parent, fs)
        fs.mkdir(folder)
        fs.sync_folder(folder.parent)


def temporary_path(folder: Path) -> Path:
    """A new name in ``folder`` that `remove_dead_temporaries` knows."""
    return folder / f".dgn-{_host()}-{os.getpid()}-{_TOKEN}-{next(_COUNT)}.tmp"


def write_temporary(folder: Path, data: bytes, fs: FileSystem) -> Path:
    """Write and sync ``data`` under a temporary name in ``folder``; nothing is left on an error."""
    path = temporary_path(folder)
    descriptor = fs.create(path)
    try:
        try:
            fs.write(descriptor, data)
            fs.sync(descriptor)
        finally:
            fs.close(descriptor)
    except BaseException:
        discard(path, fs)
        raise
    return path


def write_file(path: Path, data: bytes, fs: FileSystem) -> None:
    """Put ``data`` at ``path``: at every moment the old file is there or the whole new one."""
    temporary = write_temporary(path.parent, data, fs)
    try:
        fs.replace(temporary, path)
    except BaseException:
        discard(temporary, fs)
        raise
    fs.sync_folder(path.parent)


def discard(path: Path, fs: FileSystem) -> None:
    """Remove ``path`` if that is possible; `remove_dead_temporaries` gets what is left."""
    with contextlib.suppress(OSError):
        fs.remove(path)


def remove_dead_temporaries(folder: Path, fs: FileSystem) -> None:
    """Remove what killed processes left half-written in ``folder``; never raises `OSError`."""
    with contextlib.suppress(OSError):  # no such folder yet, or one that may not be read
        for path in _temporaries(folder):
            if _is_dead(path):
                discard(path, fs)


def disk_error(error: OSError, action: str, otherwise: str) -> DgnError:
    """The `DgnError` for ``error``: ``action`` says what failed, ``otherwise`` what else to do.

    >>> full = OSError(errno.ENOSPC, "No space left on device")
    >>> print(disk_error(full, "write a.png", "choose another folder"))
    There is no space left to write a.png. Free some space, or choose another folder.
    """
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message, hint = f"There is no space left to {action}.", "Free some space"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        message, hint = f"It is not allowed to {action} ({reason}).", "Change the permissions"
    else:
        message, hint = f"It was not possible to {action} ({reason}).", "Check the disk"
    return DgnError(message, f"{hint}, or {otherwise}.")


def _temporaries(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if _TEMPORARY.fullmatch(path.name))


def _is_dead(path: Path) -> bool:
    match = _TEMPORARY.fullmatch(path.name)
    assert match is not None
    pid = int(match["pid"])
    if match["host"] == _host() and os.name != "nt":
        if pid == os.getpid():
            return match["token"] != _TOKEN
        return not _is_running(pid)
    # Another machine's processes cannot be asked, and on Windows os.kill(pid, 0) is no question.
    # A write takes milliseconds, so a day is enough even for clocks that disagree.
    return time.time() - path.stat().st_mtime > _FOREIGN_AGE_S


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it runs, and belongs to somebody else
        return True
    return True


def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]

"""The one way to write a file whole: a crash, a full disk or a power cut leaves the old or the new.

A file is written under a temporary name beside its place, synced, and renamed. While it is written
it is locked, so that another program can tell what is being written from what a killed program has
left. Every call that changes the disk goes through a `FileSystem`, so that tests can make any one
fail.
"""

import contextlib
import errno
import functools
import hashlib
import itertools
import os
import platform
import re
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from dgn_explorer.errors import DgnError
from dgn_explorer.locks import Taken, take

MOST_READ = 64 << 20  # bytes of notes, a queue and the like; parsed they take ten times as much
LARGE_READ = 1 << 30  # of a list that may have a line a photograph
_FOREIGN_AGE_S = 24 * 3600.0
_GAP_AGE_S = 600.0  # on Windows; between the end of writing and the rename are microseconds
_ATTEMPTS = 100
_PIECE_BYTES = 1 << 20
_RUN = secrets.token_hex(4)  # two containers may give their processes the same number
_COUNT = itertools.count()
_TEMPORARY = re.compile(r"\.dgn-(?P<machine>[0-9a-f]{8})-\d{1,10}-[0-9a-f]{8}-\d+\.tmp")
_BOOT = Path("/proc/sys/kernel/random/boot_id")  # one for all containers on a Linux machine


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


class Temporary:
    """A new file under a temporary name, locked for as long as it is written; see `temporary_file`.

    Attributes
    ----------
    path : where it is. What opens it by name must write into it, not put another file in its place.
    moved : whether it has got its real name.
    """

    def __init__(self, folder: Path, fs: FileSystem) -> None:
        self._fs = fs
        self.moved = False
        self._open: int | None
        self.path, self._open = _create(folder, fs)

    def write(self, data: bytes) -> None:
        """Write ``data`` and wait until it is on the disk."""
        assert self._open is not None
        self._fs.write(self._open, data)
        self.sync()

    def sync(self) -> None:
        """Return when what was written, by whatever means, is on the disk."""
        assert self._open is not None
        self._fs.sync(self._open)

    def replace(self, target: Path) -> None:
        """Give the file its real name in one step, over a file that is there."""
        if os.name == "nt":  # where nobody can rename or remove a file that is open
            self.close()
        self._fs.replace(self.path, target)
        self.moved = True

    def close(self) -> None:
        """Let the file go."""
        if self._open is not None:
            descriptor, self._open = self._open, None
            self._fs.close(descriptor)


@contextlib.contextmanager
def temporary_file(folder: Path, fs: FileSystem) -> Iterator[Temporary]:
    """A new `Temporary` in ``folder``, removed at the end unless it has been moved."""
    temporary = Temporary(folder, fs)
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):  # what counts has been synced
            temporary.close()
        if not temporary.moved:
            discard(temporary.path, fs)


def write_file(path: Path, data: bytes, fs: FileSystem | None = None) -> None:
    """Put ``data`` at ``path``: at every moment the old file is there or the whole new one."""
    fs = fs or FileSystem()
    with temporary_file(path.parent, fs) as temporary:
        temporary.write(data)
        temporary.replace(path)
    fs.sync_folder(path.parent)


@contextlib.contextmanager
def replacing(path: Path, fs: FileSystem | None = None) -> Iterator[Path]:
    """As `write_file`, for what is too long for the memory or written by a library.

    Gives the name of an empty file beside ``path``; what the block writes into it takes the place
    of ``path``. If the block or the system fails, ``path`` stays as it was.
    """
    fs = fs or FileSystem()
    with temporary_file(path.parent, fs) as temporary:
        yield temporary.path
        temporary.sync()
        temporary.replace(path)
    fs.sync_folder(path.parent)


def read_file(path: Path, most_bytes: int = MOST_READ) -> bytes:
    """What the plain file ``path`` holds; raises `OSError`, also for whatever is none.

    To open a pipe or a device would wait for ever, or never come to an end.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", str(path))
        if found.st_size > most_bytes:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        data = file.read(found.st_size + 1)  # not more: room for all of it is taken at once
        while len(data) <= most_bytes:  # it says that it is empty, or grows
            more = file.read(min(_PIECE_BYTES, most_bytes + 1 - len(data)))
            if not more:
                break
            data += more
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


def read_text(path: Path, most_bytes: int = MOST_READ) -> str:
    """As `read_file`, in UTF-8; raises `UnicodeDecodeError` too."""
    return read_file(path, most_bytes).decode("utf-8").replace("\r\n", "\n")


def keep_file(path: Path, data: bytes, fs: FileSystem | None = None) -> None:
    """`write_file` in a folder of the program's own: it is made, and what kills have left goes."""
    fs = fs or FileSystem()
    make_folder(path.parent, fs)
    remove_dead_temporaries(path.parent, fs)
    write_file(path, data, fs)


def discard(path: Path, fs: FileSystem) -> None:
    """Remove ``path`` if that is possible; `remove_dead_temporaries` gets what is left."""
    with contextlib.suppress(OSError):
        fs.remove(path)


def remove_dead_temporaries(folder: Path, fs: FileSystem) -> None:
    """Remove what killed programs left half-written in ``folder``; never raises `OSError`.

    A file whose writer lives is locked, in whatever container that runs. What another machine, or
    one on a file system without locks, has left is removed after a day.
    """
    with contextlib.suppress(OSError):  # no such folder yet, or one that may not be read
        for path in folder.iterdir():
            match = _TEMPORARY.fullmatch(path.name)
            if match is not None:
                with contextlib.suppress(OSError):
                    _remove_if_dead(path, match["machine"] == _machine(), fs)


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


def _create(folder: Path, fs: FileSystem) -> tuple[Path, int]:
    for _ in range(_ATTEMPTS):
        path = folder / f".dgn-{_machine()}-{os.getpid()}-{_RUN}-{next(_COUNT)}.tmp"
        descriptor = fs.create(path)
        # Before it was locked, a program that cleans up may have taken it for a dead one's.
        if os.name == "nt" or (take(descriptor) is not Taken.BUSY and _is_at(path, descriptor)):
            return path, descriptor
        fs.close(descriptor)
    raise OSError(errno.EBUSY, "another program removes every new file", str(folder))


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove_if_dead(path: Path, ours: bool, fs: FileSystem) -> None:
    status = path.lstat()
    age_s = time.time() - status.st_mtime
    if not stat.S_ISREG(status.st_mode) or not (ours or age_s > _FOREIGN_AGE_S):
        return
    if os.name == "nt":  # removing what is open fails there
        if age_s > _GAP_AGE_S:
            fs.remove(path)
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        taken = take(descriptor)
        old = age_s > _FOREIGN_AGE_S
        if taken is Taken.YES or (taken is Taken.UNSUPPORTED and old):
            fs.remove(path)
    finally:
        os.close(descriptor)


@functools.cache
def _machine() -> str:
    try:
        name = _BOOT.read_text()
    except (OSError, UnicodeDecodeError):
        name = platform.node()
    return hashlib.sha256(name.encode()).hexdigest()[:8]

"""A lock on an open file: it ends with the program that holds it, however that dies.

Unlike a process number it means the same in every container of a machine. POSIX systems use
``flock``, which two descriptors of one program do not share either, and which Linux hands on to the
server of a network file system; Windows locks one byte far behind the end of the file, so that the
file can be read meanwhile.
"""

import errno
import os
import sys
from enum import Enum

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_UNSUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)
_FAR = 0x7FFF_FFFE  # msvcrt counts in 32 bits


class Taken(Enum):
    """How an attempt to take a lock has ended."""

    YES = "yes"
    BUSY = "another program holds it"
    UNSUPPORTED = "the file system has no locks"


def take(descriptor: int, *, shared: bool = False) -> Taken:
    """Try to lock the open file at once; closing ``descriptor`` lets the lock go.

    ``shared`` locks exclude only those that are not; Windows has none, where it is ignored. Raises
    `OSError` for a failing disk.
    """
    try:
        _take(descriptor, shared)
    except OSError as error:
        if error.errno in _BUSY:
            return Taken.BUSY
        if error.errno in _UNSUPPORTED:
            return Taken.UNSUPPORTED
        raise
    return Taken.YES


def _take(descriptor: int, shared: bool) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)

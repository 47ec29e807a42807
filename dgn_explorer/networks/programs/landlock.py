"""Giving up the right to change files, where Linux knows how (5.13 and later).

https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import struct
import sys

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the same numbers on every processor
_NO_NEW_PRIVILEGES = 38
_WRITE_FILE, _FIRST_OF_FOLDERS, _LAST_OF_FOLDERS = 1, 4, 12  # bits; those of folders: make, remove


def forbid_changes() -> bool:
    """Let this process open no file for writing, nor make or remove one; whether that worked.

    It holds for the calling thread and those that it starts, and cannot be taken back.
    """
    if not sys.platform.startswith("linux"):
        return False
    rights = 1 << _WRITE_FILE
    for bit in range(_FIRST_OF_FOLDERS, _LAST_OF_FOLDERS + 1):
        rights |= 1 << bit
    handled = struct.pack("=Q", rights)
    libc = ctypes.CDLL(None, use_errno=True)
    ruleset = libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    if ruleset < 0:
        return False  # an older kernel, or one that was started without it
    try:
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)

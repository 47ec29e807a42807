"""How much memory is free, and what the C library does with what is free again."""

import ctypes
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # M_… of malloc.h
_PAD_BYTES = 2**26
_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")  # of a container, which sees itself at the root
_UNKNOWN_BYTES = 8 << 30  # where the system does not tell


def free_bytes() -> int:
    """How much memory this process may still take: the machine's, or its container's if less.

    On macOS all that the machine has; where nothing is told, 8 GiB.
    """
    if sys.platform == "win32":
        return _windows_free()
    if sys.platform != "linux":
        try:  # macOS frees what is inactive as soon as it is asked for: all there is, then
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (ValueError, OSError):
            return _UNKNOWN_BYTES
    try:
        lines = dict(line.split(":") for line in _MEMINFO.read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) << 10
    except (OSError, ValueError, KeyError, IndexError):
        return _UNKNOWN_BYTES
    return min(free, _container_free(free))


def _container_free(otherwise: int) -> int:
    """What is left below the limit of a container (version 2 of control groups)."""
    try:
        most = int((_GROUP / "memory.max").read_text())
        used = int((_GROUP / "memory.current").read_text())
        lines = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
        return most - used + int(lines["inactive_file"])  # cached files, which make room
    except (OSError, ValueError, KeyError):  # no limit ("max"), or no container
        return otherwise


def _windows_free() -> int:
    class Status(ctypes.Structure):  # MEMORYSTATUSEX
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            ("free", ctypes.c_ulonglong),
            ("others", ctypes.c_ulonglong * 4),
            ("extended", ctypes.c_ulonglong),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - mypy knows it on Windows alone
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return _UNKNOWN_BYTES
    return int(status.free)


def keep_memory(device: "torch.device") -> None:
    """Keep freed memory in this process, up to 2 GiB, for work on ``device`` if that is a CPU.

    By default glibc returns large blocks as soon as they are free, and the system clears every page
    anew when the next step asks for them. ``python -m tests.benchmarks --only memory`` shows what
    that costs. Other devices and C libraries are left as they are. See mallopt(3).
    """
    if device.type != "cpu" or platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    for option, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1), (_TOP_PAD, _PAD_BYTES)):
        mallopt(option, value)

"""What the C library does with memory that is free again, for long work on a CPU."""

import ctypes
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # M_… of malloc.h
_PAD_BYTES = 2**26


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

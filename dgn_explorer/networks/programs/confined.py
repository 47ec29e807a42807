"""Opening a program in a process of its own first, which can be ended.

Whether a program ends cannot be read from its text, nor how much memory it takes; and while torch
compiles or runs one, every other thread may have to wait. So a process without the user's window,
with a limit of time and memory and unable to write a file, opens each program once. What ended
there, in time, is opened here.
"""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs import limits
from dgn_explorer.networks.programs.landlock import forbid_changes

CAPTIONS = "captions"  # a caption network, whose ``channels`` are its words
LIMIT_CPU_S = 12  # of work, besides the limit by the clock, which Windows has alone
MEMORY_BYTES = 6 << 30
_TIMES_ARCHIVE = 6
_READY = b"\n"
_LIMITS_WORK = sys.platform != "win32"
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    "from dgn_explorer.networks.programs import confined; confined.child()"
)


def require_opens(
    kind: str, archive: bytes, channels: int, size: int, source: str, deadline: limits.Deadline
) -> limits.Deadline:
    """Raise `DgnError` unless a confined process opens the program within the limits.

    The ``deadline`` that comes back is later by what the process took to start more than usual.
    """
    path = [str(Path(folder).resolve()) for folder in sys.path]
    command = [sys.executable, "-I", "-W", "ignore", "-c", _START, json.dumps(path), kind]
    order = json.dumps(
        {
            "kind": kind,
            "channels": channels,
            "size": size,
            "source": source,
            "memory_bytes": MEMORY_BYTES + _TIMES_ARCHIVE * len(archive),
            "cpu_s": LIMIT_CPU_S,
        }
    )
    with _started(command) as process:
        try:
            deadline = deadline.later(_until_ready(process) - limits.STARTING_S)
            most_s = min(limits.TRYING_S, deadline.left_s())
            if _LIMITS_WORK and most_s > 0:
                most_s += limits.BUSY_S  # its work is limited besides
            output, _ = process.communicate(order.encode() + b"\n" + archive, most_s)
        except subprocess.TimeoutExpired:
            raise DgnError(
                f"{source} was not opened: trying it did not end within {most_s:.0f} seconds.",
                "If the machine is busy, open it again later; otherwise save the network's state"
                " dict and open it with --arch.",
            ) from None
        finally:
            process.kill()
    if process.returncode == -getattr(signal, "SIGXCPU", signal.SIGTERM):
        raise _endless(source)
    answer = _answer(output)
    if answer is None:
        raise DgnError(
            f"{source} was not opened: the process that tried it ended with"
            f" {_end(process.returncode)}.",
            "The file is damaged, or the network takes more memory than"
            f" {MEMORY_BYTES >> 30} GiB: save its state dict and open it with --arch.",
        )
    if answer:
        raise DgnError(*answer)
    return deadline


def _started(command: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _until_ready(process: "subprocess.Popen[bytes]") -> float:
    """Wait until the process has imported torch, in seconds; nothing of the file is there yet.

    On a busy machine that alone can take longer than a network may.
    """
    begun = time.monotonic()
    watchdog = threading.Timer(limits.READY_S, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        process.stdout.read(len(_READY))  # nothing if it ended: then it is told below
    finally:
        watchdog.cancel()
    return time.monotonic() - begun


def _endless(source: str) -> DgnError:
    return DgnError(
        f"{source} was not opened: trying it did not end within {LIMIT_CPU_S} seconds of work.",
        "Save the network's state dict and open it with --arch.",
    )


def _answer(output: bytes) -> list[str] | None:
    """Sentence and way out of what went wrong, an empty list if nothing did."""
    try:
        answer = json.loads(output)
    except ValueError:
        return None
    whole = isinstance(answer, list) and len(answer) in (0, 2)
    return answer if whole and all(isinstance(text, str) for text in answer) else None


def _end(returncode: int) -> str:
    if returncode < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-returncode).name
    return f"exit code {returncode}"


def child() -> None:
    """The life of the confined process: an order from standard input, an answer, the end."""
    writing = os.dup(1)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    import torch

    from dgn_explorer.networks.programs.caption_program import opened
    from dgn_explorer.networks.programs.loading import SCRIPTED, open_program
    from dgn_explorer.networks.programs.program_loader import unreadable

    if sys.argv[2] != SCRIPTED:
        import torch.export.pt2_archive  # while it counts for nothing
    os.write(writing, _READY)
    order = json.loads(sys.stdin.buffer.readline())
    archive = sys.stdin.buffer.read()
    torch.set_num_threads(1)  # so that a second of work is a second
    _confine(order["memory_bytes"], order["cpu_s"])
    answer: list[str] = []
    try:
        if order["kind"] == CAPTIONS:
            opened(archive, order["channels"], order["source"], torch.device("cpu"))
        else:
            open_program(order["kind"], archive, order["channels"], order["size"])
    except DgnError as error:
        answer = [error.message, error.hint]
    except MemoryError:
        os._exit(1)
    except Exception as error:  # the program of a damaged file may do anything wrong
        told = unreadable(order["source"], error)
        answer = [told.message, told.hint]
    os.write(writing, json.dumps(answer).encode())
    os._exit(0)  # whatever the program has left behind


def _confine(memory_bytes: int, cpu_s: int) -> None:
    forbid_changes()
    try:
        import resource
    except ImportError:  # Windows has no such limits: there the one of time is left
        return
    limits: list[tuple[Any, int]] = [
        (resource.RLIMIT_AS, _address_bytes() + memory_bytes),
        (resource.RLIMIT_CPU, math.ceil(time.process_time()) + cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ]
    for kind, limit in limits:
        _, hard = resource.getrlimit(kind)
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS does not limit memory
            resource.setrlimit(kind, (wanted, hard))  # at the hard one it could not tell why


def _address_bytes() -> int:
    """The address space in use; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")

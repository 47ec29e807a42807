"""The lock of a run: one process trains in a folder, and others can tell whether it lives.

It ends with its process, however that dies, and not before, however long that is silent. The lock
file says who holds it. Free of torch.
"""

import json
import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from dgn_explorer.disk import disk_error
from dgn_explorer.errors import DgnError
from dgn_explorer.locks import Taken, take

LOCK_NAME = ".lock"
_PATIENCE_S = 2.0  # another process may look whether the run lives, for microseconds
_POLL_S = 0.02
_MOST_BYTES = 4096


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the run in ``folder``; raises `DgnError`, which says who, if another process has it."""
    path = folder / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise disk_error(error, f"write {path}", "choose another --run folder") from error
    try:
        _take(folder, descriptor)
        _say(descriptor, {"pid": os.getpid(), "host": platform.node(), "since": _now()})
        try:
            yield
        finally:
            _say(descriptor, {})
    finally:
        os.close(descriptor)


def is_alive(folder: Path) -> bool:
    """Whether a process trains in ``folder``, now."""
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:  # no lock file: no process has ever trained there
        return False
    try:
        taken = take(descriptor, shared=True)
        return taken is Taken.BUSY or (taken is Taken.UNSUPPORTED and _may_live(descriptor))
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _take(folder: Path, descriptor: int) -> None:
    give_up_s = time.monotonic() + _PATIENCE_S
    while (taken := take(descriptor)) is Taken.BUSY and time.monotonic() < give_up_s:
        time.sleep(_POLL_S)
    if taken is Taken.YES or (taken is Taken.UNSUPPORTED and not _may_live(descriptor)):
        return
    sure = "" if taken is Taken.BUSY else f" If that has ended, remove {folder / LOCK_NAME}."
    raise DgnError(
        f"The run in {folder} is being trained by {_who(_read(descriptor))}.",
        f"Let it go on or stop it first, or choose another --run folder.{sure}",
    )


def _may_live(descriptor: int) -> bool:
    """Without locks: whether who has said to be there may be, as far as one can tell from here."""
    said = _read(descriptor)
    if not said:
        return False
    if os.name == "nt" or said.get("host") != platform.node():
        return True
    try:
        os.kill(int(said["pid"]), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except (PermissionError, LookupError, TypeError, ValueError):
        return True
    return True


def _who(said: dict[str, Any]) -> str:
    if not said:
        return "another process"
    return "process {pid} on {host} since {since}".format_map(defaultdict(lambda: "?", said))


def _say(descriptor: int, said: dict[str, Any]) -> None:
    with suppress(OSError):  # the lock counts, not what it says
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(said).encode() if said else b"")


def _read(descriptor: int) -> dict[str, Any]:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        said = json.loads(os.read(descriptor, _MOST_BYTES) or b"{}")
    except (OSError, ValueError, RecursionError):
        return {"pid": "?"}  # somebody has written something
    return said if isinstance(said, dict) else {}


def _now() -> str:
    return datetime.now().astimezone().isoformat(" ", "seconds")

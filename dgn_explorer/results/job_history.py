"""What ran in the window and how it ended, on the disk; the newest first."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dgn_explorer.disk import FileSystem, disk_error, read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.sharing import change_file

MOST = 200
DONE, STOPPED, FAILED, CANCELLED = "done", "stopped", "failed", "cancelled"
_FORMAT = 1


@dataclass(frozen=True)
class Past:
    """Something that has ended: ``what`` it was, how (``outcome``), and when (ISO 8601).

    ``key`` is the stored result that it made, empty for none. ``message`` and ``hint`` say what
    went wrong, or what came of it.
    """

    what: str
    outcome: str
    at: str
    seconds: float = 0.0
    key: str = ""
    message: str = ""
    hint: str = ""


def read_history(path: Path) -> tuple[Past, ...]:
    """What ``path`` holds, nothing without such a file; raises `DgnError` for a damaged one."""
    try:
        return _decode(path, read_file(path))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise disk_error(error, f"read {path}", "check the folder") from error


def add_history(path: Path, new: Sequence[Past], fs: FileSystem | None = None) -> tuple[Past, ...]:
    """Put ``new``, the newest first, in front of what is there; return what is kept."""

    def change(before: bytes | None) -> bytes:
        try:
            known = () if before is None else _decode(path, before)
        except DgnError:
            known = ()  # it is a list of what is over: better a new one than none
        return _encode((*new, *known)[:MOST])

    return _changed(path, change, fs)


def clear_history(path: Path, fs: FileSystem | None = None) -> None:
    """Forget everything; raises `DgnError`."""
    _changed(path, lambda before: _encode(()), fs)


def _changed(path: Path, change, fs: FileSystem | None) -> tuple[Past, ...]:  # type: ignore[no-untyped-def]
    try:
        return _decode(path, change_file(path, change, fs))
    except OSError as error:
        raise disk_error(error, f"write {path}", "free some space") from error


def _encode(past: Sequence[Past]) -> bytes:
    return json.dumps({"format": _FORMAT, "jobs": [asdict(one) for one in past]}).encode()


def _decode(path: Path, data: bytes) -> tuple[Past, ...]:
    try:
        values = json.loads(data)
        if values["format"] > _FORMAT:
            raise ValueError("it is from a newer program")
        return tuple(
            Past(
                str(one["what"]), str(one["outcome"]), str(one["at"]), float(one["seconds"]),
                str(one["key"]), str(one["message"]), str(one["hint"]),
            )
            for one in values["jobs"][:MOST]
        )  # fmt: skip
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DgnError(
            f"The history of jobs in {path} is damaged ({error}).",
            "Move the file away; it only lists what is over.",
        ) from None

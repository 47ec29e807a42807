"""The trash: which results somebody has put away, and when.

They stay in the store, whole, until the trash is emptied; lists leave them out. One JSON file
beside the results, which any number of programs may change at once.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dgn_explorer.disk import FileSystem, disk_error, read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.sharing import change_file

KEPT_DAYS = 30  # after that a result leaves the disk at a start of the window
_FORMAT = 1
_NAME = "trash.json"


class Trash:
    """The trash of the store in ``folder``; for any thread but the window's."""

    def __init__(self, folder: Path, fs: FileSystem | None = None) -> None:
        self._path, self._fs = folder / "put-away" / _NAME, fs

    def read(self) -> dict[str, datetime]:
        """When each result was put there, by key; raises `DgnError` for a damaged file."""
        try:
            return _decode(self._path, read_file(self._path))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise disk_error(error, f"read {self._path}", "check the folder") from error

    def change(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Put results into the trash, and take others out; raises `DgnError`."""
        now = datetime.now(UTC)
        added, removed = dict.fromkeys(add, now), set(remove)

        def change(before: bytes | None) -> bytes:
            known = {} if before is None else _decode(self._path, before)
            kept = {key: at for key, at in {**added, **known}.items() if key not in removed}
            return _encode(kept)

        try:
            change_file(self._path, change, self._fs)
        except OSError as error:
            raise disk_error(error, f"write {self._path}", "free some space") from error


def overdue(trash: Mapping[str, datetime], days: float = KEPT_DAYS) -> list[str]:
    """What has been in the trash for longer than ``days``."""
    limit = datetime.now(UTC) - timedelta(days=days)
    return [key for key, at in trash.items() if at < limit]


def _encode(trash: Mapping[str, datetime]) -> bytes:
    keys = {key: at.isoformat(timespec="seconds") for key, at in sorted(trash.items())}
    return json.dumps({"format": _FORMAT, "keys": keys}).encode()


def _decode(path: Path, data: bytes) -> dict[str, datetime]:
    try:
        values = json.loads(data)
        if values["format"] > _FORMAT:
            raise ValueError("it is from a newer program")
        return {str(k): datetime.fromisoformat(at) for k, at in values["keys"].items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DgnError(
            f"The list of the trash in {path} is damaged ({error}).",
            "Move the file away: what it names is listed with the other results again.",
        ) from None

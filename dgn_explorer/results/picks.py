"""What people picked from the images of one result: those that they pinned, and those they dropped.

One small JSON file a result, named by its key, beside the notes. The result itself stays as it was
made: the same recipe gives the same images, whatever anybody thinks of them.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgn_explorer.disk import disk_error, read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.results.damage import KEY
from dgn_explorer.sharing import change_file

_FORMAT = 1
_MOST = 1_000_000  # of an image's number
_MAX_BYTES = 1 << 24


@dataclass(frozen=True)
class Picks:
    """Numbers of images, from 0; none is both pinned and dropped.

    >>> Picks().pin([2, 5]).drop([5, 7])
    Picks(pinned=frozenset({2}), dropped=frozenset({5, 7}))
    >>> Picks().drop([7]).drop([7])  # a second time takes it back
    Picks(pinned=frozenset(), dropped=frozenset())
    """

    pinned: frozenset[int] = frozenset()
    dropped: frozenset[int] = frozenset()

    def pin(self, numbers: Iterable[int]) -> "Picks":
        """With these pinned, or if all of them are, without."""
        pinned, dropped = _turned(self.pinned, self.dropped, frozenset(numbers))
        return Picks(pinned, dropped)

    def drop(self, numbers: Iterable[int]) -> "Picks":
        """With these dropped, or if all of them are, without."""
        dropped, pinned = _turned(self.dropped, self.pinned, frozenset(numbers))
        return Picks(pinned, dropped)

    def order(self, numbers: Iterable[int], dropped: bool = False) -> list[int]:
        """``numbers`` with the pinned ones first, and without the others unless ``dropped``.

        >>> Picks(frozenset({3}), frozenset({1})).order(range(5))
        [3, 0, 2, 4]
        """
        kept = [n for n in numbers if dropped or n not in self.dropped]
        return sorted(kept, key=lambda n: n not in self.pinned)

    def to_json(self) -> str:
        """One JSON object."""
        values = {"pinned": sorted(self.pinned), "dropped": sorted(self.dropped)}
        return json.dumps({"format": _FORMAT, **values})

    @classmethod
    def from_json(cls, text: str) -> "Picks":
        """Read `to_json` back; raises `ValueError` for anything else."""
        values: Any = json.loads(text)
        try:
            if values["format"] > _FORMAT:
                raise ValueError("it is from a newer program")
            pinned, dropped = (frozenset(map(_number, values[n])) for n in ("pinned", "dropped"))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{error!r} is not as it should be") from None
        return cls(pinned - dropped, dropped)


def read_picks(folder: Path, key: str) -> Picks:
    """What was picked from the result ``key``; raises `DgnError` for a damaged file."""
    path = _path(folder, key)
    try:
        return _decoded(path, read_file(path, _MAX_BYTES))
    except FileNotFoundError:
        return Picks()
    except OSError as error:
        raise disk_error(error, f"read {path}", "check the folder") from error


def change_picks(folder: Path, key: str, change: Callable[[Picks], Picks]) -> Picks:
    """Change what was picked from the result ``key``, as it is on the disk; what there is then.

    Another window may have picked meanwhile. Raises `DgnError`, also over a damaged file.
    """
    path = _path(folder, key)
    made = Picks()

    def changed(before: bytes | None) -> bytes:
        nonlocal made
        made = change(Picks() if before is None else _decoded(path, before))
        return made.to_json().encode()

    try:
        change_file(path, changed)
    except OSError as error:
        raise disk_error(error, f"write {path}", "choose another folder") from error
    return made


def _turned(
    these: frozenset[int], others: frozenset[int], numbers: frozenset[int]
) -> tuple[frozenset[int], frozenset[int]]:
    if numbers <= these:
        return these - numbers, others
    return these | numbers, others - numbers


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST:
        raise ValueError(f"{value!r} is not the number of an image")
    return value


def _path(folder: Path, key: str) -> Path:
    if not KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a key")
    return folder / f"{key}.json"


def _decoded(path: Path, data: bytes) -> Picks:
    try:
        return Picks.from_json(data.decode())
    except (ValueError, RecursionError) as error:
        raise DgnError(
            f"What was picked in {path} is damaged ({error}).",
            "Move the file away; it is not written to before that.",
        ) from None

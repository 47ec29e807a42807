"""`Collection`: a photo set by its content, so that orders can name it and results stay true.

A set is named by the SHA-256 of its **manifest**: a text with one line a photograph, the SHA-256 of
its bytes and its class folder, sorted. What the files are called and where they lie is no part of
it; of a photograph that is there twice in one folder, one counts.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from dgn_explorer.errors import DgnError

_HEAD = "dgn-explorer photographs 1"
_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64}) (?P<folder>.*)")


@dataclass(frozen=True, order=True, slots=True)
class Listed:
    """A line of a manifest; sorted by folder, so that the classes lie together."""

    folder: str
    sha256: str


@dataclass(frozen=True)
class Collection:
    """Photographs in the order of their manifest.

    ``names`` says where each was found, for people; ``read`` gives the bytes of the photograph at a
    place and may be called from several threads. It raises `DgnError` if they are missing, or no
    longer what the manifest says. Close it to close a zip.
    """

    sha256: str
    name: str
    listed: tuple[Listed, ...]
    names: tuple[str, ...]
    read: Callable[[int], bytes]
    close: Callable[[], None]

    def __len__(self) -> int:
        return len(self.listed)

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The class folders, sorted."""
        return tuple(sorted({one.folder for one in self.listed}))


class Collections(Protocol):
    """What an order's photo sets are opened by."""

    @property
    def measured(self) -> Path:
        """The folder for what networks made of photographs; losing it costs time alone."""

    def open(self, sha256: str) -> Collection:
        """The set of this name; raises `DgnError` if it is not known, or not there any more."""


def encode_manifest(listed: Sequence[Listed]) -> bytes:
    """The manifest of photographs in any order.

    >>> encode_manifest([Listed("cat", "ab" * 32)]).decode().splitlines()[1][60:]
    'abab cat'
    """
    lines = (f"{one.sha256} {one.folder}" for one in sorted(set(listed)))
    return "\n".join((_HEAD, *lines, "")).encode(errors="surrogateescape")


def decode_manifest(data: bytes) -> tuple[Listed, ...]:
    """Read `encode_manifest` back; raises `DgnError` for anything else."""
    try:
        head, *lines, end = data.decode(errors="surrogateescape").split("\n")
        if head != _HEAD or end:
            raise ValueError("its first line is another")
        found = []
        for line in lines:
            match = _LINE.fullmatch(line)
            if match is None:
                raise ValueError(f"{line[:80]!r} is no photograph")
            found.append(Listed(match["folder"], match["sha256"]))
    except ValueError as error:
        raise DgnError(
            f"This is no list of photographs ({error}).", "Give a folder or zip of photographs."
        ) from None
    return tuple(found)

"""What is damaged, and by whom it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Build = Callable[[bytes], bytes]
Read = Callable[[Path], object]


def _whole(content: bytes) -> bytes:
    return content


@dataclass(frozen=True)
class Parser:
    """``read`` reads ``path``, which holds what ``build`` makes of the damaged ``good``.

    ``build`` puts a part into a file that is sound all around it, checksums too, so that damage
    gets past them.
    """

    name: str
    path: Path
    good: bytes
    read: Read
    build: Build = _whole


def place(folder: Path, name: str, file: str) -> Path:
    """The path of a parser's file, in a folder of its own."""
    path = folder / name.replace("/", "-") / file
    path.parent.mkdir(parents=True)
    return path

"""Inputs of orders in the store: bytes named by their SHA-256, each written once.

They lie in ``inputs/<sha[:2]>/<sha>`` beside the results, so that what was made from a photograph
can be made again after the photograph has gone from where it was.
"""

import hashlib
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from dgn_explorer.disk import FileSystem, disk_error, keep_file
from dgn_explorer.errors import DgnError

MOST_BYTES = 256 << 20
NAME = re.compile(r"[0-9a-f]{64}")
_OTHERWISE = "choose another folder with DGN_EXPLORER_HOME"


class InputStore:
    """The inputs below ``folder``; may be used from any thread but the window's."""

    def __init__(self, folder: Path, fs: FileSystem) -> None:
        self.folder = folder
        self._fs = fs

    def put(self, data: bytes) -> str:
        """Keep ``data`` and return its SHA-256; raises `DgnError` if it cannot be written."""
        if len(data) > MOST_BYTES:
            raise DgnError(
                f"The input has {len(data) >> 20} MB.", f"At most {MOST_BYTES >> 20} MB are kept."
            )
        name = hashlib.sha256(data).hexdigest()
        path = self.path(name)
        try:
            if not path.is_file():
                keep_file(path, data, self._fs)
        except OSError as error:
            raise disk_error(error, f"write {path}", _OTHERWISE) from error
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes of this name; raises `DgnError` if they are missing or have changed."""
        path = self.path(sha256)
        try:
            found = path.stat()  # a pipe or a device would never end
            whole = stat.S_ISREG(found.st_mode) and found.st_size <= MOST_BYTES
            data = path.read_bytes() if whole else b""
        except FileNotFoundError:
            raise DgnError(
                f"The input {sha256[:16]}… is not in the store.",
                "Give the photograph again, or unpack the pack that it came with.",
            ) from None
        except OSError as error:
            raise disk_error(error, f"read {path}", _OTHERWISE) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DgnError(
                f"The input {path} has changed since it was kept.",
                "Delete the file and give the photograph again.",
            )
        return data

    def path(self, sha256: str) -> Path:
        """Where an input of this name is or would be; raises `DgnError` if that is no name."""
        if not NAME.fullmatch(sha256):
            raise DgnError(f"{sha256[:80]!r} is not the name of an input.", "It is a SHA-256.")
        return self.folder / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        """Whether there is an input of this name."""
        return self.path(sha256).is_file()

    def names(self) -> Iterator[str]:
        """The SHA-256 of every input that is kept."""
        for path in sorted(self.folder.glob("[0-9a-f][0-9a-f]/*")):
            if NAME.fullmatch(path.name) and path.parent.name == path.name[:2]:
                yield path.name

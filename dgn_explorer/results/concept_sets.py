"""Concept sets that orders name: what they hold, and where they lie.

The manifest of a set (see `photos.concepts.concept_set`) is an input like any other; its pictures
stay where they are. ``concepts/<sha256>.json`` says where that is, and by what its files can be
told from changed ones without reading them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgn_explorer.disk import LARGE_READ, FileSystem, disk_error, keep_file, read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.photos.concepts.concept_set import ConceptSet
from dgn_explorer.results.inputs import InputStore

_FORMAT = 1
_OTHERWISE = "choose another folder with DGN_EXPLORER_HOME"
_SAY_AGAIN = "Give it again, with --concepts FOLDER_OR_ZIP."


@dataclass(frozen=True)
class KeptSet:
    """A set that orders can name now."""

    sha256: str
    name: str


class KeptConcepts:
    """The concept sets of a store; may be used from any thread but the window's."""

    def __init__(self, folder: Path, inputs: InputStore, fs: FileSystem) -> None:
        """``folder`` is the store's."""
        self._folder, self._inputs, self._fs = folder / "concepts", inputs, fs

    @property
    def unfinished(self) -> Path:
        """See `ConceptSets`."""
        return self._folder / "unfinished"

    def put(self, path: Path) -> KeptSet:
        """Name the set in a folder or zip by its content, all of which is read once.

        Raises `DgnError` for what is wrong with it.
        """
        path = path.absolute()
        found = _opened(path)
        try:
            name = self._inputs.put(found.manifest())
            where = {"format": _FORMAT, "path": str(path), "signature": found.files.signature}
        finally:
            found.close()
        file = self._folder / f"{name}.json"
        try:
            keep_file(file, json.dumps(where).encode(), self._fs)
        except OSError as error:
            raise disk_error(error, f"write {file}", _OTHERWISE) from error
        return KeptSet(name, path.name)

    def place(self, sha256: str) -> Path | None:
        """Where the set of this name was last; None if it is not known."""
        where = self._read(self._folder / f"{sha256}.json")
        return Path(str(where["path"])) if "path" in where else None

    def open(self, sha256: str) -> ConceptSet:
        """See `ConceptSets`."""
        where, path = self._read(self._folder / f"{sha256}.json"), self.place(sha256)
        if path is None:
            raise DgnError(f"It is not known where the concept set {sha256[:16]}… is.", _SAY_AGAIN)
        if not path.exists():
            raise DgnError(f"The concept set {path} is not there any more.", _SAY_AGAIN)
        found = _opened(path)
        if found.files.signature != where.get("signature"):
            found.close()
            raise DgnError(f"The concept set {path} has changed since it was named.", _SAY_AGAIN)
        return found

    @staticmethod
    def _read(path: Path) -> dict[str, Any]:
        """What a file of this module says; nothing if it is missing or damaged."""
        try:
            values = json.loads(read_file(path, LARGE_READ))
        except (OSError, ValueError, RecursionError):
            return {}
        usable = isinstance(values, dict) and values.get("format") == _FORMAT
        return values if usable else {}


def _opened(path: Path) -> ConceptSet:
    # Pillow is slow to import, and most programs that open a store have no concepts
    from dgn_explorer.photos.concepts.opening import open_concepts

    return open_concepts(path)

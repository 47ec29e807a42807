"""Photo sets that orders name: which photographs they hold, and where these lie.

The manifest of a set (see `photos.collection`) is an input like any other; the photographs stay
where they are. ``sets/<sha256>.json`` says where that is, and ``sets/at/`` remembers for each place
what its files hashed to, so that only new and changed ones are read again.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgn_explorer.disk import LARGE_READ, FileSystem, disk_error, keep_file, read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.photos.collection import Collection, Listed, decode_manifest, encode_manifest
from dgn_explorer.photos.sets import Photo, open_photos
from dgn_explorer.results.inputs import InputStore

_FORMAT = 1
_OTHERWISE = "choose another folder with DGN_EXPLORER_HOME"
_SAY_AGAIN = "Show where it is: dgn-explorer photos measure FOLDER_OR_ZIP"

OnCount = Callable[[int, int], None]  # how many photographs are done, of how many


@dataclass(frozen=True)
class KeptSet:
    """A set that orders can name now; ``skipped`` says what of it cannot be read, and why."""

    sha256: str
    name: str
    count: int
    skipped: tuple[str, ...]


class PhotoSets:
    """The photo sets of a store; may be used from any thread but the window's."""

    def __init__(self, folder: Path, inputs: InputStore, fs: FileSystem) -> None:
        """``folder`` is the store's."""
        self._folder = folder / "sets"
        self._measured = folder / "measured"
        self._inputs, self._fs = inputs, fs

    @property
    def measured(self) -> Path:
        """See `Collections`."""
        return self._measured

    def put(self, path: Path, report: OnCount = lambda done, total: None) -> KeptSet:
        """Name the set in a folder or zip by its content.

        Photographs are read once; later only those whose size or time has changed. Raises
        `DgnError` if there are none, or none that can be read.
        """
        path = path.expanduser().absolute()
        known = self._known(path)
        shas: dict[str, list[str]] = {}  # name -> stamp, sha256
        listed: dict[Listed, str] = {}
        skipped = []
        photos = open_photos(path)
        try:
            for done, photo in enumerate(photos.photos):
                report(done, len(photos.photos))
                try:
                    sha256 = _hashed(photo, known)
                except DgnError as error:
                    skipped.append(error.message)
                    continue
                shas[photo.name] = [photo.stamp, sha256]
                listed.setdefault(Listed(_one_line(photo.folder), sha256), photo.name)
            report(len(photos.photos), len(photos.photos))
        finally:
            photos.close()
        if not listed:
            raise DgnError(
                f"None of the {len(skipped)} photographs in {path} can be read ({skipped[0]})",
                "Give a folder or zip of photographs.",
            )
        name = self._inputs.put(encode_manifest(tuple(listed)))
        where = {"format": _FORMAT, "path": str(path)}
        names = {"names": [listed[one] for one in sorted(listed)]}
        self._write(self._folder / f"{name}.json", where | names)
        self._write(self._at(path), {"format": _FORMAT, "photos": shas})
        return KeptSet(name, path.name, len(listed), tuple(skipped))

    def open(self, sha256: str) -> Collection:
        """See `Collections`."""
        listed = decode_manifest(self._inputs.get(sha256))
        where = self._read(self._folder / f"{sha256}.json")
        found = where.get("names")
        if not isinstance(found, list) or len(found) != len(listed):
            raise DgnError(f"It is not known where the photo set {sha256[:16]}… is.", _SAY_AGAIN)
        path = Path(str(where["path"]))
        if not path.exists():
            raise DgnError(f"The photo set {path} is not there any more.", _SAY_AGAIN)
        photos = open_photos(path)
        by_name = {photo.name: photo for photo in photos.photos}
        names = tuple(str(name) for name in found)

        def read(place: int) -> bytes:
            name = names[place]
            if name not in by_name:
                raise DgnError(f"{name} is not there any more.", _SAY_AGAIN)
            data = by_name[name].read()
            if hashlib.sha256(data).hexdigest() != listed[place].sha256:
                raise DgnError(f"{name} has changed since it was listed.", _SAY_AGAIN)
            return data

        return Collection(sha256, path.name, listed, names, read, photos.close)

    def place(self, sha256: str) -> Path | None:
        """The folder or zip of a set, as far as it is known; None for what is no set."""
        where = self._read(self._folder / f"{sha256}.json")
        return Path(str(where["path"])) if "path" in where else None

    def _known(self, path: Path) -> dict[str, Any]:
        found = self._read(self._at(path)).get("photos", {})
        return found if isinstance(found, dict) else {}

    def _at(self, path: Path) -> Path:
        return self._folder / "at" / f"{hashlib.sha256(str(path).encode()).hexdigest()[:32]}.json"

    def _read(self, path: Path) -> dict[str, Any]:
        """What a file of this module says; nothing if it is missing or damaged: it is made anew."""
        try:
            values = json.loads(read_file(path, LARGE_READ))
        except (OSError, ValueError, RecursionError):
            return {}
        usable = isinstance(values, dict) and values.get("format") == _FORMAT
        return values if usable else {}

    def _write(self, path: Path, values: dict[str, Any]) -> None:
        try:
            keep_file(path, json.dumps(values).encode(), self._fs)
        except OSError as error:
            raise disk_error(error, f"write {path}", _OTHERWISE) from error


def _hashed(photo: Photo, known: dict[str, Any]) -> str:
    before = known.get(photo.name)
    if isinstance(before, list) and len(before) == 2 and photo.stamp and before[0] == photo.stamp:
        return str(before[1])
    return hashlib.sha256(photo.read()).hexdigest()


def _one_line(folder: str) -> str:
    return " ".join(folder.split("\n"))

"""The files of a concept set: a folder or a zip, by names relative to where its tables lie."""

import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.files import open_file, read_entry, read_file

WAY_OUT = (
    "Give a folder or zip with images/, masks/ and concepts.csv, or one laid out as Broden"
    " (images/, index.csv, label.csv)."
)


@dataclass(frozen=True)
class SetFiles:
    """What lies in a set: ``names`` with forward slashes, sorted; close it to close a zip.

    ``read`` raises `DgnError` for a name that is not there, no ordinary file, or too large (see
    `photos.files`). ``signature`` changes when a file is added, removed or written anew; telling
    so reads no content.
    """

    title: str
    names: tuple[str, ...]
    read: Callable[[str], bytes]
    signature: str
    close: Callable[[], None]

    def named(self, folder: str) -> tuple[str, ...]:
        """The names below ``folder``."""
        return tuple(name for name in self.names if name.startswith(f"{folder}/"))

    def digest(self, names: Sequence[str]) -> str:
        """SHA-256 over the content of ``names``: the same for a folder and for a zip of it."""
        whole = hashlib.sha256()
        for name in names:
            content = b"missing"
            with suppress(DgnError):  # what cannot be read cannot be read later either
                content = hashlib.sha256(self.read(name)).digest()
            whole.update(name.encode("utf-8", "surrogateescape") + b"\0" + content)
        return whole.hexdigest()


def open_files(path: Path, markers: Sequence[str]) -> SetFiles:
    """List the files of ``path``, a folder or zip whose tables are called as ``markers``.

    The tables may lie in a folder of the zip, as they do when a folder was packed. Raises
    `DgnError` if there are none.
    """
    found = _in_folder(path) if path.is_dir() else _in_zip(path)
    marked = [name for name in found.names if PurePosixPath(name).name in markers]
    if not marked:
        found.close()
        raise DgnError(
            f"{path} holds no concepts: there is no {' and no '.join(markers)}.", WAY_OUT
        )
    root = str(PurePosixPath(min(marked, key=lambda name: (name.count("/"), name))).parent)
    return found if root == "." else _below(found, f"{root}/")


def _below(files: SetFiles, root: str) -> SetFiles:
    names = tuple(name.removeprefix(root) for name in files.names if name.startswith(root))

    def read(name: str) -> bytes:
        return files.read(root + name)

    return SetFiles(files.title, names, read, files.signature, files.close)


def _in_folder(path: Path) -> SetFiles:
    found: dict[str, str] = {}
    for parent, _, files in os.walk(path):
        for name in files:
            if name.startswith("._"):  # what macOS keeps beside a file
                continue
            file = Path(parent, name)
            with suppress(OSError):  # gone since: reading says so
                status = file.lstat()
                found[file.relative_to(path).as_posix()] = f"{status.st_size} {status.st_mtime_ns}"

    def read(name: str) -> bytes:
        if name not in found:  # nor may a name lead out of the folder
            raise _missing(path, name)
        return read_file(path / name, f"{path}/{name}")

    return SetFiles(str(path), tuple(sorted(found)), read, _signature(found), lambda: None)


def _in_zip(path: Path) -> SetFiles:
    file = open_file(path)
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:  # whatever a damaged list of contents makes of the reader
        file.close()
        raise DgnError(f"{path} cannot be read ({error}).", WAY_OUT) from None

    def close() -> None:
        archive.close()
        file.close()

    # Of two entries with one name the last counts, as for every other program
    entries = {
        entry.filename: entry
        for entry in archive.infolist()
        if not entry.is_dir() and not PurePosixPath(entry.filename).name.startswith("._")
    }
    sums = {name: f"{entry.file_size} {entry.CRC}" for name, entry in entries.items()}
    read = partial(_entry, path, archive, entries)
    return SetFiles(str(path), tuple(sorted(entries)), read, _signature(sums), close)


def _entry(
    path: Path, archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], name: str
) -> bytes:
    if name not in entries:
        raise _missing(path, name)
    return read_entry(archive, entries[name], f"{path}/{name}")


def _missing(path: Path, name: str) -> DgnError:
    return DgnError(f"{path} holds no {name[:200]}.", WAY_OUT)


def _signature(found: Mapping[str, str]) -> str:
    text = "\n".join(f"{name}\0{found[name]}" for name in sorted(found))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

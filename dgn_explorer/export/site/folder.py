"""A folder that is there as a whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dgn_explorer.disk import FileSystem, disk_error
from dgn_explorer.errors import DgnError

MARK = '<meta name="generator" content="dgn-explorer site'
_OTHERWISE = "choose another folder"


class Unsynced(FileSystem):
    """Does not wait for the disk after every one of 10,000 files: nobody sees them yet."""

    def sync(self, descriptor: int) -> None:
        """Left to `whole_folder`, for all files at once."""

    def sync_folder(self, folder: Path) -> None:
        """As `sync`."""


@contextmanager
def whole_folder(path: Path, overwrite: bool) -> Iterator[Path]:
    """An empty folder that gets the name ``path`` at the end; if the block fails it is removed.

    ``path`` may be missing or empty, and with ``overwrite`` an earlier site. Any other folder is
    somebody's, and raises `DgnError`, as what the disk refuses does. A killed program leaves
    ``.NAME-….part`` or ``.old`` beside it, which can be deleted.
    """
    _check(path, overwrite)
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{path.name}-", suffix=".part", dir=path.parent))
    except OSError as error:
        raise disk_error(error, f"make the folder {path}", _OTHERWISE) from error
    try:
        part.chmod(0o755)  # mkdtemp's is for its owner alone; a site is to be served
        yield part
        if hasattr(os, "sync"):
            os.sync()
        old = part.with_suffix(".old")
        if path.exists():  # no system replaces a folder that is not empty
            path.rename(old)
        part.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise disk_error(error, f"write the site {path}", _OTHERWISE) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _check(path: Path, overwrite: bool) -> None:
    if not path.exists() and not path.is_symlink():
        return
    if not path.is_dir() or path.is_symlink():
        raise DgnError(f"{path} is there and is no folder.", "Choose another folder.")
    if not any(path.iterdir()):
        return
    index = path / "index.html"
    ours = index.is_file() and MARK in index.read_text(encoding="utf-8", errors="replace")[:2000]
    if not ours:
        raise DgnError(f"{path} holds files that are no site of ours.", "Choose another folder.")
    if not overwrite:
        raise DgnError(f"There is a site in {path} already.", "Add --overwrite to replace it.")

"""Writing a file in one step, so that a kill at any moment leaves the old file or the new one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, *, sync: bool = False) -> Iterator[Path]:
    """Give a temporary name beside ``path``; what lies there in the end takes the place of it.

    Nothing is left, and ``path`` stays as it was, if the block or the system fails. With ``sync``
    the file has reached the disk before it takes its place. The names match ``.*.tmp``.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        if sync:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise

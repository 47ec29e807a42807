"""Tables as CSV files, for spreadsheets and other programs."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dgn_explorer.disk import FileSystem, disk_error, write_file

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def save_csv(path: Path, rows: Sequence[Mapping[str, Any]], fs: FileSystem | None = None) -> Path:
    """Write rows with the same names to ``path`` in one step; raises `DgnError`."""
    try:
        write_file(path, encode_csv(rows), fs)
    except OSError as error:
        raise disk_error(error, f"write {path}", "choose another file") from error
    return path


def encode_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows with the same names as UTF-8, the names first; numbers with all their digits.

    A text that a spreadsheet would take for a formula gets an apostrophe before it: names come
    from files of strangers.

    >>> encode_csv([{"unit": 3, "concept": "=1+1"}])
    b"unit,concept\\r\\n3,'=1+1\\r\\n"
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        writer.writerow([_cell(value) for value in row.values()])
    return buffer.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value

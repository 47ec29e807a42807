"""Printing tables and writing maps."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.commands.terminal import say
from dgn_explorer.disk import disk_error, write_file
from dgn_explorer.results.record import Record


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows with the same names in columns."""
    if not rows:
        say("Nothing was found.", err=True)
        return
    lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        say("  ".join(padded).rstrip())


def save_maps(record: Record, path: Path) -> Path:
    """Write the maps (N, H, W) float32 of ``record`` as numpy reads them; raises `DgnError`."""
    buffer = io.BytesIO()
    np.save(buffer, record.array("maps"), allow_pickle=False)
    try:
        write_file(path, buffer.getvalue())
    except OSError as error:
        raise disk_error(error, f"write {path}", "choose another --out") from error
    return path


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

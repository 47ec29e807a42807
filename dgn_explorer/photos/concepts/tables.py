"""The tables of a concept set: CSV files with a header, from strangers."""

import csv
import io
from collections.abc import Sequence

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.concepts.set_files import WAY_OUT, SetFiles

MOST_CONCEPTS = 60_000  # a mask tells 65,535 indices apart at most
_MOST_INDEX = 65_535
_LONGEST_NAME = 100


def read_table(files: SetFiles, name: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a table, which must have ``columns``; further ones come along.

    Raises `DgnError` for a table that is empty, has no such column or is no text.
    """
    data = files.read(name)
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        header = [str(column).strip() for column in reader.fieldnames or ()]
        reader.fieldnames = header
        rows = [{k: (v or "").strip() for k, v in row.items() if k} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DgnError(f"{files.title}/{name} is no table ({error}).", WAY_OUT) from None
    missing = [column for column in columns if column not in header]
    if missing:
        raise DgnError(
            f"{files.title}/{name} has no column {missing[0]!r}.",
            f"Its first line must name the columns {', '.join(columns)}.",
        )
    if not rows:
        raise DgnError(f"{files.title}/{name} lists nothing.", WAY_OUT)
    return rows


def name_of(text: str) -> str:
    """A name as it is shown: on one line, and no longer than anybody would read.

    >>> name_of("traffic\\n light")
    'traffic light'
    """
    return " ".join(text.split())[:_LONGEST_NAME]


def index_of(text: str, where: str) -> int:
    """A concept's index as tables write it, 0 to 65,535; raises `DgnError`."""
    if not text.isascii() or not text.isdecimal() or len(text) > 6 or int(text) > _MOST_INDEX:
        raise DgnError(
            f"{where} holds the index {text[:40]!r}.", f"An index is a number up to {_MOST_INDEX}."
        )
    return int(text)

"""What people note about units: favourites, tags, notes and named combinations.

One JSON file a network, named by its fingerprint, so that notes follow the weights and not the
name they were opened by.
"""

import dataclasses
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dgn_explorer.disk import disk_error, read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.targets import Term

_FINGERPRINT = re.compile(r"[0-9a-f]{8,128}")
_FORMAT = 1


@dataclass(frozen=True)
class UnitNote:
    """What is noted about one unit; an empty one is not stored."""

    favourite: bool = False
    tags: tuple[str, ...] = ()
    text: str = ""

    @property
    def words(self) -> str:
        """Tags and note for searching."""
        return " ".join((*self.tags, self.text))


@dataclass(frozen=True)
class Notebook:
    """Notes by unit address and combinations by name; every change makes a new one.

    >>> book = Notebook().noted("fc:3", UnitNote(favourite=True))
    >>> book.note("fc:3").favourite, book.note("fc:4"), book.noted("fc:3", UnitNote()).units
    (True, UnitNote(favourite=False, tags=(), text=''), {})
    """

    units: dict[str, UnitNote] = field(default_factory=dict)
    combinations: dict[str, tuple[Term, ...]] = field(default_factory=dict)

    def note(self, address: str) -> UnitNote:
        """The note on a unit, empty if there is none."""
        return self.units.get(address, UnitNote())

    def noted(self, address: str, note: UnitNote) -> "Notebook":
        """With another note on a unit."""
        units = {**self.units, address: note}
        if note == UnitNote():
            del units[address]
        return dataclasses.replace(self, units=units)

    def with_combination(self, name: str, terms: tuple[Term, ...]) -> "Notebook":
        """With a combination kept under ``name``; no terms forget it."""
        kept = {**self.combinations, name: terms}
        if not terms:
            del kept[name]
        return dataclasses.replace(self, combinations=kept)

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(
            {
                "format": _FORMAT,
                "units": {
                    address: {"favourite": n.favourite, "tags": list(n.tags), "text": n.text}
                    for address, n in self.units.items()
                },
                "combinations": {
                    name: [[str(term.unit), term.weight] for term in terms]
                    for name, terms in self.combinations.items()
                },
            },
            ensure_ascii=False,
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str) -> "Notebook":
        """Read `to_json` back; raises `ValueError` or `DgnError` for anything else."""
        values: Any = json.loads(text)
        try:
            if values["format"] > _FORMAT:
                raise ValueError("it is from a newer program")
            units = {
                str(address): UnitNote(
                    bool(n["favourite"]), tuple(str(tag) for tag in n["tags"]), str(n["text"])
                )
                for address, n in values["units"].items()
            }
            combinations = {
                str(name): tuple(Term(UnitAddress.parse(unit), float(w)) for unit, w in terms)
                for name, terms in values["combinations"].items()
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{error!r} is not as it should be") from None
        return cls(units, combinations)


def notebook_path(folder: Path, fingerprint: str) -> Path:
    """Where the notes on a network are."""
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise ValueError(f"{fingerprint!r} is not a fingerprint")
    return folder / f"{fingerprint}.json"


def read_notebook(folder: Path, fingerprint: str) -> Notebook:
    """The notes on a network, empty without a file; raises `DgnError` for a damaged one."""
    path = notebook_path(folder, fingerprint)
    try:
        data = read_file(path)
    except FileNotFoundError:
        data = None
    except OSError as error:
        raise disk_error(error, f"read {path}", "check the folder") from error
    return decode_notebook(path, data)


def decode_notebook(path: Path, data: bytes | None) -> Notebook:
    """The notes that ``path`` holds as ``data``, empty for None; raises `DgnError` for damage."""
    if data is None:
        return Notebook()
    try:
        return Notebook.from_json(data.decode())
    except (ValueError, DgnError, RecursionError) as error:
        raise DgnError(
            f"The notes in {path} are damaged ({error}).",
            "Repair the file or move it away; it is not written to before that.",
        ) from None

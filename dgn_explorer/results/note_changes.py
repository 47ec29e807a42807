"""Changes of a notebook that two windows may make at once: none loses what the other has noted.

A change knows what its author saw before and what after. Where the notebook says something else by
then, only the difference is applied: a favourite, the tags that came and went, and of two texts
both. Applying a change once more changes nothing.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dgn_explorer.disk import FileSystem, disk_error
from dgn_explorer.results.notebook import Notebook, UnitNote, decode_notebook, notebook_path
from dgn_explorer.sharing import change_file
from dgn_explorer.synthesis.targets import Term


@dataclass(frozen=True)
class NoteChange:
    """Another note on the unit ``address``.

    >>> seen, mine = UnitNote(tags=("a",)), UnitNote(tags=("a", "b"), text="Mine.")
    >>> book = Notebook().noted("fc:3", UnitNote(True, ("c",), "Theirs."))
    >>> NoteChange("fc:3", seen, mine).apply(book).note("fc:3")
    UnitNote(favourite=True, tags=('c', 'b'), text='Theirs.\\nMine.')
    """

    address: str
    before: UnitNote
    after: UnitNote

    def apply(self, book: Notebook) -> Notebook:
        """``book`` with this change."""
        now, before, after = book.note(self.address), self.before, self.after
        note = UnitNote(
            now.favourite if before.favourite == after.favourite else after.favourite,
            _tags(now.tags, before.tags, after.tags),
            _text(now.text, before.text, after.text),
        )
        return book.noted(self.address, note)

    @property
    def undone(self) -> "NoteChange":
        """The change that takes this one back."""
        return NoteChange(self.address, self.after, self.before)


@dataclass(frozen=True)
class CombinationChange:
    """Other terms under ``name``, none of them for no such combination."""

    name: str
    before: tuple[Term, ...]
    after: tuple[Term, ...]

    def apply(self, book: Notebook) -> Notebook:
        """``book`` with this change; if others took the name meanwhile, under another name."""
        now = book.combinations.get(self.name, ())
        if now in (self.before, self.after):
            return book.with_combination(self.name, self.after) if now or self.after else book
        if not self.after or self.after in book.combinations.values():
            return book
        names = (f"{self.name} {count}" for count in itertools.count(2))
        free = next(name for name in names if name not in book.combinations)
        return book.with_combination(free, self.after)

    @property
    def undone(self) -> "CombinationChange":
        """The change that takes this one back."""
        return dataclasses.replace(self, before=self.after, after=self.before)


Change = NoteChange | CombinationChange


def applied(changes: Sequence[Change], book: Notebook) -> Notebook:
    """``book`` with ``changes``, in their order."""
    for change in changes:
        book = change.apply(book)
    return book


def change_notebook(
    folder: Path, fingerprint: str, changes: Sequence[Change], fs: FileSystem | None = None
) -> Notebook:
    """Apply ``changes`` to the notes on a network, on the disk; return what they are then.

    Any number of programs may do so at once. Raises `DgnError` if the file is damaged or cannot be
    written; it stays as it was then.
    """
    path = notebook_path(folder, fingerprint)

    def change(before: bytes | None) -> bytes:
        return applied(changes, decode_notebook(path, before)).to_json().encode(errors="replace")

    try:
        return decode_notebook(path, change_file(path, change, fs))
    except OSError as error:
        raise disk_error(error, f"write {path}", "free some space") from error


def _tags(now: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    if now in (before, after):
        return after
    kept = [tag for tag in now if tag in after or tag not in before]
    return (*kept, *(tag for tag in after if tag not in before and tag not in kept))


def _text(now: str, before: str, after: str) -> str:
    if before == after or now == after or (now != before and after in now):
        return now
    return after if now == before else f"{now}\n{after}"

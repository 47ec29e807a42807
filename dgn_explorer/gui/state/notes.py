"""Favourites, tags, notes and kept combinations, with undo."""

import logging
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.paths import data_folder
from dgn_explorer.results.note_changes import (
    Change,
    CombinationChange,
    NoteChange,
    applied,
    change_notebook,
)
from dgn_explorer.results.notebook import Notebook, UnitNote, read_notebook
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.targets import Term

_log = logging.getLogger(__name__)


class _Edit(QUndoCommand):
    """One change of the notebook of one network."""

    def __init__(self, notes: "Notes", change: Change, text: str) -> None:
        super().__init__(text)
        self._notes, self._fingerprint, self._change = notes, notes.fingerprint, change

    def redo(self) -> None:
        """Do it."""
        self._notes.change(self._fingerprint, self._change)

    def undo(self) -> None:
        """Take it back."""
        self._notes.change(self._fingerprint, self._change.undone)


class Notes(QObject):
    """Notebooks by network, read and written on the I/O thread; `book` is the open network's.

    Those of other networks are read when one of their results is listed, and are not edited here.
    A change is written at once, whichever network is open by then. One that cannot be written waits
    and is tried again with the next one.
    """

    changed = Signal()

    def __init__(self, session: Session, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows
        self._folder: Path = data_folder() / "notes"
        self.fingerprint = ""
        self._books: dict[str, Notebook] = {}  # by fingerprint
        self._sought: set[str] = set()  # fingerprints whose notebook was looked for
        self._waiting: dict[str, list[Change]] = {}  # by fingerprint: not on the disk yet
        self._writing = False
        session.opened.connect(self._open)

    @property
    def book(self) -> Notebook:
        """The notebook of the open network."""
        return self._books.get(self.fingerprint, Notebook())

    def of(self, unit: UnitAddress | None) -> UnitNote:
        """The note on a unit of the open network."""
        return self.book.note(str(unit)) if unit is not None else UnitNote()

    def is_favourite(self, item: Summary) -> bool:
        """Whether a stored result shows a favourite of its network."""
        return self._book_of(item.network_fingerprint).note(item.address).favourite

    def words_of(self, item: Summary) -> str:
        """Tags and note of a stored result's unit."""
        return self._book_of(item.network_fingerprint).note(item.address).words

    def toggle_favourite(self, unit: UnitAddress) -> None:
        """Make a unit a favourite, or no longer."""
        note = self.of(unit)
        new = replace(note, favourite=not note.favourite)
        self._edit(NoteChange(str(unit), note, new), f"Favourite {unit}")

    def write(self, unit: UnitAddress, tags: tuple[str, ...], text: str) -> None:
        """Note tags and a text on a unit."""
        note = self.of(unit)
        new = replace(note, tags=tags, text=text)
        self._edit(NoteChange(str(unit), note, new), f"Note on {unit}")

    def keep_combination(self, name: str, terms: tuple[Term, ...]) -> None:
        """Keep a combination under a name; no terms forget it."""
        what = "Combination" if terms else "Removal of combination"
        before = self.book.combinations.get(name, ())
        self._edit(CombinationChange(name, before, terms), f"{what} {name}")

    def change(self, fingerprint: str, change: Change) -> None:
        """Change the notes on a network, on the screen if it is open and on the disk."""
        self._waiting.setdefault(fingerprint, []).append(change)
        if fingerprint == self.fingerprint:
            self._show(fingerprint, change.apply(self.book))
        self.save()

    def save(self) -> None:
        """Write what waits; called once more when the window closes."""
        if not self._writing:
            self._writing = True
            self._flows.start(self._write())

    def flush(self) -> None:
        """Write what still waits in the caller's thread, when the flows have ended."""
        for fingerprint, changes in self._waiting.items():
            if changes:
                try:
                    change_notebook(self._folder, fingerprint, changes)
                except DgnError as error:
                    _log.error("Notes are lost: %s", error)

    def _edit(self, change: Change, text: str) -> None:
        if change.after != change.before and self._session.may_change():
            self._session.undo.push(_Edit(self, change, text))

    def _book_of(self, fingerprint: str) -> Notebook:
        if fingerprint not in self._sought:
            self._sought.add(fingerprint)
            self._flows.start(self._read(fingerprint))
        return self._books.get(fingerprint, Notebook())

    def _show(self, fingerprint: str, book: Notebook) -> None:
        if book != self._books.get(fingerprint, Notebook()):
            self._books[fingerprint] = book
            self.changed.emit()

    def _open(self, network: NetworkInfo) -> None:
        if network.fingerprint != self.fingerprint:
            self.fingerprint = network.fingerprint
            self._sought.add(network.fingerprint)
            self.changed.emit()
            self._flows.start(self._read(network.fingerprint))

    async def _read(self, fingerprint: str) -> None:
        try:
            book = await self._flows.on_disk(read_notebook, self._folder, fingerprint)
        except DgnError as error:
            if fingerprint == self.fingerprint:  # who opens the others is told then
                self._session.problem.emit(error.message, error.hint, "")
            return
        self._take_over(fingerprint, book)

    async def _write(self) -> None:
        failed: set[str] = set()
        try:
            while fingerprint := self._next(failed):
                changes = tuple(self._waiting[fingerprint])
                try:
                    book = await self._flows.on_disk(
                        change_notebook, self._folder, fingerprint, changes
                    )
                except DgnError as error:
                    failed.add(fingerprint)
                    self._session.problem.emit(error.message, error.hint, "")
                    continue
                del self._waiting[fingerprint][: len(changes)]
                self._take_over(fingerprint, book)
        finally:
            self._writing = False

    def _next(self, failed: set[str]) -> str:
        waiting = (f for f, changes in self._waiting.items() if changes and f not in failed)
        return next(waiting, "")

    def _take_over(self, fingerprint: str, book: Notebook) -> None:
        """Show what the disk says, and what it does not say yet."""
        self._show(fingerprint, applied(self._waiting.get(fingerprint, ()), book))

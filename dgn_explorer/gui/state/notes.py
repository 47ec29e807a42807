"""Favourites, tags, notes and kept combinations of the open network, with undo."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.loop import Flows
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.paths import data_folder
from dgn_explorer.results.notebook import Notebook, UnitNote, read_notebook, write_notebook
from dgn_explorer.results.result_file import StoredResult
from dgn_explorer.synthesis.recipe import Term

_SAVE_MS = 400


class _Edit(QUndoCommand):
    """One change of the notebook of one network."""

    def __init__(self, notes: "Notes", new: Notebook, text: str) -> None:
        super().__init__(text)
        self._notes, self._fingerprint = notes, notes.fingerprint
        self._old, self._new = notes.book, new

    def redo(self) -> None:
        """Do it."""
        self._notes.put(self._fingerprint, self._new)

    def undo(self) -> None:
        """Take it back."""
        self._notes.put(self._fingerprint, self._old)


class Notes(QObject):
    """The notebook of the open network, read and written on the I/O thread."""

    changed = Signal()

    def __init__(self, session: Session, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows
        self._folder: Path = data_folder() / "notes"
        self.fingerprint = ""
        self._readable = False  # a damaged file is not written over
        self.book = Notebook()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SAVE_MS)
        self._timer.timeout.connect(self.save)
        session.opened.connect(self._open)

    def of(self, unit: UnitAddress | None) -> UnitNote:
        """The note on a unit of the open network."""
        return self.book.note(str(unit)) if unit is not None else UnitNote()

    def is_favourite(self, item: StoredResult) -> bool:
        """Whether a stored result shows a favourite of the open network."""
        return item.network_fingerprint == self.fingerprint and (
            self.book.note(item.address).favourite
        )

    def words_of(self, item: StoredResult) -> str:
        """Tags and note of a stored result's unit."""
        if item.network_fingerprint != self.fingerprint:
            return ""
        return self.book.note(item.address).words

    def toggle_favourite(self, unit: UnitAddress) -> None:
        """Make a unit a favourite, or no longer."""
        note = self.of(unit)
        new = replace(note, favourite=not note.favourite)
        self._edit(self.book.noted(str(unit), new), f"Favourite {unit}")

    def write(self, unit: UnitAddress, tags: tuple[str, ...], text: str) -> None:
        """Note tags and a text on a unit."""
        new = replace(self.of(unit), tags=tags, text=text)
        self._edit(self.book.noted(str(unit), new), f"Note on {unit}")

    def keep_combination(self, name: str, terms: tuple[Term, ...]) -> None:
        """Keep a combination under a name; no terms forget it."""
        what = "Combination" if terms else "Removal of combination"
        self._edit(self.book.with_combination(name, terms), f"{what} {name}")

    def put(self, fingerprint: str, book: Notebook) -> None:
        """Take over a notebook, if its network is still open."""
        if fingerprint == self.fingerprint:
            self.book = book
            self.changed.emit()
            self._timer.start()

    def save(self) -> None:
        """Write what has changed; called once more when the window closes."""
        self._timer.stop()
        if self._readable:
            self._flows.start(self._write(self.fingerprint, self.book))

    def _edit(self, new: Notebook, text: str) -> None:
        if new != self.book:
            self._session.undo.push(_Edit(self, new, text))

    def _open(self, network: NetworkInfo) -> None:
        if network.fingerprint != self.fingerprint:
            self.fingerprint, self.book, self._readable = network.fingerprint, Notebook(), False
            self.changed.emit()
            self._flows.start(self._read(network.fingerprint))

    async def _read(self, fingerprint: str) -> None:
        try:
            book = await self._flows.on_disk(read_notebook, self._folder, fingerprint)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        if fingerprint == self.fingerprint:
            self.book, self._readable = book, True
            self.changed.emit()

    async def _write(self, fingerprint: str, book: Notebook) -> None:
        try:
            await self._flows.on_disk(write_notebook, self._folder, fingerprint, book)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")

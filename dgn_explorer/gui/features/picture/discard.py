"""Deleting a result as a step that can be undone."""

from PySide6.QtGui import QUndoCommand

from dgn_explorer.gui.state.session import Session
from dgn_explorer.results.record import Record


class Discard(QUndoCommand):
    """Puts a result into the library's trash; it leaves the disk when the window closes."""

    def __init__(self, session: Session, result: Record) -> None:
        super().__init__(f"Deletion of {result.label or result.recipe.units[0]}")
        self._session, self._key = session, result.key

    def redo(self) -> None:
        """Do it."""
        self._session.library.discard(self._key)
        shown = self._session.display.result
        if shown is not None and shown.key == self._key:
            self._session.show_nothing()

    def undo(self) -> None:
        """Take it back."""
        self._session.library.restore(self._key)
        self._session.show_result(self._key)

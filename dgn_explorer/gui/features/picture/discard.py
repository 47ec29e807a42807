"""Deleting results as a step that can be undone."""

from collections.abc import Sequence

from PySide6.QtGui import QUndoCommand

from dgn_explorer.gui.state.session import Session


class Discard(QUndoCommand):
    """Puts results into the library's trash; they stay there until it is emptied.

    ``shown`` says that the picture on show is what was meant: it goes, and comes back when undone.
    """

    def __init__(self, session: Session, keys: Sequence[str], name: str, shown: bool) -> None:
        super().__init__(f"Deletion of {name}")
        self._session, self._keys, self._shown = session, keys, shown

    def redo(self) -> None:
        """Do it."""
        self._session.library.discard(self._keys)
        result = self._session.display.result
        if result is not None and result.key in self._keys:
            self._session.show_nothing()

    def undo(self) -> None:
        """Take it back."""
        self._session.library.restore(self._keys)
        if self._shown:
            self._session.show_result(self._keys[0], aside=True)  # the page stays where it is

"""How maps are drawn at the window: one description for all that are on show."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from dgn_explorer.export.heat import Look

_MERGE_ID = 7000


class _Change(QUndoCommand):
    """One change; moves of one slider in a row count as one."""

    def __init__(self, model: "MapLook", new: Look, name: str) -> None:
        super().__init__(f"Map {name}")
        self._model, self._old, self._new, self._name = model, model.value, new, name

    def id(self) -> int:
        """What may be merged."""
        return _MERGE_ID

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take in the next change of the same slider."""
        if not isinstance(other, _Change) or other._name != self._name:
            return False
        self._new = other._new
        return True

    def redo(self) -> None:
        """Do it."""
        self._model._put(self._new)

    def undo(self) -> None:
        """Take it back."""
        self._model._put(self._old)


class MapLook(QObject):
    """A `Look` that can be changed and taken back; the numbers of maps stay what they are."""

    changed = Signal()

    def __init__(self, undo: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._undo = undo
        self.value = Look()

    def change(self, name: str, value: Any) -> None:
        """Set the field ``name`` of the look."""
        new = replace(self.value, **{name: value})
        if new != self.value:
            self._undo.push(_Change(self, new, name))

    def _put(self, look: Look) -> None:
        self.value = look
        self.changed.emit()

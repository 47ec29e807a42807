"""Tags and a note on a unit."""

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.notebook import UnitNote


class NoteDialog(FormDialog):
    """Edits a `UnitNote`; read `tags` and `text` when it is accepted. Only Cancel discards."""

    def __init__(self, unit: UnitAddress, name: str, note: UnitNote, parent: QWidget) -> None:
        super().__init__("Tags and note", name or str(unit), "Keep", parent)
        self.tag_field = QLineEdit(", ".join(note.tags))
        self.text_field = QPlainTextEdit(note.text)
        self.text_field.setTabChangesFocus(True)
        self.text_field.setFixedHeight(96)
        self.add("Tags", self.tag_field, "Words between commas; search and gallery know them")
        self.add("Note", self.text_field)
        self._before = self.tags, self.text
        self.cancel.clicked.disconnect()
        self.cancel.clicked.connect(self._discard)
        self.finish()
        self.tag_field.setFocus()

    def _discard(self) -> None:
        super().reject()

    def reject(self) -> None:
        """Escape and the window's cross keep what was typed, which undo takes back."""
        if (self.tags, self.text) == self._before:
            super().reject()
        else:
            self.accept()

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags, each once."""
        found = (" ".join(tag.split()) for tag in self.tag_field.text().split(","))
        return tuple(dict.fromkeys(tag for tag in found if tag))

    @property
    def text(self) -> str:
        """The note."""
        return self.text_field.toPlainText().strip()

"""Asking for a sentence, whose words become weighted units."""

from PySide6.QtWidgets import QLineEdit, QWidget

from dgn_explorer.gui.look.form_dialog import FormDialog


class SentenceDialog(FormDialog):
    """One line; `text` holds it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            "Sentence to units",
            "Finds the classes whose names are most like the words. Nothing reads the sentence as a"
            " whole: what comes of it is a mix, whose weights you can change.",
            "Find units",
            parent,
        )
        self.text = QLineEdit()
        self.text.setPlaceholderText("a castle by a lake")
        self.add("Sentence", self.text, "Between prepositions and articles each part is one class")
        self.text.textChanged.connect(lambda text: self.go.setEnabled(bool(text.strip())))
        self.go.setEnabled(False)
        self.finish()
        self.text.setFocus()

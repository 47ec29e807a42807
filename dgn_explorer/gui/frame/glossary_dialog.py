"""The words of the window beside those of the field, on one page."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.look.parts import closing_button, fill_scrolling, label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE
from dgn_explorer.words import WORDS, Word

_WORD_PX, _FIELD_PX = 150, 190


class GlossaryDialog(QDialog):
    """Type to find a word, of either language."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Glossary")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a word")
        self.search.setAccessibleName("Find a word")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, MEDIUM, 0)
        grid.setHorizontalSpacing(LARGE)
        grid.setVerticalSpacing(MEDIUM)
        grid.setColumnMinimumWidth(0, _WORD_PX)
        grid.setColumnMinimumWidth(1, _FIELD_PX)
        grid.setColumnStretch(2, 1)
        for place, text in enumerate(("HERE", "IN PAPERS AND RECIPES", "WHAT IT IS")):
            grid.addWidget(label(text, "section"), 0, place)
        self._rows: list[tuple[Word, tuple[QLabel, ...]]] = []
        for row, word in enumerate(WORDS, 1):
            parts = (
                _cell(word.plain, "strong", _WORD_PX),
                _cell(word.field, "muted", _FIELD_PX),
                label(word.meaning, "", wrap=True),
            )
            for place, part in enumerate(parts):
                part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                grid.addWidget(part, row, place, Qt.AlignmentFlag.AlignTop)
            self._rows.append((word, parts))
        self._none = label("No word like that.", "muted")
        self._none.hide()
        grid.addWidget(self._none, len(WORDS) + 1, 0, 1, 3)
        grid.setRowStretch(len(WORDS) + 2, 1)
        scrolled = QWidget()
        fill_scrolling(scrolled, body)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(closing_button(self))
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(SMALL)
        column.addWidget(label("Glossary", "display"))
        column.addWidget(self.search)
        column.addSpacing(SMALL)
        column.addWidget(scrolled, 1)
        column.addLayout(buttons)
        self.resize(760, 600)
        self.search.setFocus()

    def shown(self) -> list[str]:
        """The words that pass the filter."""
        return [word.plain for word, parts in self._rows if not parts[0].isHidden()]

    def _filter(self, text: str) -> None:
        wanted = text.strip().lower()
        for word, parts in self._rows:
            found = wanted in f"{word.plain} {word.field} {word.meaning}".lower()
            for part in parts:
                part.setVisible(found)
        self._none.setVisible(not self.shown())


def _cell(text: str, role: str, width: int) -> QLabel:
    made = label(text, role, wrap=True)
    made.setFixedWidth(width)
    return made

"""What a second start asks: the window that is open, or one that only looks."""

from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout

from dgn_explorer.gui.look.icons import program_icon
from dgn_explorer.gui.look.parts import fix_width, label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE

_TEXT = (
    "A second window on the same results may only look: it makes, deletes and notes nothing, and "
    "leaves the queue and the settings to the first one."
)
_SILENT = "The open window does not answer; it may be busy opening a large file."


class Choice(Enum):
    """What to do beside a window that is open."""

    SHOW = "show"
    LOOK = "look"
    OPEN = "open"  # the first one has ended meanwhile
    NOTHING = "nothing"


class SecondDialog(QDialog):
    """`choice` is the answer when it closes; Escape is `Choice.NOTHING`."""

    def __init__(self, silent: bool = False) -> None:
        """``silent`` says that the first window has been asked and has not answered."""
        super().__init__(None)
        self.choice = Choice.NOTHING
        self.setWindowTitle("DGN Explorer")
        self.setWindowIcon(program_icon())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(label("A window is open already.", "title"))
        if silent:
            column.addWidget(label(_SILENT, "", wrap=True))
        column.addWidget(label(_TEXT, "", wrap=True))
        self.show_first = self._button("Show the open window", Choice.SHOW)
        self.look = self._button("Open read-only", Choice.LOOK)
        cancel = self._button("Cancel", Choice.NOTHING)
        self.show_first.setProperty("role", "primary")
        self.show_first.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addStretch()
        for button in (cancel, self.look, self.show_first):
            row.addWidget(button)
        column.addSpacing(SMALL)
        column.addLayout(row)
        fix_width(self, 480)
        self.show_first.setFocus()

    def _button(self, text: str, choice: Choice) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(text)
        button.setAutoDefault(False)

        def choose() -> None:
            self.choice = choice
            self.accept()

        button.clicked.connect(choose)
        return button

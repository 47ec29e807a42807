"""A dialog of named fields with one line of help each, and a button that does it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.look.parts import fix_width, label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE

WIDTH = 520


class FormDialog(QDialog):
    """Accepts with its main button; subclasses add rows and then call `finish`."""

    def __init__(self, title: str, text: str, go: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        self.column.setSpacing(SMALL)
        self.column.addWidget(label(title, "display"))
        if text:
            self.column.addWidget(label(text, "muted", wrap=True))
        self.column.addSpacing(SMALL)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(MEDIUM)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self.column.addLayout(self._grid)
        self.go = QPushButton(go)
        self.go.setAccessibleName(go)
        self.go.setProperty("role", "primary")
        self.go.setDefault(True)
        self.go.clicked.connect(self.accept)
        self.cancel = QPushButton("Cancel")
        self.cancel.setAccessibleName("Cancel")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.reject)

    def add(self, name: str, widget: QWidget, help: str = "") -> QLabel:
        """Add a row; returns its line of help."""
        row = self._grid.rowCount()
        widget.setAccessibleName(name)
        widget.setAccessibleDescription(help)
        self._grid.addWidget(label(name), row, 0)
        self._grid.addWidget(widget, row, 1)
        caption = label(help, "caption", wrap=True)
        if help:
            self._grid.addWidget(caption, row + 1, 1)
        self._grid.setRowMinimumHeight(row + 2, SMALL)
        return caption

    def finish(self, width: int = WIDTH) -> None:
        """Add the buttons and fit the dialog to its rows."""
        row = QHBoxLayout()
        row.setContentsMargins(0, MEDIUM, 0, 0)
        row.setSpacing(SMALL)
        row.addStretch()
        row.addWidget(self.cancel)
        row.addWidget(self.go)
        self.column.addStretch()
        self.column.addLayout(row)
        fix_width(self, width)

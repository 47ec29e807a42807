"""The question before the window closes on a running ascent."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from dgn_explorer.gui.look.parts import fix_width, label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE


class CloseDialog(QDialog):
    """Accepted: stop and close. Rejected: go on."""

    def __init__(self, queued: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Close dgn-explorer?")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(label("A picture is still forming.", "title"))
        waiting = f" {queued:,} queued units are offered again at the next start." if queued else ""
        text = f"It is stopped, and what is done so far is kept.{waiting}"
        column.addWidget(label(text, "", wrap=True))
        self.never_again = QCheckBox("Do not ask again")
        self.never_again.setAccessibleName("Do not ask again")
        go_on = QPushButton("Keep running")
        go_on.setAccessibleName("Keep running")
        go_on.clicked.connect(self.reject)
        close = QPushButton("Stop and close")
        close.setAccessibleName("Stop and close")
        close.setProperty("role", "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.never_again)
        row.addStretch()
        row.addWidget(go_on)
        row.addWidget(close)
        column.addSpacing(SMALL)
        column.addLayout(row)
        fix_width(self, 480)

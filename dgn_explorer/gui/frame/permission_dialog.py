"""The question before code of the user's own is run."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from dgn_explorer.gui.bridge.engine_bridge import Permission
from dgn_explorer.gui.look.parts import fix_width, label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE


class PermissionDialog(QDialog):
    """Answers ``permission`` however it is closed; Enter and Escape say no."""

    def __init__(self, permission: Permission, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Run this code?")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(label("This network brings its own code.", "title"))
        question = label(permission.text, "", wrap=True)
        question.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        question.setAccessibleName("Question")
        column.addWidget(question)
        column.addWidget(
            label(
                "It can do whatever you can do on this computer: say yes only if you know where "
                "the file comes from. You are asked again when the file changes.",
                "muted",
                wrap=True,
            )
        )
        self.run = QPushButton("Run it")
        self.run.setAccessibleName("Run the code")
        self.run.setAutoDefault(False)
        self.run.clicked.connect(self.accept)
        self.refuse = QPushButton("Do not run it")
        self.refuse.setAccessibleName("Do not run the code")
        self.refuse.setProperty("role", "primary")
        self.refuse.setDefault(True)
        self.refuse.clicked.connect(self.reject)
        self.finished.connect(
            lambda code: permission.answer(code == int(QDialog.DialogCode.Accepted))
        )
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addStretch()
        row.addWidget(self.run)
        row.addWidget(self.refuse)
        column.addSpacing(SMALL)
        column.addLayout(row)
        fix_width(self, 520)
        self.refuse.setFocus()

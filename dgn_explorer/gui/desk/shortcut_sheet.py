"""Every shortcut on one page, made from the action table."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.actions import MENUS, ActionTable
from dgn_explorer.gui.look.parts import closing_button, label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, TIGHT, WIDE

_MORE = (
    ("Double-click, Enter", "Visualise the unit under the cursor"),
    ("Arrows, Page Up/Down", "Walk through layers, units and results"),
    ("Ctrl+Left, Ctrl+Right", "Move by ten units"),
    ("Wheel, drag", "Zoom and move the picture"),
    ("Drag picture or card", "Take a whole picture to another program"),
    ("Arrows, Home", "Move the point of the weight pad"),
)

_KEYS_PX = 164  # the widest key in any section, so that all sections align


class ShortcutSheet(QDialog):
    """Two columns of keys and what they do."""

    def __init__(self, table: ActionTable, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(LARGE)
        column.addWidget(label("Keyboard shortcuts", "display"))
        halves = QHBoxLayout()
        halves.setSpacing(WIDE * 2)
        column.addLayout(halves)
        sections = [(name, self._keys(table, name)) for name in MENUS]
        sections.append(("Mouse and keys", list(_MORE)))
        for part in (sections[:3], sections[3:]):
            halves.addLayout(self._column(part))
        column.addWidget(closing_button(self), 0, Qt.AlignmentFlag.AlignRight)

    @staticmethod
    def _keys(table: ActionTable, menu: str) -> list[tuple[str, str]]:
        native = QKeySequence.SequenceFormat.NativeText
        return [
            (table[action.id].shortcut().toString(native), action.title.rstrip("…"))
            for action in table.actions
            if action.menu == menu and action.keys
        ]

    @staticmethod
    def _column(sections: list[tuple[str, list[tuple[str, str]]]]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(TIGHT)
        for title, keys in sections:
            column.addWidget(label(title.upper(), "section"))
            grid = QGridLayout()
            grid.setHorizontalSpacing(MEDIUM)
            grid.setVerticalSpacing(TIGHT)
            grid.setColumnStretch(1, 1)
            grid.setColumnMinimumWidth(0, _KEYS_PX)
            for row, (key, what) in enumerate(keys):
                grid.addWidget(label(key, "key"), row, 0, Qt.AlignmentFlag.AlignLeft)
                grid.addWidget(label(what), row, 1)
            column.addLayout(grid)
            column.addSpacing(MEDIUM)
        column.addStretch()
        return column

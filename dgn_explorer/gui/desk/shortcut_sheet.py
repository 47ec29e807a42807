"""Every shortcut on one page, made from the action table."""

import json

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.desk.actions import MENUS, ActionTable
from dgn_explorer.gui.desk.shortcut_editor import ShortcutEditor
from dgn_explorer.gui.look.parts import closing_button, fill_scrolling, label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, TIGHT, WIDE, Theme

_MORE = (
    ("Double-click, Enter", "Visualise the unit under the cursor"),
    ("Arrows, Page Up/Down", "Walk through layers, units and results"),
    ("Ctrl+Left, Ctrl+Right", "Move by ten units"),
    ("Wheel, drag", "Zoom and move the picture"),
    ("Drag picture or card", "Take a whole picture to another program"),
    ("Arrows, Home", "Move the point of the weight pad"),
)

_KEYS_PX = 164  # the widest key in any section, so that all sections align


_OWN = "shortcuts"  # the preference


def own_keys(preferences: Preferences) -> dict[str, str]:
    """The keys that the user has given to actions, by their ids."""
    try:
        kept = json.loads(preferences.get(_OWN, "{}"))
        return {str(id): str(keys) for id, keys in kept.items()}
    except (ValueError, AttributeError):  # a settings file may be edited by hand
        return {}


class ShortcutSheet(QDialog):
    """Two columns of keys and what they do."""

    def __init__(
        self, table: ActionTable, theme: Theme, preferences: Preferences, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._table, self._theme, self._preferences = table, theme, preferences
        self._window = parent
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(LARGE)
        column.addWidget(label("Keyboard shortcuts", "display"))
        halves = QHBoxLayout()
        halves.setContentsMargins(0, 0, LARGE, 0)
        halves.setSpacing(WIDE * 2)
        body, scrolls = QWidget(), QWidget()
        body.setLayout(halves)
        fill_scrolling(scrolls, body)
        column.addWidget(scrolls, 1)
        sections = [(name, self._keys(table, name)) for name in MENUS]
        sections.append(("Mouse and keys", list(_MORE)))
        for part in (sections[:3], sections[3:]):
            halves.addLayout(self._column(part))
        change = QPushButton("Change…")
        change.setAccessibleName("Change shortcuts")
        change.setAutoDefault(False)
        change.clicked.connect(self._change)
        buttons = QHBoxLayout()
        buttons.addWidget(change)
        buttons.addStretch()
        buttons.addWidget(closing_button(self))
        column.addLayout(buttons)
        wanted = body.sizeHint() + QSize(3 * WIDE, 8 * WIDE)
        self.resize(wanted.boundedTo(parent.size() - QSize(2 * WIDE, 2 * WIDE)))

    def _change(self) -> None:
        """Go on to the editor, which stays when this page has gone."""
        editor = ShortcutEditor(self._table, self._theme, self._window)
        keep, table = self._preferences, self._table
        editor.rebound.connect(lambda: keep.put(_OWN, json.dumps(dict(table.own_keys))))
        self.accept()
        editor.open()

    @staticmethod
    def _keys(table: ActionTable, menu: str) -> list[tuple[str, str]]:
        native = QKeySequence.SequenceFormat.NativeText
        return [
            (table[action.id].shortcut().toString(native), action.title.rstrip("…"))
            for action in table.actions
            if action.menu == menu and not table[action.id].shortcut().isEmpty()
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

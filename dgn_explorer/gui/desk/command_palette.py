"""Every command by name: type a few letters, Enter runs it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.actions import Action, ActionTable
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.row_delegate import QuietRole, RowDelegate
from dgn_explorer.gui.look.theme import SMALL, Theme

_IdRole = Qt.ItemDataRole.UserRole + 1


def matching(actions: Sequence[Action], text: str) -> list[Action]:
    """Those that contain every typed word, the ones whose title starts with the text first."""
    words = text.lower().split()
    found = [
        action
        for action in actions
        if action.id != "palette"
        and all(word in f"{action.menu} {action.title} {action.help}".lower() for word in words)
    ]
    return sorted(
        found,
        key=lambda action: (
            not action.title.lower().startswith(text.lower()),
            not all(word in action.title.lower() for word in words),
        ),
    )


class CommandPalette(QDialog):
    """A list of the action table, filtered while typing."""

    def __init__(self, table: ActionTable, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._table = table
        self.setWindowTitle("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedSize(560, 420)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type a command")
        self.field.setAccessibleName("Command")
        self.field.textChanged.connect(self._filter)
        self.field.returnPressed.connect(self._run)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(RowDelegate(theme, icons=True, parent=self.list))
        self.list.setMouseTracking(True)
        self.list.itemClicked.connect(self._run)
        column = QVBoxLayout(self)
        column.setContentsMargins(SMALL, SMALL, SMALL, SMALL)
        column.setSpacing(SMALL)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self._filter("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch events of another widget."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                row = min(max(self.list.currentRow() + step, 0), self.list.count() - 1)
                self.list.setCurrentRow(row)
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        self.list.clear()
        for one in matching(self._table.actions, text):
            action = self._table[one.id]
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(action.icon(), one.title)
            item.setData(QuietRole, keys)
            set_tip(item, one.help)
            item.setData(_IdRole, one.id)
            if not action.isEnabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        action = self._table[item.data(_IdRole)]
        self.accept()  # first, because the command may open a dialog of its own
        action.trigger()

"""Giving commands other keys; two commands never share one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QKeySequenceEdit,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.actions import Action, ActionTable
from dgn_explorer.gui.desk.command_palette import matching
from dgn_explorer.gui.look.parts import closing_button, label
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.row_delegate import QuietRole, RowDelegate
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE, Theme

_IdRole = Qt.ItemDataRole.UserRole + 1


class ShortcutEditor(QDialog):
    """Each change counts at once, and is emitted for whoever remembers it."""

    rebound = Signal()

    def __init__(self, table: ActionTable, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._table = table
        self.setWindowTitle("Change shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a command")
        self.filter.setAccessibleName("Find a command")
        self.filter.textChanged.connect(self._fill)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands and their keys")
        self.list.setItemDelegate(RowDelegate(theme, parent=self.list))
        self.list.setUniformItemSizes(True)
        self.list.currentItemChanged.connect(self._chosen)
        self.keys = QKeySequenceEdit()
        self.keys.setAccessibleName("New keys")
        self.keys.setMaximumSequenceLength(1)
        self.keys.keySequenceChanged.connect(self._check)
        self.said = label("", "muted", wrap=True)
        self.give = self._button("Use these keys", self._give)
        self.none = self._button("No keys", lambda: self._bind(""))
        self.usual = self._button("As it was", self._restore)
        self.all = self._button("All as they were", self._restore_all)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.keys, 1)
        for button in (self.give, self.none, self.usual):
            row.addWidget(button)
        below = QHBoxLayout()
        below.addWidget(self.all)
        below.addStretch()
        below.addWidget(closing_button(self))
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(label("Change shortcuts", "display"))
        column.addWidget(self.filter)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        column.addWidget(self.said)
        column.addLayout(below)
        self.resize(520, 560)
        self._fill()

    def choose(self, id: str) -> None:
        """Make a command the current one."""
        for row in range(self.list.count()):
            if self.list.item(row).data(_IdRole) == id:
                self.list.setCurrentRow(row)

    def _button(self, text: str, do: object) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(do)
        return button

    @property
    def _id(self) -> str:
        item = self.list.currentItem()
        return str(item.data(_IdRole)) if item is not None else ""

    def _fill(self) -> None:
        before = self._id
        self.list.blockSignals(True)
        self.list.clear()
        for action in matching(self._table.actions, self.filter.text()):
            item = QListWidgetItem(plain(action.title.rstrip("…")))
            item.setData(_IdRole, action.id)
            item.setData(QuietRole, _native(self._table.keys_of(action.id)))
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.choose(before)
        if self.list.currentRow() < 0:
            self.list.setCurrentRow(0)
        self._chosen()

    def _chosen(self) -> None:
        if self._id:
            self.keys.setKeySequence(QKeySequence(self._table.keys_of(self._id)))
        self._check()

    def _other(self) -> Action | None:
        """The command that has the keys already."""
        return self._table.bound_to(self.keys.keySequence().toString(), besides=self._id)

    def _check(self) -> None:
        other = self._other()
        wanted = self.keys.keySequence().toString()
        self.give.setEnabled(bool(self._id and wanted) and wanted != self._table.keys_of(self._id))
        self.usual.setEnabled(bool(self._id) and self._table.is_rebound(self._id))
        self.all.setEnabled(any(self._table.is_rebound(a.id) for a in self._table.actions))
        self.give.setText("Take them over" if other is not None else "Use these keys")
        self.said.setText(
            f"These are the keys of “{other.title.rstrip('…')}”, which is then left without."
            if other is not None
            else "Click into the field and press the new keys."
        )

    def _give(self) -> None:
        other = self._other()
        if other is not None:
            self._table.rebind(other.id, "")
        self._bind(self.keys.keySequence().toString())

    def _bind(self, keys: str) -> None:
        self._table.rebind(self._id, keys)
        self.rebound.emit()
        self._fill()

    def _restore(self) -> None:
        """Give the usual keys back, from whoever has them now."""
        usual = self._table.usual_keys_of(self._id)
        other = self._table.bound_to(usual, besides=self._id)
        if other is not None:
            self._table.rebind(other.id, "")
        self._bind(usual)

    def _restore_all(self) -> None:
        for action in self._table.actions:
            self._table.rebind(action.id, action.keys)
        self.rebound.emit()
        self._fill()


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)

"""What lies in the trash, as pictures."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import network_text, plain, set_tip
from dgn_explorer.gui.look.theme import LARGE, SMALL, WIDE
from dgn_explorer.results.summary import Summary
from dgn_explorer.results.trash import KEPT_DAYS

_KeyRole = Qt.ItemDataRole.UserRole + 1
_EDGE = 96
_TEXT = (
    f"Deleted results stay here for {KEPT_DAYS} days, also when the window is closed. Making one "
    "again takes it back, too."
)


class TrashDialog(QDialog):
    """Select some, take them back or delete them for good; it closes when nothing is left."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk, self._library = desk, desk.session.library
        self.setWindowTitle("Trash")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = QListWidget()
        self.list.setAccessibleName("Deleted results")
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(_EDGE, _EDGE))
        self.list.setGridSize(QSize(_EDGE + 24, _EDGE + 36))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.itemSelectionChanged.connect(self._enable)
        self.list.itemActivated.connect(lambda item: self._restore([item]))
        self.count = label("", "muted")
        self.restore = self._button("Put back", lambda: self._restore(self.list.selectedItems()))
        self.delete = self._button("Delete for good", self._delete_selected)
        self.empty = self._button("Empty the trash", self._empty)
        close = self._button("Close", self.accept)
        close.setProperty("role", "primary")
        close.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.restore)
        row.addWidget(self.delete)
        row.addWidget(self.empty)
        row.addStretch()
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(SMALL)
        column.addWidget(label("Trash", "display"))
        column.addWidget(label(_TEXT, "muted", wrap=True))
        column.addWidget(self.list, 1)
        column.addWidget(self.count)
        column.addLayout(row)
        self.resize(620, 460)
        self._library.thumbnail_ready.connect(self._draw)
        self._library.changed.connect(self._fill)
        self._fill()
        self.list.setFocus()

    def _button(self, text: str, clicked: object) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(text)
        button.setAutoDefault(False)
        button.clicked.connect(clicked)
        return button

    def _fill(self) -> None:
        found = self._library.trash
        self.list.clear()
        for item in found:
            self.list.addItem(_item(item))
            self._draw(item.key)
        size_mb = sum(item.bytes for item in found) / 1e6
        word = "result" if len(found) == 1 else "results"
        self.count.setText(f"{len(found):,} {word}, {size_mb:.1f} MB")
        self._enable()
        if not found:
            self.accept()

    def _draw(self, key: str) -> None:
        picture = self._library.thumbnail(key, self.devicePixelRatioF())
        if picture is None:
            picture = QPixmap(1, 1)
            picture.fill(Qt.GlobalColor.transparent)
        for row in range(self.list.count()):
            item = self.list.item(row)
            if item.data(_KeyRole) == key:
                item.setIcon(QIcon(picture))

    def _enable(self) -> None:
        some = bool(self.list.selectedItems())
        self.restore.setEnabled(some)
        self.delete.setEnabled(some)

    def _restore(self, items: Sequence[QListWidgetItem]) -> None:
        keys = [item.data(_KeyRole) for item in items]
        if not self._desk.session.may_change():
            return
        self._library.restore(keys)
        self._desk.notify(f"{len(keys):,} put back." if len(keys) > 1 else "It is back.")

    def _delete_selected(self) -> None:
        keys = [item.data(_KeyRole) for item in self.list.selectedItems()]
        if not self._desk.session.may_change():
            return
        self._desk.flows.start(self._library.empty_trash(keys))

    def _empty(self) -> None:
        if not self._desk.session.may_change():
            return
        self._desk.flows.start(self._library.empty_trash())


def _item(summary: Summary) -> QListWidgetItem:
    name = plain(summary.label or summary.address)
    item = QListWidgetItem(name)
    item.setData(_KeyRole, summary.key)
    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, deleted")
    set_tip(item, f"{summary.address} of {network_text(summary.network)}, seed {summary.seed}")
    return item

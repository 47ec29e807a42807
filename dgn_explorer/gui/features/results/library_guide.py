"""The navigator of the library: what was made, by the question that was asked."""

from collections import Counter

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import action_button, label, panel
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.row_delegate import QuietRole, RowDelegate
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.studies.questions import questions

_MethodRole = Qt.ItemDataRole.UserRole + 1
_EMPTY = "Whatever is made is kept here: by what was asked, with its recipe, for good."


class LibraryGuide(QWidget):
    """One line a question that has been answered, with how often; a click lists its answers."""

    chosen = Signal(str)  # the name of a method, or nothing for all

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._shown = desk.session, ""
        self.list = QListWidget()
        self.list.setAccessibleName("Questions that were answered")
        self.list.setItemDelegate(RowDelegate(desk.theme, parent=self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.currentItemChanged.connect(self._choose)
        self._empty = label(_EMPTY, "muted", wrap=True)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(MEDIUM, MEDIUM, SMALL, MEDIUM)
        column.addWidget(label("WHAT WAS ASKED", "section"))
        column.addWidget(self._empty)
        column.addWidget(self.list, 1)
        column.addWidget(action_button(desk.table["trash"]))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        desk.session.library.changed.connect(self._fill)
        desk.session.library.added.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        counts = Counter(item.method for item in self._session.library.items)
        rows = [("", "Everything", counts.total())]
        rows += [(q.name, q.asked.word, counts[q.name]) for q in questions() if counts[q.name]]
        self.list.blockSignals(True)
        self.list.clear()
        for name, word, count in rows if counts else ():
            item = QListWidgetItem(plain(word))
            item.setData(QuietRole, f"{count:,}")
            item.setData(_MethodRole, name)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, plain(f"{word}, {count}"))
            self.list.addItem(item)
            if name == self._shown:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self.list.setVisible(bool(counts))
        self._empty.setVisible(not counts)

    def _choose(self, item: QListWidgetItem | None) -> None:
        name = item.data(_MethodRole) if item is not None else None
        if name is not None and name != self._shown:
            self._shown = name
            self.chosen.emit(name)

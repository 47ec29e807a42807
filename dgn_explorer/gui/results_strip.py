"""The stored results along the bottom, newest first."""

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.card_view import CardView
from dgn_explorer.gui.library import Library
from dgn_explorer.gui.parts import label, number_text, panel
from dgn_explorer.gui.session import Session
from dgn_explorer.gui.theme import MEDIUM, SMALL, TIGHT, Theme
from dgn_explorer.gui.unit_model import Card, CardRole, CardState
from dgn_explorer.results.result_file import StoredResult

Index = QModelIndex | QPersistentModelIndex
EDGE = 72
_SCROLLBAR_PX = 18
_ROOT = QModelIndex()


class ResultModel(QAbstractListModel):
    """The library's results whose name or address contains the filter."""

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._items: list[StoredResult] = []
        self._rows: dict[str, int] = {}
        self._filter = ""
        self.ratio = 1.0
        library.changed.connect(self.refresh)
        library.thumbnail_ready.connect(self._thumbnail_ready)

    def set_filter(self, text: str) -> None:
        """Show only results that contain ``text``."""
        self._filter = text.strip().lower()
        self.refresh()

    def refresh(self) -> None:
        """Take over the library's list; unchanged lists keep the selection."""
        wanted = self._filter
        items = [
            item
            for item in self._library.items
            if wanted in item.label.lower() or wanted in item.address.lower()
        ]
        if items == self._items:
            return
        self.beginResetModel()
        self._items = items
        self._rows = {item.key: row for row, item in enumerate(items)}
        self.endResetModel()

    def key(self, index: Index) -> str:
        """The key of a row's result."""
        return self._items[index.row()].key

    def row_of(self, key: str) -> int | None:
        """The row of a result."""
        return self._rows.get(key)

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many rows there are."""
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a row shows."""
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == CardRole:
            return self._card(item)
        if role == Qt.ItemDataRole.DisplayRole:
            return item.label or item.address
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            state = "finished" if item.state == "done" else f"stopped at step {item.steps}"
            value = number_text(item.activation)
            name = f"{item.label}, {item.address}" if item.label else item.address
            return f"{name}, seed {item.seed}, {state}, activation {value}"
        return None

    def _card(self, item: StoredResult) -> Card:
        text = f"{number_text(item.activation)} · seed {item.seed}"
        if item.state != "done":
            text = f"stopped at {item.steps}"
        pixmap = self._library.thumbnail(item.key, self.ratio)
        # No badge: everything here is finished; what was stopped says so.
        return Card(item.label or item.address, text, CardState.NOT_COMPUTED, pixmap, " ")

    def _thumbnail_ready(self, key: str) -> None:
        row = self._rows.get(key)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row))


class ResultsStrip(QWidget):
    """One click or Enter shows a result."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.model = ResultModel(session.library, self)
        self.view = CardView(theme, EDGE, strip=True)
        self.view.setAccessibleName("Results")
        self.view.setModel(self.model)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setMinimumHeight(self.view.card_size.height() + _SCROLLBAR_PX)
        self.view.clicked.connect(self._show)
        self.view.started.connect(self._show)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the results")
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(128)
        self.filter.textChanged.connect(self.model.set_filter)
        self._count = label("", "section")
        self._empty = label(
            "Every picture you make is kept here, and shown again at once.", "muted"
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.view)
        self._side = QWidget()
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, TIGHT, 0, 0)
        side.setSpacing(SMALL)
        side.addWidget(self._count)
        side.addWidget(self.filter)
        side.addStretch()
        body, column = panel(margin=0)
        column.setContentsMargins(MEDIUM, SMALL, SMALL, TIGHT)
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(self._side)
        row.addWidget(self._pages, 1)
        column.addLayout(row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self.model.modelReset.connect(self._counted)
        session.display_changed.connect(self._follow)
        self._counted()

    def _show(self, index: QModelIndex) -> None:
        self.model.ratio = self.devicePixelRatioF()
        self._session.show_result(self.model.key(index))

    def _counted(self) -> None:
        shown, all_ = self.model.rowCount(), len(self._session.library.items)
        self._count.setText(
            f"{shown:,} OF {all_:,} RESULTS" if shown != all_ else f"{all_:,} RESULTS"
        )
        self._side.setVisible(all_ > 0)
        self._empty.setText(
            "No result contains this text."
            if all_
            else "Every picture you make is kept here, and shown again at once."
        )
        self._pages.setCurrentIndex(1 if shown else 0)
        self._follow()

    def _follow(self) -> None:
        result = self._session.display.result
        row = self.model.row_of(result.key) if result is not None else None
        selection = self.view.selectionModel()
        if row is None:
            selection.clear()
            return
        index = self.model.index(row)
        selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.view.scrollTo(index)

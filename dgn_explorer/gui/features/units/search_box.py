"""The search box of the top bar, and the list of hits that opens below it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.look.icons import icon
from dgn_explorer.gui.look.parts import label, set_role
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.row_delegate import HEIGHT, QuietRole, RowDelegate
from dgn_explorer.gui.look.theme import SMALL, Theme
from dgn_explorer.gui.state.networks.search_index import Hit, SearchIndex
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.info import NetworkInfo

_HitRole = Qt.ItemDataRole.UserRole + 1
_LEAST_PX, _WIDEST_PX = 380, 640
_MOST_ROWS = 12


class SearchBox(QWidget):
    """Type, walk the hits with the arrow keys, Enter runs; a bad address explains itself."""

    chosen = Signal(object)  # Hit

    def __init__(self, session: Session, notes: Notes, theme: Theme, window: QWidget) -> None:
        super().__init__()
        self._session, self._notes, self._theme = session, notes, theme
        self._index: SearchIndex | None = None
        self._entered = False  # Enter was pressed before there was anything to search
        self.field = QLineEdit()
        self.field.setPlaceholderText("Search a class, a layer or layer:index")
        self.field.setMaximumWidth(_WIDEST_PX)
        self.field.setAccessibleName("Find a unit")
        self.field.setAccessibleDescription("Enter visualises the first hit")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._enter)
        self.field.installEventFilter(self)
        self._glass = self.field.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        theme.changed.connect(self._tint)
        self._tint()
        self.problem = label("", "bad", wrap=True)
        self.problem_hint = label("", "muted", wrap=True)
        self.problem.hide()
        self.problem_hint.hide()
        self.hits = QListWidget()
        self.hits.setAccessibleName("Search hits")
        self.hits.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # who types goes on typing
        self.hits.setUniformItemSizes(True)
        self.hits.setMouseTracking(True)
        self.hits.setItemDelegate(RowDelegate(theme, parent=self.hits))
        self.hits.itemActivated.connect(self._choose)
        self.hits.itemClicked.connect(self._choose)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.field)
        self._window, self.popup = window, QFrame(window)
        self.popup.setProperty("role", "popup")
        column = self._column = QVBoxLayout(self.popup)
        column.setContentsMargins(SMALL, SMALL, SMALL, SMALL)
        column.setSpacing(SMALL)
        for part in (self.problem, self.problem_hint, self.hits):
            column.addWidget(part)
        self.popup.hide()

    def open_network(self, network: NetworkInfo) -> None:
        """Search in this network from now on."""
        first, self._index = self._index is None, SearchIndex(network)
        if not first:
            self.field.clear()
            return
        # What was typed while torch loaded is searched now.
        entered = self._entered
        self._search(self.field.text())
        if entered:
            self._enter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch events of another widget."""
        if watched is self.field and event.type() == QEvent.Type.FocusOut:
            self.popup.hide()
        elif watched is self.field and event.type() in (QEvent.Type.FocusIn, QEvent.Type.Resize):
            self._open_popup()
        if isinstance(event, QKeyEvent) and watched is self.field:
            if event.key() == Qt.Key.Key_Escape and self.field.text():
                # Escape empties the box first; only an empty box lets it stop the ascent.
                if event.type() == QEvent.Type.ShortcutOverride:
                    event.accept()
                    return True
                if event.type() == QEvent.Type.KeyPress:
                    self.field.clear()
                    return True
            asks = event.type() == QEvent.Type.ShortcutOverride and event.text() == "?"
            if asks and not self.field.text():
                event.ignore()  # no class name begins with it: it asks for help, as elsewhere
                return True
            if event.type() == QEvent.Type.KeyPress:
                step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
                if step is not None and self.hits.count():
                    row = min(max(self.hits.currentRow() + step, 0), self.hits.count() - 1)
                    self.hits.setCurrentRow(row)
                    return True
        return super().eventFilter(watched, event)

    def _tint(self) -> None:
        colour = self._theme.colours.muted
        self._glass.setIcon(icon("search", colour, colour))

    def _search(self, text: str) -> None:
        self._show_problem(None)
        self._entered = False
        self.hits.clear()
        labels = self._session.labels.find(text) if text.strip() else []
        self._list(self._index.find(text, self._notes.book.units, labels) if self._index else [])
        if self.hits.count():
            self.hits.setCurrentRow(0)
        self._open_popup()

    def _open_popup(self) -> None:
        """Show what there is to say below the field, as high as it needs."""
        rows, problem = self.hits.count(), not self.problem.isHidden()
        if not self.field.text().strip() or not (rows or problem):
            self.popup.hide()
            return
        self.hits.setVisible(rows > 0)
        self.hits.setFixedHeight(min(rows, _MOST_ROWS) * HEIGHT + 8)
        width = max(self.field.width(), _LEAST_PX)
        corner = self.field.mapTo(self._window, QPoint(0, self.field.height() + 2))
        column = self._column
        high = column.totalHeightForWidth(width) if column.hasHeightForWidth() else -1
        self.popup.setGeometry(
            corner.x(), corner.y(), width, high if high > 0 else column.sizeHint().height()
        )
        self.popup.show()
        self.popup.raise_()

    def _list(self, hits: Sequence[Hit]) -> None:
        for hit in hits:
            item = QListWidgetItem(plain(hit.title))
            item.setData(QuietRole, plain(hit.subtitle))
            item.setData(_HitRole, hit)
            self.hits.addItem(item)

    def _enter(self) -> None:
        item = self.hits.currentItem()
        if item is not None:
            self._choose(item)
        elif self._index is None:
            self._entered = True
        elif not self.field.text().strip():
            if self._session.unit is not None:
                self._session.visualise(self._session.unit)
        else:
            self._resolve(self._index)

    def _resolve(self, index: SearchIndex) -> None:
        """Go to what is typed, or say what is wrong with it and list what may have been meant."""
        text = self.field.text()
        try:
            unit = self._session.resolve(text)
        except DgnError as error:
            self._show_problem(error)
            self._list(index.near(text))
            self._open_popup()
        else:
            self.chosen.emit(Hit(str(unit), "", unit.layer, unit))

    def _choose(self, item: QListWidgetItem) -> None:
        hit = item.data(_HitRole)
        self.field.clear()
        self.chosen.emit(hit)

    def _show_problem(self, error: DgnError | None) -> None:
        set_role(self.field, "invalid", "true" if error else "false")
        self.problem.setText(error.message if error else "")
        self.problem_hint.setText(error.hint if error else "")
        self.problem.setVisible(error is not None)
        self.problem_hint.setVisible(error is not None)

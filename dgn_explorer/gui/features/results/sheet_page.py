"""A sheet of variations: cells fill in as they are made."""

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.results.variations import Sheet
from dgn_explorer.gui.look.card import Card, CardRole, CardState
from dgn_explorer.gui.look.card_delegate import CardDelegate
from dgn_explorer.gui.look.parts import ElidedLabel, panel
from dgn_explorer.gui.look.plain import tip_text
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import LARGE, SMALL
from dgn_explorer.gui.state.jobs import JobState
from dgn_explorer.gui.state.session import Session
from dgn_explorer.synthesis.recipe import Recipe

Index = QModelIndex | QPersistentModelIndex
EDGE = 112
_ROOT = QModelIndex()


class SheetModel(QAbstractTableModel):
    """The cells of a `Sheet` with their states."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sheet: Sheet | None = None
        session.library.changed.connect(self._all_changed)
        session.library.added.connect(self._all_changed)
        session.library.thumbnail_ready.connect(self._all_changed)
        session.jobs.changed.connect(self._all_changed)

    def show_sheet(self, sheet: Sheet) -> None:
        """Show another sheet."""
        self.beginResetModel()
        self._sheet = sheet
        self.endResetModel()

    def recipe(self, index: Index) -> Recipe | None:
        """The recipe of a cell."""
        if self._sheet is None or not index.isValid():
            return None
        return self._sheet.recipes[index.row()][index.column()]

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many rows there are."""
        return len(self._sheet.recipes) if self._sheet and not parent.isValid() else 0

    def columnCount(self, parent: Index = _ROOT) -> int:
        """How many columns there are."""
        return len(self._sheet.recipes[0]) if self._sheet and not parent.isValid() else 0

    def headerData(
        self, section: int, side: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The value of a column or row."""
        if role != Qt.ItemDataRole.DisplayRole or self._sheet is None:
            return None
        axis = self._sheet.across if side == Qt.Orientation.Horizontal else self._sheet.down
        return axis.texts[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell shows."""
        recipe = self.recipe(index)
        if recipe is None:
            return None
        if role == CardRole:
            return self._card(recipe)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            tip = role == Qt.ItemDataRole.ToolTipRole
            caption = self._sheet.captions[index.row() * self.columnCount() + index.column()]  # type: ignore[union-attr]
            text = f"{caption}, {self._card(recipe).spoken}"
            return tip_text(text) if tip else text
        return None

    def _card(self, recipe: Recipe) -> Card:
        session = self._session
        stored = session.library.get(recipe.key)
        pixmap = session.library.thumbnail(recipe.key) if stored is not None else None
        job = session.jobs.of_key(recipe.key)
        if job is not None:
            state = {
                JobState.QUEUED: CardState.QUEUED,
                JobState.FAILED: CardState.FAILED,
            }.get(job.state, CardState.RUNNING)
            return Card(job.progress_text, "", state, pixmap)
        if stored is None:
            return Card("not computed", "", CardState.NOT_COMPUTED, None, "waits: ")
        text = f"activation {number_text(stored.activation)}"
        return Card(text, f"{stored.steps} steps", CardState.CACHED, pixmap)

    def _all_changed(self) -> None:
        if self._sheet is not None:
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)


class SheetPage(QWidget):
    """Enter or a double-click shows a cell."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session, theme = desk.session, desk.theme
        self._session = session
        self.sheet: Sheet | None = None
        self.model = SheetModel(session, self)
        self._cards = CardDelegate(theme, EDGE, self)
        self.view = QTableView()
        self.view.setAccessibleName("Variations")
        self.view.setModel(self.model)
        self.view.setItemDelegate(self._cards)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)
        self.view.setCornerButtonEnabled(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.activated.connect(self._show)
        size: QSize = self._cards.size()
        for header, pixels in (
            (self.view.horizontalHeader(), size.width() + 24),
            (self.view.verticalHeader(), size.height()),
        ):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setDefaultSectionSize(pixels)
        self._title = ElidedLabel("strong")
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, 0, SMALL, SMALL)
        column.addWidget(self._title)
        column.addWidget(self.view, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)

    def show_sheet(self, sheet: Sheet) -> None:
        """Show a sheet and compute what is missing."""
        self.sheet = sheet
        self._title.setText(sheet.title)
        self.model.show_sheet(sheet)
        self.view.verticalHeader().setVisible(bool(sheet.down.name))
        self._session.runs.compute([recipe for row in sheet.recipes for recipe in row])
        self.view.setFocus()

    def _show(self, index: QModelIndex) -> None:
        recipe = self.model.recipe(index)
        if recipe is not None:
            self._session.run(recipe)

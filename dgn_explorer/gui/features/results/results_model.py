"""Stored results as a list model, filtered and ordered."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from dgn_explorer.gui.look.card import Card, CardRole, CardState
from dgn_explorer.gui.look.card_view import CardView
from dgn_explorer.gui.look.plain import plain, tip_text
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.state.library import Library
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.topics import OfPhoto, OfUnits
from dgn_explorer.results.filters import ResultFilter
from dgn_explorer.results.summary import Summary
from dgn_explorer.studies.questions import questions

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class ResultModel(QAbstractListModel):
    """The library's results that a `ResultFilter` lets through."""

    def __init__(self, library: Library, notes: Notes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._notes = library, notes
        self._items: list[Summary] = []  # the last row first, so that a new first row moves none
        self._places: dict[str, int] = {}  # of the keys in it
        self._favourites: frozenset[str] = frozenset()
        self.filter = ResultFilter()
        self._owns: Callable[[Summary], bool] | None = None
        self.ratio = 1.0
        library.changed.connect(self.refresh)
        library.added.connect(self._add)
        library.studied.connect(self._studied)
        library.thumbnail_ready.connect(self._thumbnail_ready)
        notes.changed.connect(self.refresh)

    def set_filter(self, chosen: ResultFilter) -> None:
        """Show what ``chosen`` lets through."""
        self.filter = chosen
        self.refresh()

    def show_owned(self, owns: Callable[[Summary], bool]) -> None:
        """Show only what ``owns`` says belongs to the subject."""
        if owns != self._owns:
            self._owns = owns
            self.refresh()

    def refresh(self) -> None:
        """Take over the library's list; unchanged lists keep the selection."""
        items = self._passing(self._listed())
        items.reverse()
        favourites = frozenset(item.key for item in items if self._notes.is_favourite(item))
        if items == self._items and favourites == self._favourites:
            return
        self.beginResetModel()
        self._items, self._favourites = items, favourites
        self._places = {item.key: place for place, item in enumerate(items)}
        self.endResetModel()

    def _studied(self) -> None:
        if isinstance(self._owns, OfPhoto):
            self.refresh()

    def _add(self, item: Summary) -> None:
        """Take over one new result, which comes first where the newest does."""
        mixed = isinstance(self._owns, OfPhoto)
        if self.filter.order != "date" or mixed or item.key in self._places:
            self.refresh()
        elif self._passing([item]):
            self.beginInsertRows(_ROOT, 0, 0)
            self._places[item.key] = len(self._items)
            self._items.append(item)
            if self._notes.is_favourite(item):
                self._favourites |= {item.key}
            self.endInsertRows()

    def _listed(self) -> Sequence[Summary]:
        """All pictures; of a photograph the analyses, too, newest first."""
        items = self._library.items
        if not isinstance(self._owns, OfPhoto):
            return items
        asked = {about.name for about in questions() if about.asked.of}
        both = [*items, *(one for one in self._library.studies() if one.method in asked)]
        return sorted(both, key=lambda item: item.created, reverse=True)

    @property
    def owned_count(self) -> int:
        """How many there are without the filter."""
        owns = self._owns or (lambda _item: True)
        return sum(map(owns, self._listed()))

    def draw_for(self, ratio: float) -> None:
        """Draw for a screen with so many pixels to a point."""
        if ratio != self.ratio:
            self.ratio = ratio
            self.dataChanged.emit(self.index(0), self.index(max(0, len(self._items) - 1)))

    def _passing(self, items: Sequence[Summary]) -> list[Summary]:
        owned = items if self._owns is None else [item for item in items if self._owns(item)]
        return self.filter.apply(owned, self._notes.is_favourite, self._notes.words_of)

    @property
    def items(self) -> Sequence[Summary]:
        """What is shown, in order."""
        return self._items[::-1]

    def key(self, index: Index) -> str:
        """The key of a row's result."""
        return self._item(index.row()).key

    def row_of(self, key: str) -> int | None:
        """The row of a result."""
        place = self._places.get(key)
        return None if place is None else len(self._items) - 1 - place

    def _item(self, row: int) -> Summary:
        return self._items[len(self._items) - 1 - row]

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many rows there are."""
        return 0 if parent.isValid() else len(self._items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Results can be dragged."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a row shows."""
        if not index.isValid():
            return None
        item = self._item(index.row())
        if role == CardRole:
            return self._card(item)
        if role == Qt.ItemDataRole.DisplayRole:
            return plain(item.label or item.address)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            state = "finished" if item.state == "done" else f"stopped at step {item.steps}"
            value = number_text(item.activation)
            if item.kind != "images":
                return plain(f"{item.method}: {item.address}")
            name = f"{item.label}, {item.address}" if item.label else item.address
            favourite = ", favourite" if item.key in self._favourites else ""
            how = f"quality {item.quality}, " if item.quality else ""
            text = f"{name}, {how}seed {item.seed}, {state}, activation {value}{favourite}"
            return tip_text(text) if role == Qt.ItemDataRole.ToolTipRole else plain(text)
        return None

    def _card(self, item: Summary) -> Card:
        short = f"{number_text(item.activation)} · seed {item.seed}"
        text = f"{item.quality} · {short}" if item.quality else short
        if item.state != "done":
            text = f"stopped at {item.steps}"
        pictured = item.kind == "images"
        pixmap = self._library.thumbnail(item.key, self.ratio) if pictured else None
        star = item.key in self._favourites
        title = item.label or item.address
        if isinstance(self._owns, OfUnits | OfPhoto):  # one subject: what was asked tells more
            words = {about.name: about.asked.word for about in questions()}
            title = words.get(item.method, item.method)
        if not pictured:
            *of, _photo = item.address.split(", ")
            return Card(title, of[0] if of else "", CardState.CACHED, None, title)
        # No badge: everything here is finished; what was stopped says so.
        return Card(title, text, CardState.NOT_COMPUTED, pixmap, " ", star, short=short)

    def _thumbnail_ready(self, key: str) -> None:
        row = self.row_of(key)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row))


def selected_keys(view: CardView, model: ResultModel) -> list[str]:
    """The keys of the selected results, in the order of the list."""
    rows = sorted(index.row() for index in view.selectionModel().selectedIndexes())
    return [model.key(model.index(row)) for row in rows]


def make_current(view: CardView, model: ResultModel, key: str) -> None:
    """Select one result, if it is in the list."""
    row = model.row_of(key)
    if row is None:
        view.selectionModel().clear()
        return
    index = model.index(row)
    view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
    view.scrollTo(index)

"""A list view of cards with the settings that make 100,000 of them open in milliseconds."""

from PySide6.QtCore import QEvent, QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QListView, QWidget

from dgn_explorer.gui.look.card_delegate import CardDelegate
from dgn_explorer.gui.look.theme import Theme

_JUMP = 10
_BEYOND = 5 * 120  # of the wheel: five notches
_ON_KEYS = (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown)
_BACK_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp)
_CARD_PX, _STRIP_PX = 70, 132  # below them names and numbers are cut
_READABLE_PX = 60  # smaller pictures are for an overview, and lie close together


class CardView(QListView):
    """Cards in rows, or in one row that scrolls sideways (``strip``).

    Enter or a double-click activates, Ctrl+arrows move by ten, Ctrl and the wheel zoom.
    """

    started = Signal(QModelIndex)
    zoomed = Signal(int)  # larger thumbnails (1) or smaller ones (-1) are wanted
    went_on = Signal(int)  # beyond the last card (1) or the first one (-1), by keys or the wheel
    ratio_known = Signal(float)  # pixels to a point of the screen that it is on
    drag_wanted = Signal()  # after `drag_out`: selected cards are pulled at

    def __init__(
        self, theme: Theme, edge: int, strip: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._cards = CardDelegate(theme, edge, self)
        self._strip = strip
        self._cards.least_px = _STRIP_PX if strip else _CARD_PX
        self._cards.title_lines = 1
        self.setItemDelegate(self._cards)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(500)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSpacing(0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.set_edge(edge)
        self._drags_out = False
        self._beyond = 0  # how far the wheel has turned at an end
        self.doubleClicked.connect(self.started)
        theme.changed.connect(self._repaint)

    @property
    def card_size(self) -> QSize:
        """The size of one card."""
        return self._cards.size()

    @property
    def edge(self) -> int:
        """The width of a thumbnail."""
        return self._cards.edge

    def set_edge(self, edge: int) -> None:
        """Make thumbnails ``edge`` pixels wide."""
        self._cards.edge = edge
        if not self._strip:
            readable = edge >= _READABLE_PX
            self._cards.least_px = _CARD_PX if readable else 0
            self._cards.title_lines = 2 if readable else 0
        self._fill_width()
        self.setIconSize(QSize(edge, edge))

    def drag_out(self) -> None:
        """Emit `drag_wanted` for a drag, instead of carrying the model's own data."""
        self.setDragDropMode(QListView.DragDropMode.DragOnly)
        self._drags_out = True

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Begin to drag."""
        if self._drags_out:
            self.drag_wanted.emit()
        else:
            super().startDrag(actions)

    def showEvent(self, event: QShowEvent) -> None:
        """Say for which screen pictures are wanted."""
        super().showEvent(event)
        self.ratio_known.emit(self.devicePixelRatioF())

    def event(self, event: QEvent) -> bool:
        """Say it again on another screen."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.ratio_known.emit(self.devicePixelRatioF())
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit to the new size."""
        self._fill_width()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll, or zoom."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.angleDelta().y():
            self.zoomed.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            self._turn_on(event.angleDelta().y())
            super().wheelEvent(event)

    def _turn_on(self, turned: int) -> None:
        """Some turns of the wheel more at an end lead on."""
        bar = self.verticalScrollBar()
        end = bar.maximum() if turned < 0 else bar.minimum()
        self._beyond = self._beyond + turned if bar.value() == end else 0
        if abs(self._beyond) >= _BEYOND:
            self._beyond = 0
            self.went_on.emit(1 if turned < 0 else -1)

    def _fill_width(self) -> None:
        """Spread the columns over the width, so that no ragged gap is left at the right."""
        size = self._cards.size()
        if self._strip:
            # One line that scrolls sideways, until there is room for two.
            wraps = self.height() >= 2 * size.height()
            if wraps != self.isWrapping():
                self.setWrapping(wraps)
            needed, off = (
                Qt.ScrollBarPolicy.ScrollBarAsNeeded,
                Qt.ScrollBarPolicy.ScrollBarAlwaysOff,
            )
            self.setHorizontalScrollBarPolicy(off if wraps else needed)
            self.setVerticalScrollBarPolicy(needed if wraps else off)
            if not wraps:
                self._cards.cell_px = 0
                self.setGridSize(size)
                return
        # Room for the scroll bar whether or not it is there, as one that comes would take a column;
        # and Qt wraps a line that fills the width exactly.
        width = self.contentsRect().width() - self.verticalScrollBar().sizeHint().width() - 2
        columns = max(1, width // size.width())
        if self.model() is not None and self.model().rowCount() > columns:
            size.setWidth(width // columns)
        self._cards.cell_px = size.width()
        if size != self.gridSize():
            self.setGridSize(size)

    def _repaint(self) -> None:
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on keys."""
        index = self.currentIndex()
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.started.emit(index)
            return
        jump = {Qt.Key.Key_Left: -_JUMP, Qt.Key.Key_Right: _JUMP}.get(Qt.Key(event.key()))
        if jump is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            model = self.model()
            row = min(max(index.row() + jump, 0), model.rowCount() - 1)
            self.setCurrentIndex(model.index(row, 0))
            return
        ends = {0: _BACK_KEYS, self.model().rowCount() - 1: _ON_KEYS}
        if plain and index.isValid() and event.key() in ends.get(index.row(), ()):
            self.went_on.emit(1 if event.key() in _ON_KEYS else -1)
            return
        super().keyPressEvent(event)

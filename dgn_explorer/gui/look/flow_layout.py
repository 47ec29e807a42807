"""Widgets in lines, as words in a text: what finds no room goes to the next line."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Widgets from left to right, ``gap`` pixels apart, in as many lines as they need.

    ``centred`` puts every line into the middle.
    """

    def __init__(self, gap: int, parent: QWidget | None = None, centred: bool = False) -> None:
        super().__init__(parent)
        self._gap, self._centred = gap, centred
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Take in one more."""
        self._items.append(item)

    def count(self) -> int:
        """How many there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """One of them."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give one of them back."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """It takes the whole width, and no more height than it needs."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """A narrower one is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """How high it is."""
        return self._lay(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        """Put everything in place."""
        super().setGeometry(rect)
        self._lay(rect, move=True)

    def sizeHint(self) -> QSize:
        """One line of everything."""
        sizes = [item.sizeHint() for item in self._items]
        width = sum(size.width() for size in sizes) + self._gap * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        """The widest of them."""
        made = QSize()
        for item in self._items:
            made = made.expandedTo(item.minimumSize())
        return made

    def _lay(self, rect: QRect, move: bool) -> int:
        """Put every line in place, its widgets centred on it; returns how high all lines are."""
        y, line, x = rect.y(), list[tuple[QLayoutItem, QRect]](), rect.x()
        for item in self._items:
            if item.isEmpty():  # a hidden widget
                continue
            size = item.sizeHint()
            if line and x + size.width() > rect.x() + rect.width():
                y += self._place(line, rect, move) + self._gap
                line, x = [], rect.x()
            line.append((item, QRect(QPoint(x, y), size)))
            x += size.width() + self._gap
        return y + self._place(line, rect, move) - rect.y()

    def _place(self, line: list[tuple[QLayoutItem, QRect]], rect: QRect, move: bool) -> int:
        """Put one line in place; returns its height."""
        high = max((box.height() for _, box in line), default=0)
        left = rect.right() - line[-1][1].right() if line and self._centred else 0
        for item, box in line if move else ():
            item.setGeometry(box.translated(max(0, left) // 2, (high - box.height()) // 2))
        return high

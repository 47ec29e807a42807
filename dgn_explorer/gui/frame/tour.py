"""A walk around the window: what each part is for, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolBar, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, Theme

_WIDTH_PX = 320


@dataclass(frozen=True)
class Stop:
    """One part: what it is called, what it is for, and where it is."""

    title: str
    text: str
    place: Callable[[], QWidget]


def stops_of(desk: Desk) -> tuple[Stop, ...]:
    """From what to choose to what to do with it."""
    return (
        Stop("Search", "Type a class, a layer or a unit such as fc:207. Enter makes its image.",
             lambda: desk.top),
        Stop("Navigator", "All layers, and the units of one. A double-click makes a unit's image; "
             "drag one into a mix.", lambda: desk.navigator),
        Stop("Title", "The one subject of the page. Save, copy and delete mean it, and nothing "
             "else.", lambda: desk.title),
        Stop("Questions", "What can be asked of the subject, a button each. Rest the mouse on one "
             "for an example.", lambda: desk.questions),
        Stop("Answer", "The image forms here in front of you. Stop keeps what there is, and More "
             "steps goes on.", lambda: desk.book),
        Stop("Inspector", "What the network sees in the picture, and what the next one is made "
             "with: quality, how many, seed.", lambda: desk.inspector),
        Stop("Six pages", "A unit, a whole layer, a photo of yours, a mix of units, everything "
             "that was made, and the generator.", lambda: _rail(desk)),
    )  # fmt: skip


def _rail(desk: Desk) -> QWidget:
    rail = desk.window.findChild(QToolBar, "rail")
    assert isinstance(rail, QToolBar)
    return rail


class Tour(QWidget):
    """Lies over the window and lets one part of it shine through; Escape ends it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._theme: Theme = desk.theme
        self._window: QWidget = desk.window
        self._stops, self._at = stops_of(desk), 0
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("A walk around the window")
        self._card = QFrame(self)
        self._card.setProperty("role", "popup")
        self._card.setFixedWidth(_WIDTH_PX)
        self.title, self.text = label("", "title"), label("", "", wrap=True)
        self._count = label("", "muted")
        self.back = self._button("Back", lambda: self._go(-1))
        self.next = self._button("Next", lambda: self._go(1))
        self.next.setProperty("role", "primary")
        self.end = self._button("End", self.close)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self._count)
        buttons.addStretch()
        for button in (self.end, self.back, self.next):
            buttons.addWidget(button)
        column = self._column = QVBoxLayout(self._card)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        column.setSpacing(SMALL)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addLayout(buttons)
        desk.window.installEventFilter(self)
        self.setGeometry(desk.window.rect())
        self._show_stop()
        self.show()
        self.raise_()
        self.next.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self.setGeometry(self._window.rect())
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape ends, the arrows go on and back."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            self._go(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Darken everything but the part that is meant."""
        painter, hole = QPainter(self), self._hole()
        painter.setClipRegion(self.rect())
        shade = QColor(0, 0, 0, 120)
        for part in (
            QRect(0, 0, self.width(), hole.top()),
            QRect(0, hole.bottom() + 1, self.width(), self.height()),
            QRect(0, hole.top(), hole.left(), hole.height()),
            QRect(hole.right() + 1, hole.top(), self.width(), hole.height()),
        ):
            painter.fillRect(part, shade)
        painter.setPen(QPen(QColor(self._theme.colours.accent), 3))
        painter.drawRect(hole.adjusted(1, 1, -2, -2))
        painter.end()

    def _button(self, text: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(f"{text}: walk around the window")
        button.clicked.connect(do)
        return button

    def _go(self, step: int) -> None:
        self._at += step
        if self._at == len(self._stops):
            self.close()
            return
        self._at = max(0, self._at)
        self._show_stop()

    def _show_stop(self) -> None:
        stop, last = self._stops[self._at], self._at == len(self._stops) - 1
        self.title.setText(stop.title)
        self.text.setText(stop.text)
        self._count.setText(f"{self._at + 1} of {len(self._stops)}")
        self.back.setEnabled(self._at > 0)
        self.next.setText("Done" if last else "Next")
        self.end.setVisible(not last)
        self._place()

    def _hole(self) -> QRect:
        part = self._stops[self._at].place()
        corner = part.mapTo(self._window, QPoint(0, 0))
        return QRect(corner, part.size()).intersected(self.rect())

    def _place(self) -> None:
        """Put the card beside the part, or into it where it is large."""
        self._card.setFixedHeight(self._column.totalHeightForWidth(_WIDTH_PX))
        hole, card = self._hole(), self._card.rect()
        left = hole.right() + LARGE
        if left + card.width() > self.width() - SMALL:
            left = hole.left() - LARGE - card.width()
        if left < SMALL:
            left = hole.center().x() - card.width() // 2
        top = hole.top() if hole.width() < self.width() // 2 else hole.bottom() + SMALL
        if top + card.height() > self.height() - SMALL:
            top = hole.center().y() - card.height() // 2
        left = min(max(left, SMALL), self.width() - card.width() - SMALL)
        top = min(max(top, SMALL), self.height() - card.height() - SMALL)
        self._card.move(left, top)
        self.update()

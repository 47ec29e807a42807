"""Messages at the lower right that come, can be acted on, and go by themselves."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from dgn_explorer.gui.look.close_button import CloseButton
from dgn_explorer.gui.look.icons import icon_pixmap
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import plain_lines
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, Theme
from dgn_explorer.gui.state.display import Level, Notice

QUIET_NOTICES = "quiet_notices"  # the preference: only warnings, errors and what can be undone
SHOWN_MS = {Level.INFO: 5000, Level.WARNING: 12000, Level.ERROR: 20000}
_MOST = 3
_LEAST, _WIDTH = 220, 400
_LONGEST = 500  # letters


class NoticeCard(QFrame):
    """One notice, until its time is over, its cross is clicked or its action taken."""

    dismissed = Signal(object)  # itself

    def __init__(self, notice: Notice, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.notice = notice
        self.setProperty("role", "notice")
        self._theme, self._sign = theme, label()
        text = label(plain_lines(notice.text, _LONGEST), "", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, SMALL, SMALL, SMALL)
        row.setSpacing(SMALL)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        if notice.action and notice.run is not None:
            button = QPushButton(notice.action)
            button.setAccessibleName(f"{notice.action}: {notice.text}")
            button.setProperty("role", "link")
            button.clicked.connect(notice.run)
            button.clicked.connect(self._dismiss)
            row.addWidget(button)
        close = CloseButton(theme, "Dismiss the notice")
        close.clicked.connect(self._dismiss)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(notice.text)
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(self._dismiss)
        timer.start(SHOWN_MS[notice.level])
        theme.changed.connect(self._tint)
        self._tint()

    def _dismiss(self) -> None:
        self.dismissed.emit(self)

    def _tint(self) -> None:
        colours = self._theme.colours
        name, ink = {
            Level.INFO: ("info", colours.accent),
            Level.WARNING: ("warning", colours.warn),
            Level.ERROR: ("warning", colours.bad),
        }[self.notice.level]
        self._sign.setPixmap(icon_pixmap(name, ink, 18, self.devicePixelRatioF()))


class Notices(QWidget):
    """A column of notices over the lower right corner of ``over``, ``clearance`` pixels up."""

    def __init__(
        self,
        theme: Theme,
        over: QWidget,
        clearance: Callable[[], int] = lambda: 0,
        quiet: Callable[[], bool] = lambda: False,
    ) -> None:
        """While ``quiet`` says so, what merely informs and asks for nothing is not shown."""
        super().__init__(over)
        self._theme, self._over, self._clearance = theme, over, clearance
        self._quiet = quiet
        # Not read back from the layout: for each of its items PySide would keep a wrapper that
        # outlives the item, and mistake the next object at that address for it.
        self._cards: list[NoticeCard] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        over.installEventFilter(self)
        self.hide()

    def cards(self) -> list[NoticeCard]:
        """The notices on show, oldest first."""
        return list(self._cards)

    def show_notice(self, notice: Notice) -> None:
        """Show one more; the same words twice count as one, the oldest go first."""
        if self._quiet() and notice.level is Level.INFO and not notice.action:
            return
        kept = [card for card in self.cards() if card.notice.text != notice.text]
        gone = [card for card in self.cards() if card not in kept] + kept[: -(_MOST - 1)]
        for old in gone:
            self._drop(old)
        card = NoticeCard(notice, self._theme, self)
        card.dismissed.connect(self._drop)
        self._cards.append(card)
        self._column.addWidget(card)
        self.show()
        self.raise_()
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch events of another widget."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def place_later(self) -> None:
        """Find the place again, once what is below has its new size."""
        QTimer.singleShot(0, self, self._place)

    def _drop(self, card: NoticeCard) -> None:
        if card in self._cards:
            self._cards.remove(card)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
            self.place_later()

    def _place(self) -> None:
        if not self.cards():
            self.hide()
            return
        wanted = max(card.sizeHint().width() for card in self.cards())
        width = min(_WIDTH, max(wanted, _LEAST), self._over.width() - 2 * LARGE)
        self.setFixedWidth(width)
        height = sum(card.heightForWidth(width) for card in self.cards())
        height += SMALL * (len(self.cards()) - 1)
        bottom = self._over.height() - self._clearance() - LARGE
        self.setGeometry(self._over.width() - width - LARGE, bottom - height, width, height)

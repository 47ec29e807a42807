"""What is at work, with a way to pause and stop each; and how what is over has ended."""

from datetime import datetime

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import ElidedLabel, label
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.row_delegate import HEIGHT, QuietRole, RowDelegate
from dgn_explorer.gui.look.texts import time_text
from dgn_explorer.gui.look.theme import MEDIUM, SMALL, TIGHT
from dgn_explorer.gui.state.activities import Activity
from dgn_explorer.results.job_history import CANCELLED, DONE, FAILED, STOPPED, Past

_WIDTH, _MOST_ROWS = 400, 8
_PastRole = Qt.ItemDataRole.UserRole + 1
_SIGNS = {DONE: "✓", STOPPED: "◼", FAILED: "⚠", CANCELLED: "✕"}


class JobsPopover(QFrame):
    """Closes by a click elsewhere and by Escape."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._desk, self._activities = desk, desk.session.activities
        self._rows: dict[str, _Row] = {}
        self.setProperty("role", "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Jobs")
        self.setFixedWidth(_WIDTH)
        self._working = QVBoxLayout()
        self._working.setSpacing(MEDIUM)
        self._nothing = label("Nothing is at work.", "muted")
        self.past = QListWidget()
        self.past.setAccessibleName("What has ended")
        self.past.setItemDelegate(RowDelegate(desk.theme, parent=self.past))
        self.past.setUniformItemSizes(True)
        self.past.setMouseTracking(True)
        self.past.itemActivated.connect(self._look)
        self.past.itemClicked.connect(self._look)
        self._empty = label("What ends is listed here, and stays for the next start.", "muted")
        self._empty.setWordWrap(True)
        self.clear = QPushButton("Clear the list")
        self.clear.setAccessibleName("Clear the list of what has ended")
        self.clear.setProperty("role", "link")
        self.clear.clicked.connect(self._activities.forget)
        head = QHBoxLayout()
        head.addWidget(label("ENDED", "section"))
        head.addStretch()
        head.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        column.addWidget(label("AT WORK", "section"))
        column.addWidget(self._nothing)
        column.addLayout(self._working)
        column.addSpacing(SMALL)
        column.addLayout(head)
        column.addWidget(self._empty)
        column.addWidget(self.past)
        self._activities.changed.connect(self._fill)
        self._activities.progressed.connect(self._progressed)
        self._activities.past_changed.connect(self._fill_past)
        self._fill()
        self._fill_past()

    def open_at(self, corner: QPoint) -> None:
        """Show it with its upper right corner there, or as near as the window allows."""
        self.adjustSize()
        window = self._desk.window
        left = window.mapToGlobal(QPoint(MEDIUM, 0)).x()
        self.move(max(left, corner.x() - self.width()), corner.y())
        self.show()
        self.setFocus()

    def row(self, key: str) -> "_Row | None":
        """The row of what is at work under this key."""
        return self._rows.get(key)

    def _fill(self) -> None:
        now = self._activities.now
        for key in [key for key in self._rows if self._activities.get(key) is None]:
            row = self._rows.pop(key)
            self._working.removeWidget(row)
            row.hide()
            row.deleteLater()
        for one in now:
            if one.key not in self._rows:
                self._rows[one.key] = _Row()
                self._working.addWidget(self._rows[one.key])
            self._rows[one.key].show_activity(one)
        self._nothing.setVisible(not now)
        if self.isVisible():
            self.adjustSize()

    def _progressed(self, key: str) -> None:
        one, row = self._activities.get(key), self._rows.get(key)
        if one is not None and row is not None and self.isVisible():
            row.show_activity(one)

    def showEvent(self, event: object) -> None:
        """What nobody has seen is drawn when it is."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._fill()

    def _fill_past(self) -> None:
        past = self._activities.past
        self.past.clear()
        for one in past:
            self.past.addItem(_item(one))
        self.past.setFixedHeight(min(len(past), _MOST_ROWS) * HEIGHT + TIGHT)
        self.past.setVisible(bool(past))
        self.clear.setVisible(bool(past))
        self._empty.setVisible(not past)

    def _look(self, item: QListWidgetItem) -> None:
        """Show what it made, or say what went wrong."""
        one: Past = item.data(_PastRole)
        if one.key:
            self.hide()
            self._desk.session.show_result(one.key)
        elif one.outcome == FAILED and one.hint:
            self.hide()
            self._desk.show_problem(one.message, one.hint)


class _Row(QWidget):
    """One thing at work."""

    def __init__(self) -> None:
        super().__init__()
        self._activity: Activity | None = None
        self._title = ElidedLabel("strong")
        self._note = label("", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.show_it = self._button("Show", lambda one: one.show)
        self.pause = self._button("Pause", lambda one: one.pause)
        self.stop = self._button("Stop", lambda one: one.stop)
        top = QHBoxLayout()
        top.setSpacing(TIGHT)
        top.addWidget(self._title, 1)
        for button in (self.show_it, self.pause, self.stop):
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addLayout(top)
        column.addWidget(self._bar)
        column.addWidget(self._note)

    def show_activity(self, one: Activity) -> None:
        """Draw it."""
        self._activity = one
        name = plain(one.what, 80)
        self._title.setText(name)
        left = f" · {time_text(one.seconds_left)} left" if one.seconds_left is not None else ""
        self._note.setText(plain(f"{one.state}{left}"))
        self._bar.setRange(0, max(one.total, 1))
        self._bar.setValue(one.done)
        self._bar.setAccessibleName(f"Progress of {name}")
        self.pause.setText("Go on" if one.paused else "Pause")
        for button, able in (
            (self.show_it, one.show),
            (self.pause, one.pause),
            (self.stop, one.stop),
        ):
            button.setVisible(able is not None)
            button.setAccessibleName(f"{button.text()}: {name}")

    def _button(self, text: str, able: object) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(text)

        def do() -> None:
            wanted = able(self._activity) if self._activity is not None else None  # type: ignore[operator]
            if wanted is not None:
                wanted()

        button.clicked.connect(do)
        return button


def _item(one: Past) -> QListWidgetItem:
    item = QListWidgetItem(plain(f"{_SIGNS.get(one.outcome, '·')}  {one.what}"))
    when = datetime.fromisoformat(one.at).astimezone()
    today = when.date() == datetime.now().astimezone().date()
    at = f"{when:%H:%M}" if today else f"{when:%d %b}"
    how = one.message if one.message and one.outcome != FAILED else one.outcome
    took = f"in {time_text(one.seconds)}" if one.seconds else ""
    item.setData(QuietRole, plain("  ·  ".join(filter(None, (how, took, at))), 60))
    item.setData(_PastRole, one)
    item.setData(Qt.ItemDataRole.AccessibleTextRole, plain(f"{one.what}, {one.outcome}, {at}"))
    set_tip(item, "\n".join(filter(None, (one.message, one.hint))) or f"{one.what}: {one.outcome}")
    return item

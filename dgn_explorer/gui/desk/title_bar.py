"""The title of the page: its subject, what belongs to the next run of it, and what can be done."""

from itertools import groupby

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from dgn_explorer.gui.desk.actions import Action, ActionTable
from dgn_explorer.gui.desk.book import Book
from dgn_explorer.gui.look.parts import ElidedLabel, flat_button, label, panel
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, TIGHT

_FIRST = (3, 2, 1, 4)  # the tens of places, by how much their buttons are missed
_LEAST_PX, _TITLE_PX, _ABOUT_PX, _REST_PX = 280, 180, 150, 110  # the rest: margins, gaps, dots


class TitleBar(QWidget):
    """Follows the book's topic; its buttons are the actions with a place on the page's toolbar."""

    def __init__(self, book: Book, table: ActionTable) -> None:
        super().__init__()
        self._book, self._table = book, table
        self.title, self.about = ElidedLabel("title"), ElidedLabel("muted", end=True)
        self.badge = label("", "badge")
        # What is about the subject gives way to its name, of which nothing may be cut for it
        self.about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._buttons: list[tuple[Action, QToolButton]] = []
        self.more = QToolButton()
        self.more.setText("⋯")
        self.more.setProperty("role", "flat")
        self.more.setAccessibleName("More that can be done with this")
        set_tip(self.more, "More that can be done with this")
        self.more.clicked.connect(self._show_more)
        body, column = panel(margin=0, spacing=0)
        column.setContentsMargins(LARGE, SMALL, MEDIUM, TIGHT)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.title)
        row.addWidget(self.badge)
        row.addWidget(self.about, 1)
        self.chips = QHBoxLayout()
        self.chips.setSpacing(TIGHT)
        row.addLayout(self.chips)
        self._tools = QHBoxLayout()
        self._tools.setSpacing(2)
        row.addLayout(self._tools)
        row.addWidget(self.more)
        column.addLayout(row)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self.setMinimumWidth(_LEAST_PX)
        book.topic_changed.connect(self._show)
        book.page_changed.connect(self._show)

    def complete(self) -> None:
        """Make the buttons, once every feature has brought its actions."""
        chosen = sorted((a for a in self._table.actions if a.toolbar), key=lambda a: a.toolbar)
        for number, (_, part) in enumerate(groupby(chosen, key=lambda a: a.toolbar // 10)):
            if number:
                self._tools.addSpacing(SMALL)
            for action in part:
                button = flat_button(self._table[action.id])
                self._tools.addWidget(button)
                self._buttons.append((action, button))
        self._show()

    @property
    def actions_shown(self) -> list[QAction]:
        """What has a button on the page on show."""
        return [self._table[action.id] for action, button in self._buttons if not button.isHidden()]

    def menu(self, parent: QWidget) -> QMenu:
        """What can be done with the page's subject, for a right click."""
        made = QMenu(parent)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        made.setToolTipsVisible(True)
        hidden = {action.id for action, button in self._buttons if button.isHidden()}
        able = [
            one
            for one in self._table.actions
            if (one.context or one.id in hidden) and self._belongs(one)
        ]
        for number, (_, group) in enumerate(groupby(able, key=lambda one: one.menu)):
            if number:
                made.addSeparator()
            made.addActions([self._table[one.id] for one in group])
        return made

    def _belongs(self, action: Action) -> bool:
        return not action.pages or self._book.page in action.pages

    def _show_more(self) -> None:
        menu = self.menu(self)
        corner = self.more.mapToGlobal(QPoint(self.more.width(), self.more.height()))
        menu.popup(corner - QPoint(menu.sizeHint().width(), 0))

    def _show(self) -> None:
        topic = self._book.topic
        self.title.setText(topic.title)
        self.about.setText(topic.about)
        self.badge.setText(topic.badge)
        self.badge.setVisible(bool(topic.badge))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit to the new size."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show the buttons for which there is room; the rest is behind the dots."""
        chips = self.chips.sizeHint().width()
        first = self.about.text().partition("  ·  ")[0]  # the address
        wanted = self.about.fontMetrics().horizontalAdvance(f"{first}  …")
        name = min(self.title.sizeHint().width(), max(_TITLE_PX, self.width() // 2))
        room = self.width() - chips - name
        room -= _REST_PX + min(_ABOUT_PX, wanted)
        badge = self.badge.sizeHint().width()
        self.badge.setVisible(bool(self.badge.text()) and room >= badge)
        if not self.badge.isHidden():
            room -= badge
        for action, button in sorted(self._buttons, key=_importance):
            wanted = self._belongs(action)
            room -= button.sizeHint().width() + TIGHT if wanted else 0
            button.setVisible(wanted and room >= 0)


def _importance(button: tuple[Action, QToolButton]) -> int:
    """Taking away comes first, then keeping; running and views have buttons elsewhere."""
    tens = button[0].toolbar // 10
    return _FIRST.index(tens) if tens in _FIRST else len(_FIRST)

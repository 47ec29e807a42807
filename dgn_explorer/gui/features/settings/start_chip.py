"""What the next images start from, in the title: a photo or a code, with a cross to forget it."""

from PySide6.QtWidgets import QPushButton

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.start import RANDOM

_LONGEST = 28


class StartChip(QPushButton):
    """There only while something other than a random code is the start."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._book = desk.session, desk.book
        self.setProperty("role", "start")
        self.setAccessibleName("Start from a random code again")
        self.clicked.connect(lambda: self._session.settings.start_from(RANDOM, ""))
        desk.session.settings.changed.connect(self._show)
        desk.book.page_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        value = self._session.settings.value
        taken = isinstance(value.about, Method) and value.about.with_prior
        there = self._book.page in (PageName.UNIT, PageName.MIX) and taken
        self.setVisible(there and value.start != RANDOM)
        self.setText(f"starts from {plain(value.start_name, _LONGEST)}  ✕")
        set_tip(self, f"The next images start from {value.start_name}. Click to start at random")

"""The second canvas of a layer: the answer to the last question about it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.answers import AnswerStack
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import label, panel
from dgn_explorer.gui.look.theme import LARGE, SMALL
from dgn_explorer.gui.state.display import Display, Showing
from dgn_explorer.gui.state.topics import PageName, page_of

_NO_ANSWER = "Choose a question above and press Make: the answer appears here."


def is_of_layer(display: Display) -> bool:
    """Whether what is on show was asked about a layer."""
    return display.order is not None and page_of(display.order) is PageName.LAYER


class LayerAnswer(QWidget):
    """Follows what is on show, if it was asked about a layer; meanwhile how far it is."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session = desk.session
        self.answers = AnswerStack(desk.answers)
        self.waiting = label("", "muted", wrap=True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.waiting)
        self._stack.addWidget(self.answers)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, 0, SMALL, SMALL)
        column.addWidget(self._stack)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self._session.display_changed.connect(self._show)
        self._session.study.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        display = self._session.display
        mine = is_of_layer(display)
        shown = self.answers.show_record(display.result if mine else None)
        self._stack.setCurrentWidget(self.answers if shown else self.waiting)
        done, total = self._session.study.progress
        far = f"{100 * done // total} %" if total else "a moment…"
        live = mine and display.showing is Showing.LIVE
        self.waiting.setText(f"Working: {far}" if live else _NO_ANSWER)

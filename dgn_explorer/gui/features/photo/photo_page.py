"""The canvas of a photo: the photo at the left, the answer at the right."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.answers import AnswerStack
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label, panel
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL
from dgn_explorer.gui.state.display import Showing
from dgn_explorer.gui.state.topics import PageName, page_of

_NO_PHOTO = "Drop a photo here, paste one, or open one with Ctrl+Shift+O."
_NO_ANSWER = "Choose a question above and press Make: the answer appears here, beside the photo."


class PhotoPage(QWidget):
    """Follows the photo that is open, and the answer about it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._photo = desk.session, desk.photo
        self.canvas = Canvas(desk.theme)
        self.canvas.setAccessibleName("Photo")
        self.answers = AnswerStack(desk.answers)
        desk.context_menu(self.canvas)
        self._no_photo = _centred(_NO_PHOTO)
        self._no_answer = _centred(_NO_ANSWER)
        self.left, self.right = QStackedWidget(), QStackedWidget()
        self.left.addWidget(self._no_photo)
        self.left.addWidget(self.canvas)
        self.right.addWidget(self._no_answer)
        self.right.addWidget(self.answers)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, 0, MEDIUM, SMALL)
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(self.left, 1)
        row.addWidget(self.right, 1)
        column.addLayout(row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        desk.photo.opened.connect(self._show_photo)
        self._session.display_changed.connect(self._show_answer)
        desk.session.study.changed.connect(self._show_answer)

    def _show_photo(self) -> None:
        image = self._photo.image
        self.canvas.show_image(image)
        self.left.setCurrentWidget(self.canvas if image is not None else self._no_photo)
        self._show_answer()

    def _show_answer(self) -> None:
        display = self._session.display
        mine = display.order is not None and page_of(display.order) is PageName.PHOTO
        record = display.result if mine else None
        shown = self.answers.show_record(record)
        self.right.setCurrentWidget(self.answers if shown else self._no_answer)
        done, total = self._session.study.progress
        waiting = mine and display.showing is Showing.LIVE
        progress = f"{done} of {total}" if total else "a moment…"
        self._no_answer.setText(f"Working: {progress}" if waiting else _NO_ANSWER)


def _centred(text: str) -> QLabel:
    made = label(text, "muted", wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made

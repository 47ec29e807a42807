"""The canvas of a photo: the photo at the left, the answer at the right, or a line between both."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.answers import AnswerStack
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.flow_layout import FlowLayout
from dgn_explorer.gui.look.parts import action_button, label, panel
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL
from dgn_explorer.gui.look.wipe import Wipe
from dgn_explorer.gui.state.display import Display, Showing
from dgn_explorer.gui.state.topics import PageName, page_of
from dgn_explorer.photos.crops import middle_square

_NO_PHOTO = "Drop a photo here from anywhere, paste one, or open one."
_NO_ANSWER = "Choose a question above and press Make: the answer appears here, beside the photo."


class PhotoPage(QWidget):
    """Follows the photo that is open, and the answer about it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._photo, self._book = desk.session, desk.photo, desk.book
        self.canvas = Canvas(desk.theme)
        self.canvas.setAccessibleName("Photo")
        self.forming = Canvas(desk.theme)
        self.forming.setAccessibleName("Answer that forms")
        self.answers, self.wipe = AnswerStack(desk.answers), Wipe(desk.theme)
        for widget in (self.canvas, self.wipe):
            desk.context_menu(widget)
        self._no_answer = _centred(_NO_ANSWER)
        self.left, self.right = QStackedWidget(), QStackedWidget()
        self.left.addWidget(_no_photo(desk))
        self.left.addWidget(self.canvas)
        for page in (self._no_answer, self.answers, self.forming):
            self.right.addWidget(page)
        self.together = QCheckBox("Lay the answer over the photo, with a line to move")
        self.together.setAccessibleName("Lay the answer over the photo")
        self.together.clicked.connect(self._show)
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(MEDIUM)
        row.addWidget(self.left, 1)
        row.addWidget(self.right, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(both)
        self._pages.addWidget(self.wipe)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, 0, MEDIUM, SMALL)
        column.addWidget(self._pages, 1)
        column.addWidget(self.together)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        desk.photo.opened.connect(self._show)
        self._session.display_changed.connect(self._show)
        self._session.frame.connect(lambda frame: self.forming.show_image(frame.image, True))
        desk.session.study.changed.connect(self._show)
        desk.book.page_changed.connect(self._show)
        self.answers.redrawn.connect(self._draw_together)
        self._show()

    def _show(self) -> None:
        image, display = self._photo.image, self._session.display
        if self._book.page is not PageName.PHOTO:
            return
        if image is not self.canvas.image:
            self.canvas.show_image(image)
        self.left.setCurrentIndex(0 if image is None else 1)
        mine = self._is_mine(display)
        record = display.result if mine else None
        shown = self.answers.show_record(record)
        waiting = mine and display.showing is Showing.LIVE
        done, total = self._session.study.progress
        self._no_answer.setText(f"Working: {done} of {total}" if waiting and total else
                                "Working…" if waiting else _NO_ANSWER)  # fmt: skip
        if waiting and display.job is not None and self.forming.image is not None:
            self.right.setCurrentWidget(self.forming)
        else:
            self.right.setCurrentWidget(self.answers if shown else self._no_answer)
        if not waiting:
            self.forming.show_image(None)
        self._draw_together()

    def _is_mine(self, display: Display) -> bool:
        """Whether what is on show is about this very photo."""
        order, photo = display.order, self._photo.input
        if order is None or photo is None or page_of(order) is not PageName.PHOTO:
            return False
        return any(one.sha256 == photo.sha256 for one in order.inputs)

    def _draw_together(self) -> None:
        """Lay the answer over the photo where it is a picture of the same square."""
        photo, answer = self._photo.image, self.answers.picture
        able = photo is not None and answer is not None and answer.shape[0] == answer.shape[1]
        self.together.setVisible(able)
        over = able and self.together.isChecked()
        self._pages.setCurrentIndex(1 if over else 0)
        if over and photo is not None and answer is not None:
            self.wipe.show_pair(middle_square(photo, max(answer.shape[0], 256)), answer)


def _no_photo(desk: Desk) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setSpacing(MEDIUM)
    column.addStretch()
    column.addWidget(_centred(_NO_PHOTO))
    row = FlowLayout(SMALL, centred=True)
    opener = action_button(desk.table["open_photo"])
    opener.setProperty("role", "primary")
    row.addWidget(opener)
    row.addWidget(action_button(desk.table["paste_photo"]))
    column.addLayout(row)
    column.addStretch()
    return made


def _centred(text: str) -> QLabel:
    made = label(text, "muted", wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made

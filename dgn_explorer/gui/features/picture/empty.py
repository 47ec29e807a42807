"""What the canvas says of a subject that has no picture yet."""

from importlib import resources

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import action_button, label
from dgn_explorer.gui.look.theme import MEDIUM, SMALL, WIDE
from dgn_explorer.gui.state.answering.expecting import expected_text

_EXAMPLE_PX = 144
_HIGH = 330  # below this height the example gives way


def _example(name: str, ratio: float) -> QPixmap:
    file = resources.files("dgn_explorer.resources").joinpath(name or "none")
    pixmap = QPixmap()
    if file.is_file() and pixmap.loadFromData(file.read_bytes()):
        edge = round(_EXAMPLE_PX * ratio)
        mode = Qt.TransformationMode.SmoothTransformation
        pixmap = pixmap.scaled(edge, edge, Qt.AspectRatioMode.KeepAspectRatio, mode)
        pixmap.setDevicePixelRatio(ratio)
    return pixmap


class Empty(QWidget):
    """The question in words, an example of an answer, how long it takes, and *Make*."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._book = desk.session, desk.book
        self._drawn: dict[tuple[str, float], QPixmap] = {}
        self._example = label()
        self._caption = label("", "caption")
        self._title = label("", "title", wrap=True)
        self._text = label("", "muted", wrap=True)
        self.go = action_button(desk.table["visualise"])
        self.go.setProperty("role", "primary")
        for part in (self._example, self._caption, self._title, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        column.setSpacing(SMALL)
        column.addStretch()
        for part in (self._example, self._caption):
            column.addWidget(part)
        column.addSpacing(MEDIUM)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addSpacing(SMALL)
        column.addWidget(self.go, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        desk.session.settings.changed.connect(self.show_question)
        desk.book.topic_changed.connect(self.show_question)

    def show_question(self) -> None:
        """Follow the question and the subject."""
        about = self._session.settings.value.about
        question, topic = about.asked, self._book.topic
        if topic.asked is None:  # the page says itself what is missing
            self._title.setText(topic.title)
            self._text.setText(topic.about)
            self.go.hide()
            self._example.setPixmap(QPixmap())
            self._caption.setText("")
            self._fit()
            return
        self._title.setText(f"{topic.title}: {question.word}" if topic.title else question.word)
        parts = [question.sentence, expected_text(self._session)]
        time = f" It takes {parts[1]}." if parts[1] else ""
        self._text.setText(f"{parts[0]}{time}")
        self.go.show()
        drawn = question.example, self.devicePixelRatioF()
        if drawn not in self._drawn:  # every change of the subject asks for it again
            self._drawn[drawn] = _example(*drawn)
        pixmap = self._drawn[drawn]
        self._example.setPixmap(pixmap)
        what = "A drawing of what comes of it" if question.drawn else "An example"
        self._caption.setText(what if not pixmap.isNull() else "")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit to the new size."""
        self._fit()

    def _fit(self) -> None:
        room = self.height() >= _HIGH and bool(self._caption.text())
        self._example.setVisible(room)
        self._caption.setVisible(room)

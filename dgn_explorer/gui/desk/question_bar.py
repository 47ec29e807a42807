"""The questions that can be asked of the page's subject: one chip a method or study."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.book import Book
from dgn_explorer.gui.look.flow_layout import FlowLayout
from dgn_explorer.gui.look.parts import ElidedLabel, action_button, panel, set_role
from dgn_explorer.gui.look.plain import set_picture_tip
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, TIGHT
from dgn_explorer.gui.state.answering.expecting import expected_text
from dgn_explorer.gui.state.session import Session
from dgn_explorer.studies.questions import About, questions_of

_LOW_PX, _NARROW_PX = 440, 480


class QuestionBar(QWidget):
    """Chips made from `METHODS` and `STUDIES`, what the chosen one answers, and *Make*."""

    def __init__(self, book: Book, session: Session, table: ActionTable) -> None:
        super().__init__()
        self._book, self._session = book, session
        self._shown: tuple[str, ...] = ()
        self.chips = QButtonGroup(self)
        self._flow = FlowLayout(TIGHT)
        self.sentence = ElidedLabel("muted", end=True)
        self.time = ElidedLabel("muted")
        self.go = action_button(table["visualise"])
        self.go.setProperty("role", "primary")
        self.go.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        body, column = panel(margin=0, spacing=TIGHT)
        column.setContentsMargins(LARGE, TIGHT, MEDIUM, SMALL)
        words = QHBoxLayout()
        words.setSpacing(MEDIUM)
        words.addWidget(self.sentence, 1)
        words.addWidget(self.time)
        left = QVBoxLayout()
        left.setSpacing(TIGHT)
        left.addLayout(self._flow)
        left.addLayout(words)
        row = self._row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addLayout(left, 1)
        row.addWidget(self.go)
        self._beside = True
        column.addLayout(row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        book.page_changed.connect(self._show)
        session.settings.changed.connect(self._show)
        session.library.added.connect(self._show_words)
        session.library.changed.connect(self._show_words)
        self._show()

    def chip(self, name: str) -> QPushButton | None:
        """The chip of a method or study, if the page has it."""
        found = (b for b in self.chips.buttons() if b.objectName() == name)
        chip = next(found, None)
        return chip if isinstance(chip, QPushButton) else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit to the new size."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """In a low window the picture is worth more than a sentence, which the chips' tips say."""
        high = self._book.height() >= _LOW_PX
        self.sentence.setVisible(high)
        self.time.setVisible(high)
        self._put_go(high)
        narrow = "true" if self.width() < _NARROW_PX else "false"
        for chip in self.chips.buttons():
            set_role(chip, "small", narrow)

    def _put_go(self, beside: bool) -> None:
        """*Make* stands beside all lines, or at the end of the last one to save a column."""
        if beside == self._beside:
            return
        self._beside = beside
        home, other = (self._row, self._flow) if beside else (self._flow, self._row)
        other.removeWidget(self.go)
        home.addWidget(self.go)

    def _show(self) -> None:
        subject = self._book.page.subject
        asked = questions_of(subject) if subject is not None else ()
        if tuple(about.name for about in asked) != self._shown:
            self._make(asked)
        self.setVisible(bool(asked))
        chosen = self.chip(self._session.settings.value.method)
        if chosen is not None:
            chosen.setChecked(True)
        self._show_words()

    def _show_words(self) -> None:
        about = self._session.settings.value.about
        self.sentence.setText(about.asked.sentence)
        self.time.setText(expected_text(self._session))

    def _make(self, asked: tuple[About, ...]) -> None:
        for old in self.chips.buttons():
            self.chips.removeButton(old)
            self._flow.removeWidget(old)
            old.deleteLater()
        self._shown = tuple(about.name for about in asked)
        for about in asked:
            chip = QPushButton(about.asked.word)
            chip.setCheckable(True)
            chip.setProperty("role", "chip")
            chip.setObjectName(about.name)
            chip.setAccessibleName(f"Question: {about.asked.word}")
            chip.setAccessibleDescription(about.asked.sentence)
            question = about.asked
            words = "\n".join(filter(None, (question.sentence, question.paper)))
            set_picture_tip(chip, question.example, words)
            chip.clicked.connect(lambda _on=False, name=about.name: self._choose(name))
            self.chips.addButton(chip)
            self._flow.addWidget(chip)
        if not self._beside:  # after the new chips
            self._flow.removeWidget(self.go)
            self._flow.addWidget(self.go)
        self._fit()

    def _choose(self, name: str) -> None:
        self._session.settings.use_method(name)

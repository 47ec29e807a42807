"""How answers are shown: by what a record holds, from one small table.

A row of the table is an `Answer`. The features bring them (`Feature.answers`), so another kind of
record, or another way to show those of one method, is a row and no change elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from dgn_explorer.gui.state.display import Forming
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.progress import SoFar
from dgn_explorer.synthesis.recipe import Recipe


class Shows(Protocol):
    """What a widget that shows answers can do; it is a `QWidget` besides."""

    def show_record(self, record: Record) -> None:
        """Show ``record``."""


class Follows(Protocol):
    """What a widget that shows a run below its picture can do; it is a `QWidget` besides."""

    def show_so_far(self, so_far: SoFar, recipe: Recipe) -> None:
        """Show what ``recipe``, which is at work, has come to."""


@dataclass(frozen=True)
class Answer:
    """Records of ``kind`` are shown by what ``make`` makes; of one method or study if ``about``.

    ``make`` gives a new widget with ``show_record(record)`` for each place that shows answers, and
    ``live`` one with ``show_so_far(so_far, recipe)`` for the run of a method that has several
    images to show of it.
    """

    kind: str
    make: Callable[[], QWidget]
    about: str = ""
    live: Callable[[], QWidget] | None = None


class Answers:
    """The table; a row of one method goes before that of its kind, a later one before others."""

    def __init__(self) -> None:
        self._rows: list[Answer] = []

    def add(self, answer: Answer) -> None:
        """Take in a row."""
        self._rows.insert(0, answer)

    def of(self, record: Record) -> Answer | None:
        """The row for ``record``."""
        name = record.order.about.name
        fitting = [row for row in self._rows if row.kind == record.kind.name]
        own = (row for row in fitting if row.about == name)
        return next(own, next((row for row in fitting if not row.about), None))

    def live(self, method: str) -> Answer | None:
        """The row that shows runs of ``method``."""
        return next((row for row in self._rows if row.about == method and row.live), None)


class LiveAnswers(QStackedWidget):
    """Shows what the run on show has come to, for methods with a row for that; hidden without."""

    def __init__(self, answers: Answers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers = answers
        self._made: dict[Answer, QWidget] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.begun = False  # whether the newest frame had anything to show
        self.hide()

    def show_frame(self, frame: Forming, recipe: Recipe | None) -> None:
        """Show what ``frame`` of ``recipe``'s run says of several images."""
        row = self._answers.live(recipe.method) if recipe is not None else None
        self.begun = row is not None and frame.so_far is not None
        if row is not None and row.live is not None and frame.so_far is not None:
            if row not in self._made:
                self._made[row] = row.live()
                self.addWidget(self._made[row])
            self._made[row].show_so_far(frame.so_far, recipe)  # type: ignore[attr-defined]
            self.setCurrentWidget(self._made[row])
        self.setVisible(self.begun)


class AnswerStack(QStackedWidget):
    """Shows any record; a widget is made when the first record of its row comes.

    A widget with a signal ``redrawn`` and a ``picture`` (H, W, 3) uint8 can be laid over a photo.
    """

    redrawn = Signal()  # the picture on show is another one

    def __init__(self, answers: Answers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers = answers
        self._made: dict[Answer, QWidget] = {}
        self.addWidget(QWidget())

    @property
    def picture(self) -> np.ndarray | None:
        """The answer on show, if it is a picture."""
        found = getattr(self.currentWidget(), "picture", None)
        return found if isinstance(found, np.ndarray) else None

    def show_record(self, record: Record | None) -> bool:
        """Show ``record``; False if there is none, or nothing that could show it."""
        row = self._answers.of(record) if record is not None else None
        if record is None or row is None:
            self.setCurrentIndex(0)
            return False
        if row not in self._made:
            self._made[row] = made = row.make()
            self.addWidget(made)
            if isinstance(redrawn := getattr(made, "redrawn", None), SignalInstance):
                redrawn.connect(self.redrawn)
        widget = self._made[row]
        widget.show_record(record)  # type: ignore[attr-defined]
        self.setCurrentWidget(widget)
        return True

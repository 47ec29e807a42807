"""One recipe at the checkpoints of a series: a row of pictures, a slider, and the one chosen."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import ElidedLabel, label, panel
from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import LARGE, SMALL, Theme
from dgn_explorer.results.record import Record
from dgn_explorer.results.thumbnails import THUMBNAIL_PX


class TrainingView(QWidget):
    """What is chosen in the row, or by the slider, stands large above them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._records: list[tuple[str, Record]] = []
        self._classes: Sequence[str] = ()
        self._opened = ""
        self.canvas = Canvas(theme)
        self.canvas.setAccessibleName("Picture at the chosen checkpoint")
        self.caption = ElidedLabel("strong")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Checkpoint")
        self.slider.setPageStep(1)
        self.row = QListWidget()
        self.row.setAccessibleName("Checkpoints")
        self.row.setViewMode(QListView.ViewMode.IconMode)
        self.row.setFlow(QListView.Flow.LeftToRight)
        self.row.setWrapping(False)
        self.row.setMovement(QListView.Movement.Static)
        self.row.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self.row.setFixedHeight(THUMBNAIL_PX + 64)
        self.missing = label("", "muted", wrap=True)
        self.make = _button("Make them", "Make the images of the other checkpoints")
        self.save = _button("Save…", "Save them as a film or as a row of pictures")
        self.missing.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, 0, SMALL, SMALL)
        column.addWidget(self.canvas, 1)
        self.note = label("", "caption")
        for widget in (self.caption, self.note, self.slider, self.row):
            column.addWidget(widget)
        below = QHBoxLayout()
        below.setSpacing(SMALL)
        below.addWidget(self.missing, 1)
        below.addStretch()
        below.addWidget(self.make)
        below.addWidget(self.save)
        column.addLayout(below)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self.slider.valueChanged.connect(self.row.setCurrentRow)
        self.row.currentRowChanged.connect(self._choose)

    @property
    def position(self) -> str:
        """The chosen checkpoint; empty if there is none."""
        at = self.row.currentRow()
        return self._records[at][0] if 0 <= at < len(self._records) else ""

    def show_records(
        self,
        records: Mapping[str, Record],
        classes: Sequence[str],
        missing: int,
        command: str,
        opened: str,
    ) -> None:
        """Show ``records`` by checkpoint; ``command`` makes the ``missing``.

        The chosen one stays so; the first time it is ``opened``, which the inspector is about.
        """
        chosen = self.position or opened
        self._records, self._classes, self._opened = list(records.items()), classes, opened
        self.row.clear()
        for position, record in self._records:
            small = scaled(record.image, THUMBNAIL_PX, THUMBNAIL_PX)
            item = QListWidgetItem(
                QIcon(to_pixmap(small)), f"{plain(position)}\n{number_text(record.activation)}"
            )
            set_tip(item, self._text(position, record))
            self.row.addItem(item)
        self.slider.setRange(0, max(0, len(records) - 1))
        self.slider.setEnabled(len(records) > 1)
        self.row.setCurrentRow(list(records).index(chosen) if chosen in records else 0)
        some = "1 checkpoint has" if missing == 1 else f"{missing} checkpoints have"
        self.missing.setText(f"{some} no such image yet. In a terminal: {command}")
        for widget in (self.missing, self.make):
            widget.setVisible(missing > 0)
        self.save.setEnabled(bool(records))

    def _choose(self, at: int) -> None:
        there = 0 <= at < len(self._records)
        self.canvas.show_image(self._records[at][1].image if there else None)
        self.caption.setText(self._text(*self._records[at]) if there else "")
        other = there and self._records[at][0] != self._opened
        self.note.setText(plain(f"The inspector is about {self._opened}, which is open."))
        self.note.setVisible(other)
        if there:
            self.slider.setValue(at)

    def _text(self, position: str, record: Record) -> str:
        text = f"{position} · activation {number_text(record.activation)}"
        if record.top:
            best, share = record.top[0]
            name = self._classes[best] if best < len(self._classes) else f"class {best}"
            text += f" · seen as {name}, {share:.0%}"
        return plain(text)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(tip)
    set_tip(button, tip)
    return button

"""The photo as every main layer keeps it: a slider from input to output, and the whole strip."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label, panel
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL
from dgn_explorer.gui.state.photos.strips import Strips
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.results.record import Record
from dgn_explorer.results.strip import save_strip
from dgn_explorer.synthesis.methods.inversion.about import cannot_follow

_THROUGH = {"pixels": "As pixels", "prior": "Through the generator"}


class StripView(QWidget):
    """The photo at the left, and at the right what the layer under the slider keeps of it."""

    def __init__(self, desk: Desk, strips: Strips) -> None:
        super().__init__()
        self._desk, self._photo, self._strips = desk, desk.photo, strips
        self.seen, self.kept = Canvas(desk.theme), Canvas(desk.theme)
        self.seen.setAccessibleName("The photo as the network sees it")
        self.kept.setAccessibleName("What the layer keeps")
        self.seen.empty, self.kept.empty = "", "Not made yet"
        self.said = label("", "strong", wrap=True)
        self.numbers = label("", "muted", wrap=True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Layer")
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(lambda _at: self._draw())
        self.through = QComboBox()
        self.through.setAccessibleName("What the images are made of")
        for name, text in _THROUGH.items():
            self.through.addItem(text, name)
        self.through.activated.connect(lambda _row: strips.choose(self.through.currentData()))
        self.make = QPushButton("Make the strip")
        set_tip(self.make, "Queue what is missing; it is made one layer after another")
        self.make.clicked.connect(strips.queue)
        self.save = QPushButton("Save the strip\N{HORIZONTAL ELLIPSIS}")
        self.save.clicked.connect(self._choose_file)
        pictures, row = QHBoxLayout(), QHBoxLayout()
        pictures.setSpacing(MEDIUM)
        pictures.addWidget(self.seen, 1)
        pictures.addWidget(self.kept, 1)
        row.setSpacing(MEDIUM)
        row.addWidget(label("Input", "muted"))
        row.addWidget(self.slider, 1)
        row.addWidget(label("Output", "muted"))
        for widget in (self.through, self.make, self.save):
            row.addWidget(widget)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, SMALL, MEDIUM, SMALL)
        column.addLayout(pictures, 1)
        column.addWidget(self.said)
        column.addWidget(self.numbers)
        column.addLayout(row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        strips.changed.connect(self._begin)
        strips.came.connect(lambda _place: self._draw())
        self._begin()

    @property
    def _square(self) -> np.ndarray | None:
        network, image = self._desk.session.network, self._photo.image
        if network is None or image is None:
            return None
        return middle_square(image, network.working_size)

    def _begin(self) -> None:
        self.slider.setRange(0, max(0, len(self._strips.places) - 1))
        self.seen.show_image(self._square)
        self._draw()

    def _draw(self) -> None:
        places = self._strips.places
        there = len(self._strips.records)
        self.make.setEnabled(there < len(places))
        self.save.setEnabled(there > 0)
        if not places:
            self.kept.show_image(None)
            self.said.setText("Drop a photo here, paste one, or open one with Ctrl+Shift+O.")
            self.numbers.setText("")
            return
        at = min(self.slider.value(), len(places) - 1)
        kept = places[at]
        self.said.setText(f"{kept.layer}  ·  layer {at + 1} of {len(places)}")
        self.kept.show_image(kept.record.image if kept.record is not None else None)
        self.numbers.setText(
            numbers_of(kept.record)
            if kept.record is not None
            else f"Not made yet; {there} of {len(places)} are there."
        )

    def _choose_file(self) -> None:
        chooser = QFileDialog(self._desk.window, "Save the strip")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setNameFilter("PNG (*.png)")
        chooser.setDefaultSuffix("png")
        chooser.selectFile(f"{Path(self._photo.name).stem} {self._strips.through} strip.png")
        chooser.fileSelected.connect(lambda path: self.save_to(Path(path)))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def save_to(self, path: Path) -> None:
        """Write the photo and all images that are there side by side."""
        square = self._square
        if square is not None:
            self._desk.flows.start(self._save(path, square, list(self._strips.records)))

    async def _save(self, path: Path, square: np.ndarray, records: list[Record]) -> None:
        try:
            await self._desk.flows.on_disk(save_strip, path, square, records)
        except DgnError as error:
            self._desk.show_problem(error.message, error.hint)
        else:
            self._desk.notify(f"Saved {path.name}.")


def numbers_of(record: Record) -> str:
    """How near the image comes to the photo at its layer; or that it does not follow."""
    names = ("relative_error", "cosine", "plain_error")
    error, cosine, plain = (float(record.array(name)[0]) for name in names)
    said = f"relative error {error:.2f}  ·  cosine {cosine:.2f}  ·  a plain image {plain:.2f}"
    lost = cannot_follow(error, plain)
    return f"{said}. {lost}" if lost else said

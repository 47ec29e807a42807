"""Asking what shall fill a hole in the open photo."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QSlider, QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.features.many.mask_painter import MaskPainter
from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.theme import SMALL, Theme
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.photos.files import PHOTO_SUFFIXES, read_file
from dgn_explorer.photos.masks import decode_mask
from dgn_explorer.synthesis.targets import Maximise

_COUNT, _MOST = 4, 100
_SHARE = 0.002  # of the middle square: less is a slip of the mouse


class HoleDialog(FormDialog):
    """`target`, `hole` and `count` are what was asked for, once it is accepted."""

    def __init__(
        self, theme: Theme, network: NetworkInfo, photo: np.ndarray, begin: str, parent: QWidget
    ) -> None:
        super().__init__(
            "Fill a hole in the photo",
            "Paint over what shall be made new. The bright square is what the network looks at.",
            "Fill",
            parent,
        )
        self._network = network
        self.painter = MaskPainter(theme, photo)
        self.column.addWidget(self.painter, 0, Qt.AlignmentFlag.AlignHCenter)
        self.column.addLayout(self._make_tools())
        self.unit = QLineEdit(begin)
        self.unit.setPlaceholderText("church")
        self.count = NumberField(int, 1, _MOST, _COUNT)
        self.add("What shall be there", self.unit, "A class name, or the address of a unit")
        self.add("How many", self.count, "Different ways to fill it")
        self._problem = label(" ", "problem", wrap=True)
        self.column.addWidget(self._problem)
        self.target: Maximise | None = None
        self.finish()

    @property
    def hole(self) -> np.ndarray:
        """The hole (H, W) uint8, in the photo's proportions."""
        return self.painter.hole

    def accept(self) -> None:
        """Go on with a hole and a unit, else say what is missing."""
        try:
            if self.painter.share < _SHARE:
                raise DgnError("There is no hole yet.", "Paint over a part of the bright square.")
            if not self.unit.text().strip():
                raise DgnError("What shall be there?", "Write a class name.")
            self.target = Maximise.of(self._network.resolve(self.unit.text()))
        except DgnError as error:
            self._problem.setText(f"{error.message} {error.hint}")
            return
        super().accept()

    def load(self, path: str) -> None:
        """Take the hole from a file: white is what shall be made new."""
        try:
            name = Path(path).name
            self.painter.load(decode_mask(read_file(Path(path)), name))
        except DgnError as error:
            self._problem.setText(f"{error.message} {error.hint}")

    def _make_tools(self) -> QHBoxLayout:
        brush = QSlider(Qt.Orientation.Horizontal)
        brush.setRange(4, 120)
        brush.setValue(self.painter.brush_px)
        brush.setAccessibleName("Size of the brush")
        brush.valueChanged.connect(lambda size: setattr(self.painter, "brush_px", size))
        clear, load = QPushButton("Clear"), QPushButton("Load mask…")
        clear.clicked.connect(self.painter.clear)
        load.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(label("Brush", "muted"))
        row.addWidget(brush, 1)
        for button in (clear, load):
            button.setAccessibleName(button.text())
            button.setAutoDefault(False)
            row.addWidget(button)
        return row

    def _choose(self) -> None:
        chooser = QFileDialog(self, "Load mask")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilter(f"Pictures ({' '.join(f'*{suffix}' for suffix in PHOTO_SUFFIXES)})")
        chooser.fileSelected.connect(self.load)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

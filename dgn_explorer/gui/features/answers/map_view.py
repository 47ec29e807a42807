"""Maps, laid over the photograph that they are of."""

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.pictures import overlaid
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.inputs import PHOTO

_SEEN = "seen"  # the part that holds the photograph as the network saw it, where there is one
_STRENGTH = 60


class MapView(QWidget):
    """One map of a record at a time, over its photo, as strong as the slider says."""

    redrawn = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._flows = desk.session, desk.flows
        self._record: Record | None = None
        self._below: np.ndarray | None = None
        self.canvas = Canvas(desk.theme)
        self.canvas.setAccessibleName("Map over the photo")
        desk.context_menu(self.canvas)
        self.which = QComboBox()
        self.which.setAccessibleName("Which map")
        self.which.currentIndexChanged.connect(lambda _row: self._draw())
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, 100)
        self.strength.setValue(_STRENGTH)
        self.strength.setAccessibleName("How strongly the map covers the photo")
        self.strength.valueChanged.connect(lambda _value: self._draw())
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(self.which)
        row.addWidget(label("Photo", "muted"))
        row.addWidget(self.strength, 1)
        row.addWidget(label("Map", "muted"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.canvas, 1)
        column.addLayout(row)

    @property
    def picture(self) -> np.ndarray | None:
        """What is on show."""
        return self.canvas.image

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        self._record, self._below = record, None
        network = self._session.network
        units = record.order.units
        names = [(network.label(unit) if network else "") or str(unit) for unit in units]
        if len(names) != record.count:
            names = [f"Map {number + 1}" for number in range(record.count)]
        self.which.blockSignals(True)
        self.which.clear()
        self.which.addItems([plain(name) for name in names])
        self.which.blockSignals(False)
        self.which.setVisible(record.count > 1)
        if _SEEN in record.parts:
            self._below = record.array(_SEEN)
            self._draw()
        else:
            self._flows.start(self._load(record))

    async def _load(self, record: Record) -> None:
        survey = record.order
        photos = [
            one
            for spec in (survey.about.inputs if isinstance(survey, Survey) else ())
            if spec.kind == PHOTO and (one := survey.input(spec.role)) is not None
        ]
        if photos:
            try:
                data = await self._flows.on_disk(self._session.library.input, photos[0].sha256)
                photo = decode_photo(data, photos[0].name)
            except DgnError as error:
                self._session.problem.emit(error.message, error.hint, "")
                return
            if self._record is record:
                self._below = middle_square(photo, record.array("maps").shape[-1])
        self._draw()

    def _draw(self) -> None:
        record, row = self._record, max(0, self.which.currentIndex())
        if record is None or row >= record.count:
            return
        values = record.array("maps")[row]
        self.canvas.show_image(overlaid(self._below, values, self.strength.value() / 100))
        self.redrawn.emit()

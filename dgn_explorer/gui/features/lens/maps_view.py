"""All maps of a layer for the photo, as an answer of the study `maps`."""

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from dgn_explorer.export.map_sheet import LAYER, UNIT
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.lens.map_canvas import MapCanvas
from dgn_explorer.gui.features.lens.saving import Drawn
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.gui.state.photos.map_look import MapLook
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Survey


class MapsView(QWidget):
    """The sheet; a click chooses the unit, a double-click opens its page."""

    def __init__(self, desk: Desk, look: MapLook) -> None:
        super().__init__()
        self._session, self._look = desk.session, look
        self._record: Record | None = None
        self.canvas = MapCanvas(desk.theme)
        desk.context_menu(self.canvas)
        self.canvas.chosen.connect(self._choose)
        self.canvas.opened.connect(self._open)
        self.strongest = QCheckBox("Strongest first")
        self.together = QCheckBox("One scale for the layer")
        self.said = label("", "muted")
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        for box in (self.strongest, self.together):
            box.toggled.connect(lambda _on: self._draw())
            row.addWidget(box)
        row.addWidget(self.said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.canvas, 1)
        column.addLayout(row)
        look.changed.connect(self._draw)

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        self._record = record
        self._draw()

    @property
    def _layer(self) -> str:
        survey = self._record.order if self._record is not None else None
        return survey.layers[0] if isinstance(survey, Survey) else ""

    def drawn(self) -> list[Drawn]:
        """The sheet on show."""
        record, image = self._record, self.canvas.image
        return [] if record is None or image is None else [Drawn(self._layer, image, record.order)]

    def _draw(self) -> None:
        if self._record is None:
            return
        maps = self._record.array("maps")
        self.canvas.show_maps(
            maps,
            strongest=self.strongest.isChecked(),
            scale=LAYER if self.together.isChecked() else UNIT,
            look=self._look.value,
        )
        count, height, width = maps.shape
        self.said.setText(f"{self._layer}: {count} maps, {width} \N{MULTIPLICATION SIGN} {height}")

    def _choose(self, unit: int) -> None:
        self._session.select(UnitAddress(self._layer, unit))

    def _open(self, unit: int) -> None:
        self._session.visualise(UnitAddress(self._layer, unit))

"""Where units look: the map over the photo, with the checks that it was made with beside it."""

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from dgn_explorer.export.heat import COLOURS, RED_BLUE, Look
from dgn_explorer.export.overlay import overlay
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.lens.deletion_curve import DeletionCurve
from dgn_explorer.gui.features.lens.saving import Drawn
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.gui.state.photos.map_look import MapLook
from dgn_explorer.results.record import Record
from dgn_explorer.studies.saliency.about import SaliencyParameters
from dgn_explorer.studies.survey import Survey


class SaliencyView(QWidget):
    """One unit's map at a time, as the `MapLook` says; see the study `saliency`."""

    redrawn = Signal()

    def __init__(self, desk: Desk, look: MapLook) -> None:
        super().__init__()
        self._session, self._look = desk.session, look
        self._record: Record | None = None
        self.canvas, self.check = Canvas(desk.theme), Canvas(desk.theme)
        self.canvas.setAccessibleName("Map over the photo")
        self.check.setAccessibleName("The same map of a network with random layers")
        desk.context_menu(self.canvas)
        self.which = QComboBox()
        self.which.setAccessibleName("Whose map")
        self.which.currentIndexChanged.connect(lambda _row: self._draw())
        self.said = label("", "muted", wrap=True)
        self.check_said = label("", "muted", wrap=True)
        self._checked = QWidget()
        beside = QVBoxLayout(self._checked)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.check, 1)
        beside.addWidget(self.check_said)
        self.curve = DeletionCurve(desk.theme)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.canvas, 2)
        row.addWidget(self._checked, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.which)
        column.addLayout(row, 1)
        column.addWidget(self.said)
        column.addWidget(self.curve)
        look.changed.connect(self._draw)

    @property
    def picture(self) -> np.ndarray | None:
        """What is on show, for who lays it over the photo."""
        return self.canvas.image

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        self._record = record
        network = self._session.network
        names = [
            (network.label(unit) if network else "") or str(unit) for unit in record.order.units
        ]
        self.which.blockSignals(True)
        self.which.clear()
        self.which.addItems([plain(name) for name in names])
        self.which.blockSignals(False)
        self.which.setVisible(record.count > 1)
        self._draw()

    def drawn(self) -> list[Drawn]:
        """The map on show."""
        record, image = self._record, self.canvas.image
        if record is None or image is None:
            return []
        survey, row = record.order, max(0, self.which.currentIndex())
        parameters = survey.parameters
        assert isinstance(parameters, SaliencyParameters)
        return [Drawn(f"{survey.units[row]} {parameters.how}", image, survey)]

    def _draw(self) -> None:
        record, row = self._record, max(0, self.which.currentIndex())
        if record is None or row >= record.count:
            return
        seen, look = record.array("seen"), self._look.value
        colours = record.array("colours")[row] if "colours" in record.parts else None
        if look.tone == COLOURS and colours is None:
            look = Look(look.opacity, look.clip, look.smooth, look.absolute, RED_BLUE)
        self.canvas.show_image(overlay(seen, record.array("maps")[row], look, colours))
        self.redrawn.emit()
        self.said.setText(_numbers(record, row))
        random = "randomised" in record.parts
        self._checked.setVisible(random)
        if random:
            plain = Look(look.opacity, look.clip, look.smooth, look.absolute)
            self.check.show_image(overlay(seen, record.array("randomised")[row], plain))
            like = float(record.array("likeness")[row])
            self.check_said.setText(f"The upper layers at random: likeness {like:.2f} (1 is equal)")
        deleted = "deleted" in record.parts
        self.curve.setVisible(deleted)
        if deleted:
            names = ("left", "left_at_random")
            left, at_random = (record.array(name)[row] for name in names)
            self.curve.show_curve(record.array("deleted"), left, at_random)


def _numbers(record: Record, row: int) -> str:
    survey = record.order
    assert isinstance(survey, Survey)
    parameters = survey.parameters
    assert isinstance(parameters, SaliencyParameters)
    said = [parameters.how, f"activation {number_text(float(record.array('activations')[row]))}"]
    if "completeness_error" in record.parts:
        off = float(record.array("completeness_error")[row])
        said.append(f"completeness error {off:.3f}")
    return "  ·  ".join(said)

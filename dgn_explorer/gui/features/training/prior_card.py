"""The generator that is open: what it is, in a few lines."""

from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.look.texts import TIMES
from dgn_explorer.gui.look.theme import LARGE, SMALL, TIGHT
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import PriorInfo


class PriorCard(QWidget):
    """Facts of the open generator, with the field's words for them as tool tips of its names."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._text = label(
            "The generator turns a short list of numbers, the code, into an image. Every image "
            "here is drawn by it: the search only changes the numbers.",
            "muted",
            wrap=True,
        )
        self._facts = QWidget()
        self._form = QFormLayout(self._facts)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(LARGE)
        self._form.setVerticalSpacing(TIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SMALL)
        column.setSpacing(SMALL)
        column.addWidget(self._text)
        column.addWidget(self._facts)
        desk.session.opened.connect(self._opened)

    def _opened(self, _network: NetworkInfo, prior: PriorInfo) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        encoder = prior.encoder
        for name, value in (
            ("Name", network_text(prior.name)),
            ("Draws", f"{prior.image_size} {TIMES} {prior.image_size} pixels"),
            ("From", f"{prior.code_size:,} numbers"),
            ("Learned to invert", f"{encoder.layer} of {network_text(encoder.network)}"),
            ("Architecture", prior.architecture),
            ("Fingerprint", prior.fingerprint[:12]),
        ):
            self._form.addRow(label(name, "muted"), label(value, "", wrap=True))

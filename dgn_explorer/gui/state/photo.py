"""The photograph that was opened last: its picture, and the units that it excites most."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.questions import Excited
from dgn_explorer.gui.state.session import Session
from dgn_explorer.photos.reading import read_photo
from dgn_explorer.synthesis.parameters import WITHOUT_PRIOR
from dgn_explorer.synthesis.start import code_text


class Photo(QObject):
    """``image`` is (H, W, 3) uint8 RGB, or None before the first photograph."""

    opened = Signal()
    units_found = Signal()
    started_from = Signal()  # the settings begin with its code

    def __init__(self, session: Session, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows
        self.name = ""
        self.image: np.ndarray | None = None
        self.units: list[Excited] = []

    @property
    def can_start(self) -> bool:
        """Whether the ascents of the settings can begin with its code."""
        with_prior = self._session.settings.value.method not in WITHOUT_PRIOR
        return self.image is not None and with_prior

    def open(self, path: str) -> None:
        """Read a photograph and look for its strongest units."""
        self._flows.start(self._open(Path(path)))

    def start_from(self) -> None:
        """Begin every ascent with the photograph's code."""
        image, name, prior = self.image, self.name, self._session.prior
        if image is None or prior is None:
            return

        def use(code: np.ndarray) -> None:
            self._session.settings.start_from(code_text(code), name)
            self.started_from.emit()
            self._session.notice.emit(Notice(f"The next pictures start from {name}."))

        self._session.questions.code_of(prior.fingerprint, image, use)

    async def _open(self, path: Path) -> None:
        try:
            image = await self._flows.on_disk(read_photo, path)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        network = self._session.network
        if network is None:
            return
        self.name, self.image, self.units = path.name, image, []
        self.opened.emit()
        self._session.questions.excited_by(network.fingerprint, image, self._found)

    def _found(self, units: list[Excited]) -> None:
        self.units = units
        self.units_found.emit()

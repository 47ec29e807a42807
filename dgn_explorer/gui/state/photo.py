"""The photograph that was opened last: its picture, and the units that it excites most."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.state.surveys import Wish
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.photos.files import read_file
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.start import PHOTO_START


@dataclass(frozen=True)
class Excited:
    """How much a photo excites a unit: its activation, and that in deviations of its layer."""

    unit: UnitAddress
    activation: float
    deviations: float


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
        self._input: Input | None = None
        self._wish: Wish | None = None

    @property
    def input(self) -> Input | None:
        """The photograph as an input of an order; its role is that of whoever asks."""
        return self._input

    @property
    def can_start(self) -> bool:
        """Whether the ascents of the settings can begin with its code."""
        return self._input is not None

    def open(self, path: str) -> None:
        """Read a photograph and look for its strongest units."""
        file = Path(path)
        self._flows.start(self._open(file.name, lambda: read_file(file)))

    def take(self, data: bytes, name: str) -> None:
        """The same for the bytes of a photograph's file that lie nowhere."""
        self._flows.start(self._open(name, lambda: data))

    def start_from(self) -> None:
        """Begin every ascent with the photograph."""
        if self._input is not None:
            self._session.settings.start_from(PHOTO_START, self.name, (self._input,))
            self.started_from.emit()
            self._session.notice.emit(Notice(f"The next pictures start from {self.name}."))

    async def _open(self, name: str, read: Callable[[], bytes]) -> None:
        try:
            image, kept = await self._flows.on_disk(self._read, name, read)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        network = self._session.network
        if network is None:
            return
        self.name, self.image, self.units = name, image, []
        self._input = Input(PHOTO_START.role, kept, name)
        self.opened.emit()
        if self._wish is not None:
            self._wish.drop()
        photo = Input("photo", kept, name)
        self._wish = self._session.surveys.strongest(network, photo, self._found)

    def _read(self, name: str, read: Callable[[], bytes]) -> tuple[np.ndarray, str]:
        data = read()
        image = decode_photo(data, name)
        return image, self._session.library.keep_input(data)

    def _found(self, record: Record) -> None:
        self.units = [
            Excited(UnitAddress(row["layer"], row["unit"]), row["activation"], row["deviations"])
            for row in record.rows()
        ]
        self.units_found.emit()

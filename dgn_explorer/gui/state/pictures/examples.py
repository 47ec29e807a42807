"""The example pictures that come with the program, for as long as their pair is open.

They are no results: no list, count, export or trash knows them. They stand where a unit has none
of its own, and say so. Their sheet is read on the I/O thread once a network is open, and only if it
is of that network and prior.
"""

import asyncio

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.pictures.thumbnails import Thumbnails
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.results.record import Record
from dgn_explorer.results.shipped import sheet_file
from dgn_explorer.results.shipped.sheet import Sheet
from dgn_explorer.results.thumbnails import fit

_FIRST_S = 0.3  # whoever asks for an image at once gets it before all the pictures come
NOT_COMPUTED = "an example that came with the program, not computed here"


class Examples(QObject):
    """Pictures by unit, with the recipe of each and the numbers of what is shown."""

    changed = Signal()  # another sheet, or none any more
    thumbnail_ready = Signal(object)  # the UnitAddress
    notice = Signal(object)  # Notice

    def __init__(self, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._flows = flows
        self._sheet: Sheet | None = None
        self._network: NetworkInfo | None = None
        self._thumbnails = Thumbnails(flows, self._read, self._ready)

    def follow(self, network: NetworkInfo, prior: PriorInfo) -> None:
        """Show the examples of this pair from now on, if there are any."""
        self._network = network
        self._take(None)
        self._flows.start(self._open(network, prior))

    def __contains__(self, unit: UnitAddress) -> bool:
        sheet = self._sheet
        alone = sheet is not None and unit.position is None and unit.layer == sheet.layer
        return alone and sheet is not None and unit.index in sheet

    def of_layer(self, layer: str) -> list[int]:
        """The units of a layer that have one, ascending."""
        sheet = self._sheet
        return sheet.classes if sheet is not None and sheet.layer == layer else []

    def activation(self, unit: UnitAddress) -> float:
        """How strongly a unit answers to its example as it is shown; `KeyError` without one."""
        if self._sheet is None or unit not in self:
            raise KeyError(str(unit))
        return self._sheet.activation(unit.index)

    def record(self, unit: UnitAddress) -> Record | None:
        """The example of a unit as a record that is in no store; None without one."""
        if self._sheet is None or self._network is None or unit not in self:
            return None
        try:
            return self._sheet.record(unit.index, self._network.label(unit))
        except DgnError:  # one tile that cannot be decoded: as if there were none
            return None

    def thumbnail(self, unit: UnitAddress, ratio: float = 1.0) -> QPixmap | None:
        """The picture of a unit if it is decoded; else None, and `thumbnail_ready` follows."""
        return self._thumbnails.get(str(unit.index), ratio)

    def _take(self, sheet: Sheet | None) -> None:
        if sheet is not self._sheet:
            self._sheet = sheet
            self._thumbnails.clear()
            self.changed.emit()

    async def _open(self, network: NetworkInfo, prior: PriorInfo) -> None:
        await asyncio.sleep(_FIRST_S)
        if network != self._network:
            return
        try:
            sheet = await self._flows.on_disk(
                sheet_file.shipped_sheet, network.fingerprint, prior.fingerprint
            )
        except DgnError as error:
            text = f"The program's example pictures cannot be shown: {error.message}"
            self.notice.emit(Notice(text, Level.WARNING))
            return
        if network == self._network and _is_of(sheet, network):
            self._take(sheet)

    def _read(self, key: str, edge: int) -> np.ndarray | None:
        sheet, index = self._sheet, int(key)
        if sheet is None or index not in sheet:
            return None
        try:
            return fit(sheet.picture(index), edge)
        except DgnError:
            return None

    def _ready(self, key: str) -> None:
        if self._sheet is not None:
            self.thumbnail_ready.emit(UnitAddress(self._sheet.layer, int(key)))


def _is_of(sheet: Sheet | None, network: NetworkInfo) -> bool:
    """Whether a sheet's units are units of the network: the fingerprint says so, a file may lie."""
    layers = {layer.path: layer.channels for layer in network.layers}
    return sheet is not None and sheet.classes[-1] < layers.get(sheet.layer, 0)

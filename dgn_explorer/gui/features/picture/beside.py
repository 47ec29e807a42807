"""Real photographs that excite the unit most, beside the image that was made of it."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.export.field import with_field
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record
from dgn_explorer.results.top_photos import unit_photos
from dgn_explorer.studies.top_photos.about import TOP_PHOTOS
from dgn_explorer.synthesis.sheet import tiled

_MOST, _EDGE_PX, _SHEET_PX = 9, 80, 236
_NONE = (
    "Photographs of yours that excite it most stand here once you have asked the question "
    f"“{TOP_PHOTOS.asked.word}” of it or of its layer."
)


class PhotosBeside(QWidget):
    """From the newest stored answer about the unit's layer; nothing is computed for it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._flows = desk.session, desk.flows
        self._record: Record | None = None  # the one read last
        self._shown: tuple[str, UnitAddress] | None = None
        self.sheet, self.text = label(), label(_NONE, "muted", wrap=True)
        self.sheet.setAlignment(Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SMALL)
        column.setSpacing(SMALL)
        column.addWidget(self.sheet)
        column.addWidget(self.text)
        desk.session.selected.connect(self._look)
        desk.session.opened.connect(self._look)
        desk.session.library.changed.connect(self._look)
        desk.session.library.studied.connect(self._look)
        self._show(None, None)

    def _key(self, unit: UnitAddress) -> str:
        """The newest answer about the unit's layer in the open network."""
        network = self._session.network
        found = (
            item.key
            for item in self._session.library.studies(TOP_PHOTOS.name)
            if network is not None
            and item.network_fingerprint == network.fingerprint
            and unit.layer in {*item.address.split(", "), *(one.layer for one in item.units)}
        )
        return next(found, "")

    def _look(self) -> None:
        unit = self._session.unit
        key = self._key(unit) if unit is not None else ""
        if unit is None or not key:
            self._show(None, None)
        elif self._shown != (key, unit):
            self._flows.start(self._read(key, unit))

    async def _read(self, key: str, unit: UnitAddress) -> None:
        if self._record is None or self._record.key != key:
            self._record = await self._session.library.load(key)
        if unit == self._session.unit:
            self._show(self._record, unit)

    def _show(self, record: Record | None, unit: UnitAddress | None) -> None:
        self._shown = None
        try:
            found = unit_photos(record, unit) if record is not None and unit is not None else None
        except DgnError:  # the answer was about other units of the layer
            found = None
        pictures = (
            [
                scaled(with_field(small, found.fields[place]), _EDGE_PX, _EDGE_PX)
                for place, number in enumerate(found.photos[:_MOST])
                if (small := found.thumbnail(number)) is not None
            ]
            if found is not None
            else []
        )
        self.sheet.setVisible(bool(pictures))
        if found is None or not pictures or record is None or unit is None:
            self.text.setText(_NONE)
            return
        self._shown = record.key, unit
        sheet, ratio = tiled(np.stack(pictures)), self.devicePixelRatioF()
        high, wide = sheet.shape[:2]
        edge = min(_SHEET_PX, wide)
        size = round(edge * ratio), round(edge * high / wide * ratio)
        self.sheet.setPixmap(to_pixmap(scaled(sheet, *size), ratio))
        values = found.activations[:_MOST]
        names = [plain(str(record.parts["names"][number])) for number in found.photos[:_MOST]]
        self.sheet.setAccessibleName("Photographs that excite the unit most")
        self.sheet.setAccessibleDescription(", ".join(names))
        set_tip(self.sheet, "\n".join(names))
        counted = int(record.array("counted")[0])
        self.text.setText(
            f"The strongest of {counted:,} photos: activation {number_text(float(values[-1]))} to "
            f"{number_text(float(values[0]))}. The frame is what it sees."
        )

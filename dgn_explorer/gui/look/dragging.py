"""What is carried by drag and drop: units by address, and pictures as files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QUrl

from dgn_explorer.gui.look.pictures import to_qimage
from dgn_explorer.networks.address import UnitAddress

UNITS = "application/x-dgn-explorer-units"


def carry_units(units: list[UnitAddress]) -> QMimeData:
    """Units to drag; other programs get their addresses as text."""
    data = QMimeData()
    text = "\n".join(map(str, units))
    data.setData(UNITS, text.encode())
    data.setText(text)
    return data


def carry_pictures(paths: Sequence[Path], image: np.ndarray | None) -> QMimeData:
    """Picture files to drag; ``image`` (H, W, 3) uint8 is for programs that take no files."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    if image is not None:
        data.setImageData(to_qimage(image))
    return data


def carried_units(data: QMimeData) -> list[UnitAddress]:
    """The units that are dropped, or none."""
    if not data.hasFormat(UNITS):
        return []
    lines = data.data(UNITS).toStdString().splitlines()
    return [UnitAddress.parse(line) for line in lines]

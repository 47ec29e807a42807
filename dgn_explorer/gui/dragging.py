"""What is carried by drag and drop inside the window: units by address."""

from PySide6.QtCore import QMimeData

from dgn_explorer.networks.address import UnitAddress

UNITS = "application/x-dgn-explorer-units"


def carry_units(units: list[UnitAddress]) -> QMimeData:
    """Units to drag; other programs get their addresses as text."""
    data = QMimeData()
    text = "\n".join(map(str, units))
    data.setData(UNITS, text.encode())
    data.setText(text)
    return data


def carried_units(data: QMimeData) -> list[UnitAddress]:
    """The units that are dropped, or none."""
    if not data.hasFormat(UNITS):
        return []
    lines = data.data(UNITS).toStdString().splitlines()
    return [UnitAddress.parse(line) for line in lines]

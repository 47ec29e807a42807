"""What is selected, wherever it is listed: units of the grid, and stored results."""

from PySide6.QtCore import QObject, Signal

from dgn_explorer.networks.address import UnitAddress


class Selection(QObject):
    """The lists write it, and the commands for several units or results read it."""

    changed = Signal()
    image_chosen = Signal()  # another one of several images in one answer

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.units: tuple[UnitAddress, ...] = ()
        self.image = 0  # the number of that image
        self.keys: tuple[str, ...] = ()  # of stored results, in the order of their list

    def select_units(self, units: tuple[UnitAddress, ...]) -> None:
        """The units selected in the grid, in order."""
        if units != self.units:
            self.units = units
            self.changed.emit()

    def choose_image(self, number: int) -> None:
        """Which image of an answer with several is meant."""
        if number != self.image:
            self.image = number
            self.image_chosen.emit()

    def select_results(self, keys: tuple[str, ...]) -> None:
        """The results selected in the list on show."""
        if keys != self.keys:
            self.keys = keys
            self.changed.emit()

"""The command *Set of images in a range…*."""

from PySide6.QtCore import QObject

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.ranges.range_dialog import RangeDialog
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.methods.inverse_set.about import INVERSE_SET, InverseSetParameters


def ranges_feature(desk: Desk) -> Feature:
    """A dialog, nothing of its own in the window."""
    ranges = _Ranges(desk)
    return Feature(
        name="ranges",
        actions=(
            Action("range_set", "Run", 1, "Set of images in a range…",
                   "Make different images that excite the selected unit to a certain level",
                   ranges.ask, keys="Ctrl+Alt+R",
                   enabled=lambda: desk.session.unit is not None, place=1),
        ),
        follows=(desk.session.selected, desk.session.opened),
    )  # fmt: skip


class _Ranges(QObject):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk, self._session = desk, desk.session

    def ask(self) -> None:
        """Ask for the range of the selected unit, and show the set when it is made."""
        unit, network = self._session.unit, self._session.network
        if unit is None or network is None:
            return
        name = network.label(unit) or str(unit)
        dialog = RangeDialog(name, unit, self._best(unit), self._desk.window)
        dialog.accepted.connect(lambda: self._make(dialog))
        dialog.open()

    def _best(self, unit: UnitAddress) -> float | None:
        """The highest activation of a stored image of ``unit`` alone."""
        network = self._session.network
        assert network is not None
        reached = [
            item.activation
            for item in self._session.library.items
            if item.network_fingerprint == network.fingerprint
            and item.count == 1
            and item.address == str(unit)
        ]
        return max(reached, default=None)

    def _make(self, dialog: RangeDialog) -> None:
        if dialog.target is not None:
            parameters = InverseSetParameters(count=int(dialog.count.value))
            self._session.run_target(dialog.target, INVERSE_SET.name, parameters)

"""Asking for the range of a unit's activation, and for how many images."""

from PySide6.QtWidgets import QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import label
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.methods.inverse_set.about import MOST
from dgn_explorer.synthesis.targets import Band, InRange

_SHARES = (0.4, 0.5)  # of the best activation: well below it there is room for different images
_EVERYTHING = 1e9
_COUNT = 8


def proposed(best: float | None) -> tuple[float, float]:
    """A range below a unit's ``best`` activation so far; 8 to 10, usual for classes, without one.

    >>> proposed(20.0), proposed(None)
    ((8.0, 10.0), (8.0, 10.0))
    """
    if best is None or best <= 0:
        return 8.0, 10.0
    low, high = (float(f"{share * best:.2g}") for share in _SHARES)
    return low, high


class RangeDialog(FormDialog):
    """Low, high and count; `target` is there once it is accepted."""

    def __init__(self, name: str, unit: UnitAddress, best: float | None, parent: QWidget) -> None:
        known = "" if best is None else f" Its best stored image reached {best:.4g}."
        super().__init__(
            "Set of images in a range",
            f"Different images that excite {name} between two activations.{known}",
            "Make",
            parent,
        )
        self._unit = unit
        low, high = proposed(best)
        self.low = NumberField(float, -_EVERYTHING, _EVERYTHING, low)
        self.high = NumberField(float, -_EVERYTHING, _EVERYTHING, high)
        self.count = NumberField(int, 1, MOST, _COUNT)
        self.add("From", self.low, "The least activation, read from the stored image")
        self.add("To", self.high, "The highest; below the best image's there is more variety")
        self.add("How many", self.count)
        self._problem = label(" ", "problem", wrap=True)
        self.column.addWidget(self._problem)
        self.target: InRange | None = None
        self.finish()

    def accept(self) -> None:
        """Go on with a range, else say what is wrong."""
        try:
            band = Band(self._unit, float(self.low.value), float(self.high.value))
        except DgnError as error:
            self._problem.setText(f"{error.message} {error.hint}")
            return
        self.target = InRange((band,))
        super().accept()

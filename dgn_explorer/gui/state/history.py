"""Back and forward through the units that were selected."""

from dgn_explorer.networks.address import UnitAddress

_LONGEST = 200


class History:
    """A list of visited units and the place in it.

    >>> history = History()
    >>> for index in (1, 2, 3):
    ...     history.visit(UnitAddress("fc", index))
    >>> history.go(-1), history.go(-1), history.go(-1)
    (UnitAddress(layer='fc', index=2, position=None), UnitAddress(layer='fc', index=1, \
position=None), None)
    """

    def __init__(self) -> None:
        self._units: list[UnitAddress] = []
        self._at = -1

    def visit(self, unit: UnitAddress) -> None:
        """Note a unit; what lay ahead is forgotten."""
        if self._at >= 0 and self._units[self._at] == unit:
            return
        self._units = [*self._units[: self._at + 1], unit][-_LONGEST:]
        self._at = len(self._units) - 1

    def can_go(self, step: int) -> bool:
        """Whether there is a unit that way."""
        return 0 <= self._at + step < len(self._units)

    def go(self, step: int) -> UnitAddress | None:
        """Move and return the unit there, or None."""
        if not self.can_go(step):
            return None
        self._at += step
        return self._units[self._at]

    def clear(self) -> None:
        """Forget everything; addresses of another network mean nothing here."""
        self._units, self._at = [], -1

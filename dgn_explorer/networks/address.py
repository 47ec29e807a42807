"""Unit addresses: ``layer:index`` or ``layer:index@row,col``."""

import re
from dataclasses import dataclass

from dgn_explorer.errors import DgnError

# Greedy, so that a layer name may hold colons, as names from TensorFlow do ("conv1/Relu:0:17").
# [0-9], because \d also matches digits of other scripts.
_PATTERN = re.compile(
    r"(?P<layer>\S(?:.*\S)?):(?P<index>[0-9]{1,9})(?:@(?P<row>[0-9]{1,9}),(?P<col>[0-9]{1,9}))?"
)


@dataclass(frozen=True, order=True)
class UnitAddress:
    """One channel of a layer, or one position of that channel.

    Without a position, the objective of a convolutional unit is its centre position.

    >>> UnitAddress.parse("blocks.4.project:17@3,5")
    UnitAddress(layer='blocks.4.project', index=17, position=(3, 5))
    >>> UnitAddress.parse("a layer/of ONNX:3")
    UnitAddress(layer='a layer/of ONNX', index=3, position=None)
    >>> str(UnitAddress("fc", 980))
    'fc:980'
    """

    layer: str
    index: int
    position: tuple[int, int] | None = None

    @classmethod
    def parse(cls, text: str) -> "UnitAddress":
        """Read an address; raises `DgnError` if ``text`` is not one."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise DgnError(
                f"{text!r} is not a unit address.",
                "Write layer:index, such as fc:980, or layer:index@row,col for one position.",
            )
        row, col = match["row"], match["col"]
        position = None if row is None else (int(row), int(col))
        return cls(match["layer"], int(match["index"]), position)

    def __str__(self) -> str:
        where = "" if self.position is None else "@{},{}".format(*self.position)
        return f"{self.layer}:{self.index}{where}"

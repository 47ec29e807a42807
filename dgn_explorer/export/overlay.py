"""A map over the photograph that it belongs to."""

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.export.heat import COLOURS, RED_BLUE, Look, shares, toned

_DIMMED = 0.75  # how bright the grey photograph is under the colours
_GREY = np.array([0.299, 0.587, 0.114])
_LOOK = Look()


def overlay(
    seen: np.ndarray, values: np.ndarray, look: Look = _LOOK, colours: np.ndarray | None = None
) -> np.ndarray:
    """``values`` (S, S) over the photograph ``seen`` (S, S, 3) uint8, as (S, S, 3) uint8.

    In red and blue the photograph is grey where the map is 0; in the other tones it shines through
    everywhere by what ``look.opacity`` leaves. The tone `COLOURS` takes ``colours`` (3, S, S), and
    raises `DgnError` without.

    >>> overlay(np.full((2, 2, 3), 100, np.uint8), np.array([[1.0, 0], [0, -1]]))[0, 1].tolist()
    [75, 75, 75]
    """
    if look.tone == COLOURS:
        if colours is None:
            raise DgnError(
                "This map does not tell colours apart.", "Draw it in grey, or in red and blue."
            )
        share = np.moveaxis(shares(colours, look), 0, -1)
        drawn = 255 * share if look.absolute else 127.5 * (1 + share)
        return _mixed(seen, drawn, look.opacity)
    share = shares(values, look)
    if look.tone == RED_BLUE:
        grey = (seen @ _GREY)[..., None] * _DIMMED
        return _mixed(grey, toned(share, look.tone), np.abs(share)[..., None] * look.opacity)
    return _mixed(seen, toned(share, look.tone), look.opacity)


def _mixed(below: np.ndarray, above: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    made: np.ndarray = (below * (1 - share) + above * share).round().astype(np.uint8)
    return made

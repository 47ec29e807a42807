"""A map over the photograph that it belongs to."""

import numpy as np

_FOR, _AGAINST = np.array([255.0, 70.0, 20.0]), np.array([40.0, 110.0, 255.0])
_DIMMED = 0.75  # how bright the grey photograph is under the colours
_GREY = np.array([0.299, 0.587, 0.114])


def overlay(
    seen: np.ndarray, values: np.ndarray, opacity: float = 0.8, clip: float = 99.0
) -> np.ndarray:
    """``values`` (S, S) over the photograph ``seen`` (S, S, 3) uint8, as (S, S, 3) uint8.

    Red speaks for the unit, blue against it. Full colour is the percentile ``clip`` of the
    magnitudes, so that a few pixels do not leave the others pale.

    >>> overlay(np.full((2, 2, 3), 100, np.uint8), np.array([[1.0, 0], [0, -1]]))[0, 1].tolist()
    [75, 75, 75]
    """
    size = np.abs(values)
    top = float(np.percentile(size, clip)) or float(size.max()) or 1.0
    share = np.minimum(size / top, 1.0)[..., None] * opacity
    grey = (seen @ _GREY)[..., None] * _DIMMED
    colour = np.where(values[..., None] > 0, _FOR, _AGAINST)
    mixed: np.ndarray = (grey * (1 - share) + colour * share).round().astype(np.uint8)
    return mixed

"""Ranges of activations: read from text, and asked of images; free of torch."""

import math

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.targets import InRange


def parse_range(text: str) -> tuple[str, float, float]:
    """Split ``UNIT=LOW..HIGH`` into the unit's text and the two numbers; raises `DgnError`.

    >>> parse_range("golden retriever=8..10"), parse_range("fc:3=-2.5..-1")
    (('golden retriever', 8.0, 10.0), ('fc:3', -2.5, -1.0))
    """
    name, _, numbers = text.rpartition("=")
    first, separator, last = numbers.partition("..")
    try:
        low, high = float(first), float(last)
    except ValueError:
        low = high = math.nan
    if not (name.strip() and separator and math.isfinite(low) and math.isfinite(high)):
        raise DgnError(
            f"{text!r} is not a unit with its range.",
            "Write UNIT=LOW..HIGH, such as strawberry=8..10.",
        )
    return name.strip(), low, high


def are_inside(target: InRange, activations: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """Which images (N,) bool lie in every band of ``target``.

    ``activations`` (N, units) are in the order of ``target.units``, bands first. ``margin`` is the
    share of each band's width by which they must lie away from its edges.

    >>> from dgn_explorer.networks.address import UnitAddress
    >>> from dgn_explorer.synthesis.targets import Band
    >>> target = InRange((Band(UnitAddress("fc", 1), 8, 10),))
    >>> are_inside(target, np.array([[8.0], [7.9], [9.0]])).tolist()
    [True, False, True]
    """
    low = np.array([band.low for band in target.bands])
    high = np.array([band.high for band in target.bands])
    away = margin * (high - low)
    values = np.asarray(activations, np.float64)[:, : len(low)]
    inside: np.ndarray = ((values >= low + away) & (values <= high - away)).all(1)
    return inside

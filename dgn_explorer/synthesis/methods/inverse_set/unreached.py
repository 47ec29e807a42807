"""What is said of ranges that no image lies in: how far which unit came, and what to widen."""

import math

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.synthesis.ranges import are_inside
from dgn_explorer.synthesis.targets import Band, InRange


def unreached(target: InRange, network: NetworkInfo, reached: np.ndarray) -> DgnError:
    """The error for ``reached`` (tries, units), the activations of all images that were tried."""
    tried = f"{len(reached)} images were tried"
    if are_inside(target, reached).any():
        return DgnError(
            f"Images in the range were found, but not far enough inside it ({tried}):"
            f" {_all_reached(target, network, reached)}.",
            "Widen the range.",
        )
    alone = [are_inside(InRange((band,)), reached[:, [k]]) for k, band in enumerate(target.bands)]
    best = reached[_lack(target, reached).argmin()]
    if all(inside.any() for inside in alone) and len(alone) > 1:
        counts = ", ".join(
            f"{_name(band, network)} {int(inside.sum())} times"
            for band, inside in zip(target.bands, alone, strict=True)
        )
        what = f"No image lies in all ranges at once ({tried}): each alone was reached, {counts}."
    else:
        what = f"No image lies in the range ({tried}): {_all_reached(target, network, reached)}."
    wider = [
        f"{_name(band, network)}={_wider(band, value)}"
        for band, value in zip(target.bands, best, strict=False)
        if not band.low <= value <= band.high
    ]
    return DgnError(what, f"Widen {' or '.join(wider)}, which the nearest image would lie in.")


def _all_reached(target: InRange, network: NetworkInfo, reached: np.ndarray) -> str:
    return ", ".join(
        f"{_name(band, network)} reached {values.min():.2f} to {values.max():.2f}"
        f" of {band.low:g}..{band.high:g}"
        for band, values in zip(target.bands, reached.T, strict=False)
    )


def _lack(target: InRange, reached: np.ndarray) -> np.ndarray:
    """How far each try (tries,) is outside, in the size of the numbers that are asked for."""
    total = np.zeros(len(reached))
    for band, values in zip(target.bands, reached.T, strict=False):
        outside = np.maximum(band.low - values, values - band.high).clip(0)
        total += outside / max(abs(band.low), abs(band.high), 1e-12)
    return total


def _wider(band: Band, value: float) -> str:
    """The band with ``value`` a tenth of the step inside, in numbers that are short."""
    room = 0.1 * max(abs(value - band.low), abs(value - band.high))
    low, high = min(band.low, value - room), max(band.high, value + room)
    digits = max(0, 1 - math.floor(math.log10(max(room, 1e-6))))
    return f"{round(low, digits):g}..{round(high, digits):g}"


def _name(band: Band, network: NetworkInfo) -> str:
    return network.label(band.unit) or str(band.unit)

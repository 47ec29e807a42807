"""From the numbers of a map to colours: how large, how smooth, signed or not."""

from dataclasses import dataclass

import numpy as np

from dgn_explorer.errors import DgnError

RED_BLUE, GREY, COLOURS = "red-blue", "grey", "colours"
TONES = (RED_BLUE, GREY, COLOURS)
_FOR, _AGAINST = np.array([255.0, 70.0, 20.0]), np.array([40.0, 110.0, 255.0])
_MIDDLE = 127.5


@dataclass(frozen=True)
class Look:
    """How a map is drawn over its photograph; nothing of it changes the map's numbers.

    ``opacity`` 0 to 1 is that of full colour. Full colour is the percentile ``clip`` of the
    magnitudes, so that a few pixels do not leave the others pale. ``smooth`` is the sigma in pixels
    of a blur before that; ``absolute`` forgets signs. ``tone`` is one of `TONES`: red for the unit
    and blue against it, grey, or (where a family has them) the map's own colours, as the Deep
    Visualization Toolbox draws gradients.
    """

    opacity: float = 0.8
    clip: float = 99.0
    smooth: float = 0.0
    absolute: bool = False
    tone: str = RED_BLUE

    def __post_init__(self) -> None:
        """Raises `DgnError` for what lies outside."""
        for name, value, low, high in (
            ("opacity", self.opacity, 0, 1),
            ("clip", self.clip, 50, 100),
            ("smooth", self.smooth, 0, 64),
        ):
            if not low <= value <= high:
                raise DgnError(
                    f"A map cannot be drawn with {name} {value:g}.",
                    f"It goes from {low} to {high}.",
                )
        if self.tone not in TONES:
            raise DgnError(
                f"A map cannot be drawn in the tone {self.tone!r}.",
                f"Choose {', '.join(TONES[:-1])} or {TONES[-1]}.",
            )


def shares(values: np.ndarray, look: Look) -> np.ndarray:
    """``values`` (..., H, W) smoothed and over their full colour, -1 to 1.

    >>> shares(np.array([[2.0, -1.0], [0.0, 4.0]]), Look(clip=100, absolute=True)).tolist()
    [[0.5, 0.25], [0.0, 1.0]]
    """
    smooth = blurred(values, look.smooth)
    if look.absolute:
        smooth = np.abs(smooth)
    size = np.abs(smooth)
    top = float(np.percentile(size, look.clip)) or float(size.max(initial=0)) or 1.0
    share: np.ndarray = np.clip(smooth / top, -1.0, 1.0)
    return share


def toned(share: np.ndarray, tone: str) -> np.ndarray:
    """The colours (H, W, 3), 0 to 255, that shares (H, W) have at full opacity."""
    if tone == RED_BLUE:
        return np.where(share[..., None] > 0, _FOR, _AGAINST)
    grey = 255 * share if share.min(initial=0) >= 0 else _MIDDLE * (1 + share)
    return np.repeat(grey[..., None], 3, axis=-1)


def blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    """``values`` (..., H, W) under a Gaussian of ``sigma`` pixels, edges going on beyond."""
    if not sigma:
        return values
    reach = max(1, round(3 * sigma))
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    for axis in (-2, -1):
        length = values.shape[axis]
        places = np.arange(length)
        values = sum(
            weight * np.take(values, np.clip(places + shift, 0, length - 1), axis)
            for shift, weight in zip(range(-reach, reach + 1), weights, strict=True)
        )
    return values

"""Contrast and brightness of how a picture is looked at; what is stored stays as it is."""

from dataclasses import dataclass, replace

import numpy as np

_STEP = 1.25
_MOST = _STEP**8


@dataclass(frozen=True)
class Tone:
    """Values v in 0 to 1 are shown as (0.5 + contrast * (v - 0.5)) to the power 1 / brightness."""

    contrast: float = 1.0
    brightness: float = 1.0

    @property
    def plain(self) -> bool:
        """Whether pictures are shown as they are."""
        return self == Tone()

    @property
    def text(self) -> str:
        """It in words, empty while pictures are shown as they are.

        >>> Tone(1.25).text
        'shown with contrast \u00d7 1.25'
        """
        parts = [
            f"{name} \u00d7 {value:.3g}"
            for name, value in (("contrast", self.contrast), ("brightness", self.brightness))
            if value != 1.0
        ]
        return f"shown with {' and '.join(parts)}" if parts else ""

    def more(self, name: str, steps: int) -> "Tone":
        """``contrast`` or ``brightness`` changed by so many steps of a quarter.

        >>> Tone().more("contrast", 2).more("contrast", -2).plain
        True
        """
        value = min(max(getattr(self, name) * _STEP**steps, 1 / _MOST), _MOST)
        return replace(self, **{name: 1.0 if abs(value - 1) < 1e-6 else value})

    def of(self, image: np.ndarray) -> np.ndarray:
        """``image`` (H, W, 3) uint8 as it is shown.

        >>> Tone(contrast=2.0).of(np.array([[[64, 128, 255]]], np.uint8)).tolist()
        [[[0, 128, 255]]]
        """
        if self.plain:
            return image
        values = np.linspace(0, 1, 256)
        shown = np.clip(0.5 + self.contrast * (values - 0.5), 0, 1) ** (1 / self.brightness)
        table: np.ndarray = np.rint(255 * shown).astype(np.uint8)
        return np.asarray(table[image])

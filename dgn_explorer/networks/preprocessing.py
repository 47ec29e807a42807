"""From the RGB that generators make to what a network takes."""

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.constants import constant

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
CAFFE_MEAN = (104.0, 117.0, 123.0)  # BGR

# Rows over (R, G, B), then a constant. Grey is the luma of ITU-R BT.601, as in Pillow and OpenCV.
_SOURCES = {
    "r": (1.0, 0.0, 0.0, 0.0),
    "g": (0.0, 1.0, 0.0, 0.0),
    "b": (0.0, 0.0, 1.0, 0.0),
    "grey": (0.299, 0.587, 0.114, 0.0),
}
_ORDERS = {"rgb": "r,g,b", "bgr": "b,g,r", "grey": "grey", "gray": "grey"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


@lru_cache
def channel_rows(channels: str) -> tuple[tuple[float, float, float, float], ...]:
    """Read a channel order: one row (R, G, B, constant) for each channel the network takes.

    ``channels`` is ``rgb``, ``bgr``, ``grey``, or a list of ``r``, ``g``, ``b``, ``grey`` and
    constants in [0, 1].

    >>> len(channel_rows("r,g,b,0.5"))
    4
    """
    text = channels.strip().lower()
    rows = []
    for item in _ORDERS.get(text, text).split(","):
        item = {"gray": "grey"}.get(item.strip(), item.strip())
        if item in _SOURCES:
            rows.append(_SOURCES[item])
        elif _NUMBER.fullmatch(item) and 0 <= float(item) <= 1:
            rows.append((0.0, 0.0, 0.0, float(item)))
        else:
            raise DgnError(
                f"{channels!r} is not a channel order.",
                "Write rgb, bgr, grey, or one item for each channel of the network: r, g, b, grey"
                " or a constant from 0 to 1, such as r,g,b,0.5.",
            )
    return tuple(rows)


@dataclass(frozen=True)
class Preprocessing:
    """From RGB in [0, 1] to what the module takes: ``(channels * value_range - mean) / std``.

    ``mean`` and ``std`` have one number for each channel of the network, in its own order.
    ``crop``, ``interpolation`` and ``resize`` say how a photograph is brought to the network's
    size: the shorter side, or both with ``warp``, becomes ``size / crop`` pixels, and the middle is
    cut out. Generated images are square and are only resized.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    value_range: float = 255.0
    channels: str = "rgb"
    crop: float = 1.0
    interpolation: str = "bilinear"
    resize: str = field(default="shorter", repr=False)  # the text is in fingerprints: it stays

    def __post_init__(self) -> None:
        count = len(channel_rows(self.channels))
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) != count:
                raise DgnError(
                    f"The {name} has {len(values)} numbers, but the network takes {count} channels"
                    f" ({self.channels}).",
                    "Give one number for each channel, or a single number for all.",
                )
        if not all(0 < value < math.inf for value in (*self.std, self.value_range)):
            raise DgnError(
                f"The std {self.std} or the range {self.value_range} is not positive.",
                "Both divide or multiply every pixel: give numbers above 0.",
            )
        if not all(math.isfinite(value) for value in self.mean):
            raise DgnError(f"The mean {self.mean} is not finite.", "Give ordinary numbers.")

    def __call__(self, rgb: Tensor) -> Tensor:
        """Map ``rgb`` (N, 3, H, W) float in [0, 1] to the module's input (N, channels, H, W)."""
        x = self._arrange(rgb)
        scale = constant(tuple(self.value_range / s for s in self.std), x.device, x.dtype)
        ratios = tuple(-m / s for m, s in zip(self.mean, self.std, strict=True))
        shift = constant(ratios, x.device, x.dtype)
        return torch.addcmul(shift.view(1, -1, 1, 1), x, scale.view(1, -1, 1, 1))

    def _arrange(self, rgb: Tensor) -> Tensor:
        if self.channels == "rgb":
            return rgb
        if self.channels == "bgr":
            return rgb.flip(1)
        rows = constant(channel_rows(self.channels), rgb.device, rgb.dtype)
        mixed = torch.einsum("oc,nchw->nohw", rows[:, :3], rgb)
        return mixed + rows[:, 3].view(1, -1, 1, 1)


def for_channels(preprocessing: Preprocessing, channels: str) -> Preprocessing:
    """The same preprocessing for another channel order.

    Mean and standard deviation follow their colours; grey gets their average, and so does a
    constant channel.
    """
    before = channel_rows(preprocessing.channels)
    known = [(row[:3].index(1.0), i) for i, row in enumerate(before) if 1.0 in row[:3]]
    place = dict(known)

    def moved(values: tuple[float, ...]) -> tuple[float, ...]:
        average = sum(values) / len(values)
        result = []
        for row in channel_rows(channels):
            colour = row[:3].index(1.0) if 1.0 in row[:3] else None
            result.append(values[place[colour]] if colour in place else average)
        return tuple(result)

    return Preprocessing(
        mean=moved(preprocessing.mean),
        std=moved(preprocessing.std),
        value_range=preprocessing.value_range,
        channels=channels,
        crop=preprocessing.crop,
        interpolation=preprocessing.interpolation,
        resize=preprocessing.resize,
    )

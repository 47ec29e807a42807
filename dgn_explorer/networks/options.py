"""What a user can say about a network besides its spec."""

import re
from dataclasses import dataclass

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.files import RESIZES

RANDOM = "random"  # --weights random: the untrained network, as a control
LARGEST_SIZE = 4096


@dataclass(frozen=True)
class NetworkOptions:
    """Options of `open_network`; None leaves a value to the loader.

    weights : a file, ``FILE:KEY`` for one of several networks in it, the name of a weights entry,
        or ``random``.
    arch : for a state dict: ``torchvision:NAME``, ``timm:NAME`` or ``package.module:factory``.
    size : the input's side in pixels.
    mean, std : one number, or one for each channel, in the network's order; ``mean`` may also be a
        Caffe mean file (.binaryproto, .npy).
    value_range : what white is before the mean is subtracted: 1 or 255.
    channels : ``rgb``, ``bgr``, ``grey``, or a list such as ``r,g,b,0`` (see `preprocessing`).
    labels : a text or JSON file with the class names.
    output_layer : the layer whose units are the classes.
    crop, interpolation, resize : how photographs are cut (see `Preprocessing`).
    position : which checkpoint of a series.
    """

    weights: str | None = None
    arch: str | None = None
    size: int | None = None
    mean: tuple[float, ...] | str | None = None
    std: tuple[float, ...] | None = None
    value_range: float | None = None
    channels: str | None = None
    labels: str | None = None
    output_layer: str | None = None
    crop: float | None = None
    interpolation: str | None = None
    resize: str | None = None
    position: str | None = None

    def __post_init__(self) -> None:
        if self.size is not None and not 1 <= self.size <= LARGEST_SIZE:
            raise DgnError(
                f"A size of {self.size} pixels is out of range.",
                f"Give a side from 1 to {LARGEST_SIZE} pixels.",
            )
        if self.crop is not None and not 0 < self.crop <= 1:
            raise DgnError(
                f"A crop of {self.crop} is out of range.",
                "Give the share of the image that is kept, above 0 and up to 1.",
            )
        if self.interpolation not in (None, "bilinear", "bicubic"):
            raise DgnError(
                f"{self.interpolation!r} is not an interpolation.", "Choose bilinear or bicubic."
            )
        if self.resize not in (None, *RESIZES):
            raise DgnError(f"{self.resize!r} is not a way to resize.", "Choose shorter or warp.")


def parse_numbers(text: str) -> tuple[float, ...]:
    """Read ``--mean`` or ``--std``: numbers between commas or blanks.

    >>> parse_numbers("0.485, 0.456,0.406")
    (0.485, 0.456, 0.406)
    """
    parts = [part for part in re.split(r"[,\s]+", text.strip()) if part]
    try:
        return tuple(float(part) for part in parts)
    except ValueError:
        raise DgnError(
            f"{text!r} is not a list of numbers.",
            "Write numbers between commas, such as 104,117,123.",
        ) from None


def parse_mean(text: str) -> tuple[float, ...] | str:
    """Read ``--mean``: numbers, or the path of a mean file.

    >>> parse_mean("104,117,123"), parse_mean("mean.npy")
    ((104.0, 117.0, 123.0), 'mean.npy')
    """
    looks_like_numbers = re.fullmatch(r"[-+\d.,eE\s]+", text) is not None
    return parse_numbers(text) if looks_like_numbers else text

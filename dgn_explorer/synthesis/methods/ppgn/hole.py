"""The photograph with a hole: what of an image is the photograph's, and what is to be found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import from_uint8

_ALIKE = 0.02  # share by which the proportions of photograph and mask may differ


@dataclass(frozen=True)
class Hole:
    """A photograph (1, 3, S, S) in [0, 1] and what may change in it, at the prior's size.

    ``open`` (1, 1, S, S) is 1 in the hole and 0 in the context, which the image has to match.
    ``soft`` is 1 in the hole too and runs out into the context: the picture's own share.
    """

    photo: Tensor
    open: Tensor
    soft: Tensor

    def filled(self, image: Tensor) -> Tensor:
        """The photograph with ``image`` (N, 3, S, S) in the hole."""
        return self.photo + self.soft * (image - self.photo)

    @property
    def grey(self) -> Tensor:
        """The photograph with its own mean colour in the hole."""
        kept = 1 - self.open
        mean = (self.photo * kept).sum((2, 3), keepdim=True) / kept.sum()
        return self.photo * kept + mean * self.open

    def error(self, image: Tensor) -> Tensor:
        """Sum of squared differences (N,) of ``image`` to the context."""
        return ((image - self.photo) * (1 - self.open)).square().sum((1, 2, 3))

    def distance(self, image: Tensor) -> Tensor:
        """Mean absolute difference (N,) of ``image`` to the context, 0 to 1."""
        kept = 1 - self.open
        difference = (image.clamp(0, 1) - self.photo).abs() * kept
        return difference.sum((1, 2, 3)) / (3 * kept.sum())


def open_hole(bench: Bench, prior: Prior, recipe: Recipe, feather_px: int) -> Hole | None:
    """The hole that ``recipe`` asks to be filled, None if it has none; raises `DgnError`."""
    photo, mask = recipe.input("photo"), recipe.input("mask")
    if photo is None and mask is None:
        return None
    if photo is None or mask is None:
        missing = "photo" if photo is None else "mask"
        raise DgnError(
            f"To fill a hole ppgn needs the input {missing!r} too.",
            "Give a photograph and a mask of the same proportions, its hole white.",
        )
    return hole_in(bench.photo(photo), bench.mask(mask), prior, feather_px)


def hole_in(photo: np.ndarray, mask: np.ndarray, prior: Prior, feather_px: int) -> Hole:
    """The middle square of ``photo`` (H, W, 3) uint8 and of ``mask`` (H, W), from 0 to 1 (hole).

    Raises `DgnError` if their proportions differ, or if nothing is open or all of it.
    """
    shapes = photo.shape[:2], mask.shape
    (photo_ratio, mask_ratio) = (width / height for height, width in shapes)
    if abs(photo_ratio / mask_ratio - 1) > _ALIKE:
        raise DgnError(
            f"The mask is {_size(shapes[1])} pixels and the photograph {_size(shapes[0])}.",
            "Paint the mask over the photograph, so that both have the same proportions.",
        )
    side = prior.info.image_size
    grey = np.repeat((mask * 255).round().astype(np.uint8)[..., None], 3, 2)
    opened = from_uint8(middle_square(grey, side, interpolation="bilinear")[None], prior.device)
    opened = (opened[:, :1] >= 0.5).float()
    if not opened.any() or opened.all():
        what = "white, and nothing of the photograph would stay" if opened.all() else "black"
        raise DgnError(
            f"The mask is all {what} in the middle square.", "Paint white what is to be filled."
        )
    rgb = from_uint8(middle_square(photo, side)[None], prior.device)
    return Hole(rgb, opened, _soft(opened, feather_px))


def _soft(opened: Tensor, feather_px: int) -> Tensor:
    """``opened`` with an edge that falls off outside of it: the hole itself is filled wholly."""
    if feather_px == 0:
        return opened
    width = 2 * feather_px + 1
    wider = F.max_pool2d(opened, width, 1, feather_px)
    return F.avg_pool2d(wider, width, 1, feather_px, count_include_pad=False)


def _size(shape: Sequence[int]) -> str:
    return f"{shape[1]} x {shape[0]}"

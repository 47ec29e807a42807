"""`Prior`: a generator, the encoder layer it inverts, and its code space."""

import copy
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from dgn_explorer.networks.packed import pack
from dgn_explorer.priors.architectures.compact import CompactGenerator
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.info import CROP, PriorInfo

LEAST_CROP = 0.8  # of the image's side: a smaller cut would lose what the image shows


@dataclass(frozen=True)
class Prior:
    """A folded, frozen generator with its code space.

    ``image(code)`` maps (N, code_size) to (N, 3, S, S), RGB, about [0, 1] and not clamped.
    """

    info: PriorInfo
    generator: nn.Module
    space: CodeSpace

    def image(self, code: Tensor) -> Tensor:
        """Generate images (N, 3, S, S) for ``code`` (N, code_size)."""
        image: Tensor = self.generator(code)
        return image

    def rough_image(self, code: Tensor) -> Tensor:
        """The same in bfloat16, as float32: for ascent, where its 8 binary digits are enough."""
        image: Tensor = self._rough_generator(code.bfloat16())
        return image.float()

    @cached_property
    def _rough_generator(self) -> nn.Module:
        return copy.deepcopy(self.generator).bfloat16()

    @cached_property
    def column_squares(self) -> Tensor:
        """The squared lengths (K,) of the columns of the first layer; chains ask in every step."""
        assert isinstance(self.generator, CompactGenerator)
        return self.generator.inverse()[0].square().sum(0)

    def seen(self, image: Tensor, size: int) -> Tensor:
        """The part of ``image`` (N, 3, S, S) that a network of ``size`` pixels is shown.

        With the fit "crop" that is the centre, pixel for pixel, as published for 256 px images and
        networks of 224 or 227; a network of another kind of size gets the whole image, resized.
        """
        whole = image.shape[-1]
        if self.info.fit != CROP or not LEAST_CROP * whole <= size < whole:
            return image
        margin = (whole - size) // 2
        return image[..., margin : margin + size, margin : margin + size]

    @property
    def device(self) -> torch.device:
        """Where the code space and the generator live."""
        return self.space.mean.device

    def to(self, device: torch.device) -> "Prior":
        """Move to ``device``."""
        return Prior(self.info, pack(self.generator.to(device)), self.space.to(device))

"""`Prior`: a generator, the encoder layer it inverts, and its code space."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.info import PriorInfo


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

    @property
    def device(self) -> torch.device:
        """Where the code space and the generator live."""
        return self.space.mean.device

    def to(self, device: torch.device) -> "Prior":
        """Move to ``device``."""
        return Prior(self.info, self.generator.to(device), self.space.to(device))

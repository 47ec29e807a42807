"""`CodeSpace`: what the numbers of a code mean and how far they may go."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class CodeSpace:
    """Statistics of a prior's codes over real photographs.

    ``mean``, ``scale`` (standard deviation), ``lower`` and ``upper`` are (code_size,) float32. For
    a fully connected encoder layer the published bounds are 0 and mean + 3 sigma; for whitened
    principal components they are -3 and 3.
    """

    mean: Tensor
    scale: Tensor
    lower: Tensor
    upper: Tensor

    @property
    def size(self) -> int:
        """Length of a code."""
        return self.mean.numel()

    def clamp(self, code: Tensor) -> Tensor:
        """Project ``code`` (N, size) into the bounds."""
        return torch.minimum(torch.maximum(code, self.lower), self.upper)

    def to(self, device: torch.device) -> "CodeSpace":
        """Move to ``device``."""
        return CodeSpace(*(t.to(device) for t in (self.mean, self.scale, self.lower, self.upper)))

    @classmethod
    def whitened(cls, size: int, sigmas: float = 3.0) -> "CodeSpace":
        """Whitened components: mean 0, scale 1, bounds of ``sigmas`` either side."""
        one = torch.ones(size)
        return cls(torch.zeros(size), one, -sigmas * one, sigmas * one)

    @classmethod
    def activations(cls, mean: Tensor, scale: Tensor, sigmas: float = 3.0) -> "CodeSpace":
        """Post-ReLU activations: bounds 0 and ``mean + sigmas * scale``, as published."""
        return cls(mean, scale, torch.zeros_like(mean), mean + sigmas * scale)

    @classmethod
    def outputs(cls, mean: Tensor, scale: Tensor, sigmas: float = 3.0) -> "CodeSpace":
        """Values of either sign, such as logits: bounds of ``sigmas`` either side of the mean."""
        return cls(mean, scale, mean - sigmas * scale, mean + sigmas * scale)

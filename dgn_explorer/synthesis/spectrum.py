"""`Spectrum`: an image as the spectrum of decorrelated colours.

The parametrisation of Olah, Mordvintsev & Schubert, "Feature Visualization", Distill 2017, with the
numbers of Lucid and Lucent: the spectrum is scaled to that of photographs.
"""

import math

import torch
from torch import Tensor

from dgn_explorer.machine.constants import constant

# Square root of the covariance of RGB over ImageNet photographs (Distill 2017, published code)
COLOUR = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
FIRST_SPREAD = 0.01  # of the first spectrum
CONTRAST = 0.25  # of the image before the sigmoid


class Spectrum:
    """Flat codes (N, K) to images (N, 3, ``size``, ``size``) in [0, 1] and their layout."""

    def __init__(self, size: int, device: torch.device) -> None:
        self._size = size
        rows = torch.fft.fftfreq(size, device=device)[:, None]
        columns = torch.fft.rfftfreq(size, device=device)[None]
        frequency = (rows.square() + columns.square()).sqrt()
        self._scale = (1 / frequency.clamp_min(1 / size))[..., None]
        self._shape = (3, *frequency.shape, 2)
        self.length = math.prod(self._shape)
        colour = constant(COLOUR, device, torch.float32)
        self._colour = colour / colour.norm(dim=0).max()

    def image(self, code: Tensor) -> Tensor:
        """Images of ``code`` (N, K)."""
        parts = code.view(-1, *self._shape) * self._scale  # (N, 3, size, size // 2 + 1, 2)
        whole = (self._size, self._size)
        plain = torch.fft.irfft2(torch.view_as_complex(parts), s=whole, norm="ortho")
        correlated = torch.einsum("nchw,dc->ndhw", plain * CONTRAST, self._colour)
        return correlated.sigmoid()

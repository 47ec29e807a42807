"""The published generators: a layer's activations to a 256 px image (Dosovitskiy & Brox, 2016).

Three fully connected layers (for fc6, fc7 and fc8) or convolutions (for pool5), then transposed
convolutions of kernel 4 that double the size, some followed by one of kernel 3 that keeps it; leaky
ReLU of slope 0.3 after all but the last. There is no batch-norm. Layers carry the names of the
released Caffe files, and the weights have the same shapes, so a released file can be copied over as
it is (methods reference, section 2.1).
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.machine.constants import constant
from dgn_explorer.priors.architectures.compact import check_sizes

SLOPE = 0.3
BASE = 4  # height and width of the first map
PIXEL_MEAN = (104.0, 117.0, 123.0)  # blue, green, red: what the released networks subtract
# name, input and output channels as multiples of width / 8, kernel
_LAYERS = (
    ("deconv5", 8, 8, 4),
    ("conv5_1", 8, 16, 3),
    ("deconv4", 16, 8, 4),
    ("conv4_1", 8, 8, 3),
    ("deconv3", 8, 4, 4),
    ("conv3_1", 4, 4, 3),
    ("deconv2", 4, 2, 4),
    ("deconv1", 2, 1, 4),
    ("deconv0", 1, 0, 4),
)


FLAT, MAP = "flat", "map"
_MAP_SIZE = 6  # height and width of pool5
# name, input and output channels as multiples of width, padding
_MAP_LAYERS = (("Rconv6", 1, 2, 1), ("Rconv7", 2, 2, 1), ("Rconv8", 2, 2, 0))


@dataclass(frozen=True)
class UpconvConfig:
    """Sizes of an `UpconvGenerator`; ``width`` 256 is the published one.

    ``head`` is "flat" for codes of fully connected layers, or "map" for those of pool5: maps
    (width, 6, 6), flattened.
    """

    code_size: int = 4096
    width: int = 256
    head: str = FLAT

    def __post_init__(self) -> None:
        check_sizes(code_size=self.code_size, width=self.width)
        if self.width % 8 or self.width > 1024:
            raise ValueError(f"width is {self.width}, which is no multiple of 8 up to 1024")
        if self.head not in (FLAT, MAP):
            raise ValueError(f"head is {self.head!r}")
        if self.head == MAP and self.code_size != self.width * _MAP_SIZE**2:
            raise ValueError(f"code_size is {self.code_size} for maps of {self.width} channels")

    @property
    def image_size(self) -> int:
        """Height and width of the image in pixels."""
        return BASE * 2**6


class UpconvGenerator(nn.Module):
    """Codes (N, code_size) to images (N, 3, 256, 256), RGB, about [0, 1], not clamped.

    The layers themselves put out blue, green, red from 0 to 255 less their mean, as published.
    """

    architecture: ClassVar[str] = "upconv"

    def __init__(self, config: UpconvConfig) -> None:
        super().__init__()
        self.config = config
        width, eighth = config.width, config.width // 8
        if config.head == FLAT:
            hidden = width * BASE**2
            self.defc7 = nn.Linear(config.code_size, hidden)
            self.defc6 = nn.Linear(hidden, hidden)
            self.defc5 = nn.Linear(hidden, hidden)
        else:
            for name, cin, cout, padding in _MAP_LAYERS:
                self.add_module(name, nn.Conv2d(width * cin, width * cout, 3, padding=padding))
        for name, cin, cout, kernel in _LAYERS:
            stride = 2 if kernel == 4 else 1
            if name == "deconv5" and config.head == MAP:
                cin *= 2
            layer = nn.ConvTranspose2d(eighth * cin, eighth * cout or 3, kernel, stride, padding=1)
            self.add_module(name, layer)

    def forward(self, code: Tensor) -> Tensor:
        """Map (N, code_size) to (N, 3, 256, 256)."""
        x = code
        if self.config.head == FLAT:
            for layer in (self.defc7, self.defc6, self.defc5):
                x = F.leaky_relu(layer(x), SLOPE)
            x = x.view(-1, self.config.width, BASE, BASE)
        else:
            x = x.view(-1, self.config.width, _MAP_SIZE, _MAP_SIZE)
            for name, *_ in _MAP_LAYERS:
                x = F.leaky_relu(self.get_submodule(name)(x), SLOPE)
        for name, _, cout, _ in _LAYERS:
            x = self.get_submodule(name)(x)
            x = F.leaky_relu(x, SLOPE) if cout else x
        mean = constant(PIXEL_MEAN, x.device, x.dtype).view(1, 3, 1, 1)
        return ((x + mean) / 255).flip(1)

    def initialise(self) -> None:
        """Draw the published initial weights; the transposed convolutions keep a bias of 0.

        The standard deviation is ``c * sqrt(2 / fan_in)`` (He et al., 2015) with c = 1 for fully
        connected layers, 1.8 for kernel 4 and 0.9 for kernel 3, and Caffe's fan-in, which for a
        transposed convolution is the number of *output* channels times the kernel's area.
        """
        for layer in self.children():
            if isinstance(layer, nn.ConvTranspose2d):
                kernel = layer.kernel_size[0]
                coefficient = 1.8 if kernel == 4 else 0.9
                fan_in = layer.out_channels * kernel**2
                layer.bias.requires_grad_(False)  # type: ignore[union-attr]
            else:
                assert isinstance(layer, nn.Linear | nn.Conv2d)
                coefficient, fan_in = 1.0, layer.weight[0].numel()
            nn.init.normal_(layer.weight, std=coefficient * math.sqrt(2 / fan_in))
            with torch.no_grad():
                layer.bias.zero_()  # type: ignore[union-attr]

    def fold(self) -> None:
        """There is no batch-norm to fold; here for the generators' common interface."""

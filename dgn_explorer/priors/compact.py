"""The compact generator: whitened principal components of features to a 128 px image.

Its first layer is the fixed inverse of the principal component projection, back to the feature map
that the encoder saw; residual stages then double the size until the image is reached. Upsampling is
nearest neighbour followed by a convolution, which leaves no checkerboard (Odena et al., 2016).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


@dataclass(frozen=True)
class CompactConfig:
    """Sizes of a `CompactGenerator`: the image is ``feature_size * 2 ** len(widths)`` pixels."""

    code_size: int
    feature_channels: int
    feature_size: int
    base_width: int = 384
    base_blocks: int = 2
    widths: tuple[int, ...] = (384, 224, 112, 64, 32)

    @property
    def image_size(self) -> int:
        """Height and width of the image in pixels."""
        return self.feature_size * 2 ** len(self.widths)


class ConvNorm(nn.Module):
    """Convolution of odd kernel, then batch-norm until `fold` has merged the two."""

    def __init__(self, cin: int, cout: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, padding=kernel // 2, bias=False)
        self.norm: nn.BatchNorm2d | None = nn.BatchNorm2d(cout)

    def forward(self, x: Tensor) -> Tensor:  # (N, cin, H, W) -> (N, cout, H, W)
        x = self.conv(x)
        return x if self.norm is None else self.norm(x)

    def fold(self) -> None:
        """Merge the batch-norm into the convolution, as it is in eval mode."""
        if self.norm is not None:
            self.conv = fuse_conv_bn_eval(self.conv.eval(), self.norm.eval())
            self.norm = None


class BaseBlock(nn.Module):
    """Residual block that keeps size and width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = ConvNorm(width, width, 3)
        self.second = ConvNorm(width, width, 3)

    def forward(self, x: Tensor) -> Tensor:  # (N, C, H, W) -> (N, C, H, W)
        return F.relu(x + self.second(F.relu(self.first(x))))


class UpBlock(nn.Module):
    """Residual block that doubles the size."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.first = ConvNorm(cin, cout, 3)
        self.second = ConvNorm(cout, cout, 3)
        self.skip = ConvNorm(cin, cout, 1)

    def forward(self, x: Tensor) -> Tensor:  # (N, cin, H, W) -> (N, cout, 2H, 2W)
        y = self.second(_double(F.relu(self.first(x))))
        return F.relu(y + _double(self.skip(x)))


class CompactGenerator(nn.Module):
    """Codes (N, code_size) to images (N, 3, S, S), RGB, about [0, 1], not clamped."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        features = config.feature_channels * config.feature_size**2
        self.unproject = nn.Linear(config.code_size, features).requires_grad_(False)
        self.stem = ConvNorm(config.feature_channels, config.base_width, 3)
        self.base = nn.Sequential(
            *(BaseBlock(config.base_width) for _ in range(config.base_blocks))
        )
        widths = (config.base_width, *config.widths)
        self.up = nn.Sequential(*(UpBlock(a, b) for a, b in zip(widths, widths[1:], strict=False)))
        self.image = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def set_inverse(self, inverse: Tensor, mean: Tensor) -> None:
        """Fix the first layer: features = ``inverse`` (features, code_size) @ code + ``mean``."""
        with torch.no_grad():
            self.unproject.weight.copy_(inverse)
            self.unproject.bias.copy_(mean)

    def forward(self, code: Tensor) -> Tensor:
        size, channels = self.config.feature_size, self.config.feature_channels
        x = self.unproject(code).view(-1, channels, size, size)
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.up(self.base(F.relu(self.stem(x))))
        return 0.5 + 0.25 * self.image(x)

    def fold(self) -> None:
        """Fold every batch-norm; for inference only."""
        for module in self.modules():
            if isinstance(module, ConvNorm):
                module.fold()


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")

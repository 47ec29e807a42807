"""The compact generator: whitened principal components of features to an image, 128 px by default.

Its first layer is the fixed inverse of the principal component projection, back to the feature map
that the encoder saw; residual stages then double the size until the image is reached. A convolution
after each upsampling leaves no checkerboard (Odena et al., 2016). ``bilinear`` upsampling is smooth
(Karras et al., 2019, blur likewise); ``nearest`` tends to straight lines along the axes.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dgn_explorer.priors.architectures.doubling import double


@dataclass(frozen=True)
class CompactConfig:
    """Sizes of a `CompactGenerator`.

    Every entry of ``widths`` is one doubling. ``output_size`` is the image's side in pixels, 0 for
    ``feature_size * 2 ** len(widths)``; where doubling does not lead from the one to the other (a
    6x6 map and 224 px), the map is first resized to the nearest size that it does. ``base_blocks``
    residual blocks work at that size, and ``stage_blocks[i]`` more after the i-th doubling.

    >>> CompactConfig(512, 256, 6, output_size=224).base_size
    7
    """

    code_size: int
    feature_channels: int
    feature_size: int
    base_width: int = 384
    base_blocks: int = 2
    widths: tuple[int, ...] = (384, 224, 112, 64, 32)
    output_size: int = 0
    upsampling: str = "nearest"
    stage_blocks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_sizes(
            code_size=self.code_size,
            feature_channels=self.feature_channels,
            feature_size=self.feature_size,
            base_width=self.base_width,
            stages=len(self.widths),
            output_size=self.output_size or 1,
            base_blocks=self.base_blocks + 1,
            **{f"widths_{i}": width for i, width in enumerate(self.widths[:MAX_STAGES])},
        )
        check_sizes(**{f"stage_blocks_{i}": n + 1 for i, n in enumerate(self.stage_blocks)})
        most = max(len(self.widths), self.base_blocks, *self.stage_blocks, 0)
        if most > MAX_STAGES or len(self.stage_blocks) > len(self.widths):
            raise ValueError(f"a generator has at most {MAX_STAGES} stages")
        if self.upsampling not in UPSAMPLINGS:
            raise ValueError(f"upsampling is {self.upsampling!r}")
        if self.feature_size > MAX_IMAGE or self.image_size > MAX_IMAGE:
            raise ValueError(f"a generator's image is at most {MAX_IMAGE} px")

    @property
    def image_size(self) -> int:
        """Height and width of the image in pixels."""
        return self.output_size or self.feature_size << len(self.widths)

    @property
    def base_size(self) -> int:
        """Height and width of the map that the doublings start from."""
        return math.ceil(self.image_size / (1 << len(self.widths)))


MAX_STAGES, MAX_IMAGE, MAX_SIZE = 8, 2048, 2**20
UPSAMPLINGS = ("nearest", "bilinear")


def check_sizes(**sizes: object) -> None:
    """Raise ValueError unless all ``sizes`` are whole numbers from 1 to 2**20.

    A configuration may come out of a damaged file; nothing is built before this has passed.
    """
    for name, size in sizes.items():
        if type(size) is not int or not 1 <= size <= MAX_SIZE:
            raise ValueError(f"{name} is {size!r}")


class ConvNorm(nn.Module):
    """Convolution of odd kernel, then batch-norm until `fold` has merged the two."""

    def __init__(self, cin: int, cout: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, padding=kernel // 2, bias=False)
        self.norm: nn.BatchNorm2d | None = nn.BatchNorm2d(cout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, cin, H, W) to (N, cout, H, W)."""
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

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H, W)."""
        return F.relu(x + self.second(F.relu(self.first(x))))


class UpBlock(nn.Module):
    """Residual block that doubles the size."""

    def __init__(self, cin: int, cout: int, upsampling: str) -> None:
        super().__init__()
        self.upsampling = upsampling
        self.first = ConvNorm(cin, cout, 3)
        self.second = ConvNorm(cout, cout, 3)
        self.skip = ConvNorm(cin, cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, cin, H, W) to (N, cout, 2H, 2W)."""
        y = self.second(self._double(F.relu(self.first(x))))
        return F.relu(y + self._double(self.skip(x)))

    def _double(self, x: Tensor) -> Tensor:
        if self.upsampling == "nearest":
            return F.interpolate(x, scale_factor=2.0)
        return double(x)


class CompactGenerator(nn.Module):
    """Codes (N, code_size) to images (N, 3, S, S), RGB, about [0, 1], not clamped."""

    architecture: ClassVar[str] = "compact"

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
        self.up = nn.Sequential(*(UpBlock(a, b, config.upsampling) for a, b in pairwise(widths)))
        counts = config.stage_blocks + (0,) * (len(config.widths) - len(config.stage_blocks))
        self.more = nn.ModuleList(
            nn.Sequential(*(BaseBlock(width) for _ in range(count)))
            for width, count in zip(config.widths, counts, strict=True)
        )
        self.image = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def set_inverse(self, inverse: Tensor, mean: Tensor, learned: bool = False) -> None:
        """Set the first layer: features = ``inverse`` (features, code_size) @ code + ``mean``.

        It stays as it is, unless ``learned`` says that training goes on from these values.
        """
        with torch.no_grad():
            self.unproject.weight.copy_(inverse)
            self.unproject.bias.copy_(mean)
        self.unproject.requires_grad_(learned)

    def inverse(self) -> tuple[Tensor, Tensor]:
        """What `set_inverse` was given: (features, code_size) and (features,)."""
        return self.unproject.weight, self.unproject.bias

    def forward(self, code: Tensor) -> Tensor:
        """Map (N, code_size) to (N, 3, S, S)."""
        size, base = self.config.feature_size, self.config.base_size
        x = self.unproject(code).view(-1, self.config.feature_channels, size, size)
        x = x.contiguous(memory_format=torch.channels_last)
        if base != size:
            x = F.interpolate(x, (base, base), mode="bilinear", align_corners=False)
        x = self.base(F.relu(self.stem(x)))
        for up, more in zip(self.up, self.more, strict=True):
            x = more(up(x))
        return _centre(0.5 + 0.25 * self.image(x), self.config.image_size)

    def fold(self) -> None:
        """Fold every batch-norm; for inference only."""
        for module in self.modules():
            if isinstance(module, ConvNorm):
                module.fold()


def _centre(x: Tensor, size: int) -> Tensor:  # (N, C, S, S) -> (N, C, size, size)
    margin = (x.shape[-1] - size) // 2
    return x[..., margin : margin + size, margin : margin + size]

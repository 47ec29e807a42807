"""What the generator is trained on: image, feature and adversarial losses.

The feature loss compares unit-length channel vectors at several layers of a frozen network, as LPIPS
does (Zhang et al., 2018); it is taken on a random crop, so that the layers' strides meet the image
at a different place in every step and no grid can form. The discriminator is a set of small heads
on those same features (as in Sauer et al., Projected GANs, 2021), which makes it nearly free.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network

HEAD_WIDTH = 64


def comparator_layers(network: Network, most: int = 7) -> list[str]:
    """Up to ``most`` layers with maps, spread evenly over the network's depth."""
    maps = [x for x in network.info.layers if x.spatial and min(x.spatial) > 1]
    blocks = [x for x in maps if x.kind.endswith("Block")] or maps
    steps = torch.linspace(0, len(blocks) - 1, min(most, len(blocks)))
    return [blocks[round(float(i))].path for i in steps]


class Comparator:
    """Unit-length channel vectors of several layers; its hooks live as long as the ``with``."""

    def __init__(self, network: Network, layers: list[str]) -> None:
        self._network = network
        self.layers = layers
        self._reader = ActivationReader(network.module, [network.read_points[x] for x in layers])

    def __enter__(self) -> "Comparator":
        self._reader.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._reader.__exit__(None, None, None)

    def __call__(self, rgb: Tensor) -> list[Tensor]:
        """Features [(N, C, H, W), ...] of ``rgb`` (N, 3, H, W), each position of length 1."""
        maps = self._reader(self._network.preprocessing(rgb))
        return [F.normalize(m, dim=1, eps=1e-4) for m in maps]


def feature_distance(fake: list[Tensor], real: list[Tensor]) -> Tensor:
    """Mean over layers of the squared distance of channel vectors; a number from 0 to 4."""
    return torch.stack(
        [(a - b).square().sum(1).mean() for a, b in zip(fake, real, strict=True)]
    ).mean()


def random_crop(images: list[Tensor], share: float, rng: torch.Generator) -> list[Tensor]:
    """Crop all ``images`` (N, C, S, S) to the same random square of side about ``share`` * S."""
    size = images[0].shape[-1]
    side = max(32, round(size * share) // 8 * 8)
    top, left = (int(torch.randint(size - side + 1, (), generator=rng)) for _ in range(2))
    return [x[..., top : top + side, left : left + side] for x in images]


class Head(nn.Module):
    """Scores every position of one feature map; with a code, also whether the two belong together."""

    def __init__(self, channels: int, code_size: int = 0) -> None:
        super().__init__()
        self.scale = channels**0.5  # undoes the unit length
        self.first = spectral_norm(nn.Conv2d(channels, HEAD_WIDTH, 1))
        self.second = spectral_norm(nn.Conv2d(HEAD_WIDTH, HEAD_WIDTH, 3, padding=1))
        self.score = spectral_norm(nn.Conv2d(HEAD_WIDTH, 1, 1))
        self.code = spectral_norm(nn.Linear(code_size, HEAD_WIDTH)) if code_size else None

    def forward(self, features: Tensor, code: Tensor) -> Tensor:
        # features: (N, C, H, W); code: (N, K) -> (N, 1, H, W)
        x = F.leaky_relu(self.first(features * self.scale), 0.2)
        x = F.leaky_relu(self.second(x), 0.2)
        score: Tensor = self.score(x)
        if self.code is not None:
            match = (x * self.code(code)[:, :, None, None]).sum(1, keepdim=True)
            score = score + match / HEAD_WIDTH**0.5
        return score


class Discriminator(nn.Module):
    """One `Head` a feature map; the deepest one also sees the code."""

    def __init__(self, channels: list[int], code_size: int) -> None:
        super().__init__()
        deepest = len(channels) - 1
        self.heads = nn.ModuleList(
            Head(c, code_size if i == deepest else 0) for i, c in enumerate(channels)
        )

    def forward(self, features: list[Tensor], code: Tensor) -> list[Tensor]:
        return [head(x, code) for head, x in zip(self.heads, features, strict=True)]


def discriminator_loss(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Hinge loss, mean over heads: 2 at chance, 0 when every score is right by a margin."""
    pairs = zip(real, fake, strict=True)
    return torch.stack([F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in pairs]).mean()


def generator_loss(fake: list[Tensor]) -> Tensor:
    """Minus the mean score of the generated images."""
    return -torch.stack([f.mean() for f in fake]).mean()

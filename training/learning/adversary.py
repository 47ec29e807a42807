"""Discriminators, their losses, and the rules by which one side pauses.

``heads`` are small networks on the comparator's features (as in Sauer et al., Projected GANs,
2021), which makes them nearly free. ``patches`` adds a small network that sees patches of the image
itself (Isola et al., 2017), for what a classifier's features hardly notice. ``published`` is the
convolutional network of Dosovitskiy & Brox (2016) on the image itself, with the code as a second
input.
"""

import math
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.nn.utils.parametrizations import spectral_norm as _torchs_spectral_norm

from dgn_explorer.priors.architectures.upconv import PIXEL_MEAN

HEAD_WIDTH = 64
Scores = list[Tensor]


class _ExactNorm(_SpectralNorm):
    """A spectral norm in float32 also under autocast, which on GPUs would round its vectors."""

    def forward(self, weight: Tensor) -> Tensor:
        with torch.autocast(weight.device.type, enabled=False):
            return super().forward(weight)


def spectral_norm(layer: nn.Module) -> nn.Module:
    """Keep the largest singular value of the layer's weight at 1 (Miyato et al., 2018)."""
    normed = _torchs_spectral_norm(layer)
    normed.parametrizations.weight[0].__class__ = _ExactNorm  # type: ignore[union-attr, index]
    return normed


def follow_norms(discriminator: nn.Module, follow: bool) -> None:
    """Whether the next passes take a step of the power iterations, or leave the norms as found."""
    for module in discriminator.modules():
        if isinstance(module, _ExactNorm):
            module.training = follow


class Head(nn.Module):
    """Scores every position of a feature map; with a code, also whether the two belong together."""

    def __init__(self, channels: int, code_size: int = 0) -> None:
        super().__init__()
        self.scale = channels**0.5  # undoes the unit length
        self.first = spectral_norm(nn.Conv2d(channels, HEAD_WIDTH, 1))
        self.second = spectral_norm(nn.Conv2d(HEAD_WIDTH, HEAD_WIDTH, 3, padding=1))
        self.score = spectral_norm(nn.Conv2d(HEAD_WIDTH, 1, 1))
        self.code = spectral_norm(nn.Linear(code_size, HEAD_WIDTH)) if code_size else None

    def forward(self, features: Tensor, code: Tensor) -> Tensor:
        """Scores (N, 1, H, W) of ``features`` (N, C, H, W) of unit length and ``code`` (N, K)."""
        x = F.leaky_relu(self.first(features * self.scale), 0.2)
        x = F.leaky_relu(self.second(x), 0.2)
        score: Tensor = self.score(x)
        if self.code is not None:
            match = (x * self.code(code)[:, :, None, None]).sum(1, keepdim=True)
            score = score + match / HEAD_WIDTH**0.5
        return score


class Patches(nn.Module):
    """Scores patches of 78 px, one every 16 px, of an image of at least 16 px."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 32, 64, 128, 128)
        self.layers = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)) for a, b in pairwise(widths)
        )
        self.score = spectral_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, images: Tensor) -> Tensor:
        """Scores (N, 1, S / 16, S / 16) of ``images`` (N, 3, S, S) in [0, 1]."""
        x = 4 * images - 2
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        score: Tensor = self.score(x)
        return score


class FeatureDiscriminator(nn.Module):
    """One `Head` a feature map; the deepest one also sees the code. Trained with the hinge loss.

    With ``patches``, `Patches` of the image count as much as all the heads together.
    """

    def __init__(self, channels: list[int], code_size: int, patches: bool = False) -> None:
        super().__init__()
        deepest = len(channels) - 1
        self.heads = nn.ModuleList(
            Head(c, code_size if i == deepest else 0) for i, c in enumerate(channels)
        )
        self.patches = Patches() if patches else None

    def forward(self, images: Tensor, features: list[Tensor], code: Tensor) -> Scores:
        """Scores [(N, 1, H, W), ...] of unit-length ``features`` [(N, C, H, W), ...] and patches.

        ``images`` are (N, 3, S, S) in [0, 1].
        """
        pairs = zip(self.heads, features, strict=True)
        scores = [head(x, code).float() for head, x in pairs]
        return scores if self.patches is None else [*scores, self.patches(images).float()]

    def judge_real(self, scores: Scores, rows: Tensor | None = None) -> Tensor:
        """Loss on photographs: 1 at chance, 0 when every score is right by a margin.

        Here and below, ``rows`` (N,) says how much each image counts, all the same without it.
        """
        return self._mean([F.relu(1 - s) for s in scores], rows)

    def judge_fake(self, scores: Scores, rows: Tensor | None = None) -> Tensor:
        """Loss on generated images: 1 at chance, 0 when every score is right by a margin."""
        return self._mean([F.relu(1 + s) for s in scores], rows)

    def fooled(self, scores: Scores, rows: Tensor | None = None) -> Tensor:
        """The generator's loss: minus the mean score of its images."""
        return -self._mean(scores, rows)

    def _mean(self, scores: Scores, rows: Tensor | None) -> Tensor:
        """Mean over the heads; over it and the patches, if there are any."""
        means = torch.stack([_mean_of(s.flatten(1).mean(1), rows) for s in scores])
        heads = means[: len(self.heads)].mean()
        return heads if self.patches is None else (heads + means[-1]) / 2


class ImageDiscriminator(nn.Module):
    """The published discriminator: five convolutions without padding, a code branch, two classes.

    For 227 px images the maps are 56, 52, 25, 23 and 11 wide; any size from 63 px on will do.
    """

    REAL, FAKE = 0, 1
    pixel_mean: Tensor

    def __init__(self, code_size: int) -> None:
        super().__init__()
        sizes = ((3, 32, 7, 4), (32, 64, 5, 1), (64, 128, 3, 2), (128, 256, 3, 1), (256, 256, 3, 2))
        self.convolutions = nn.ModuleList(nn.Conv2d(*size) for size in sizes)
        self.code = nn.ModuleList([nn.Linear(code_size, 1024), nn.Linear(1024, 512)])
        self.joined = nn.Linear(256 + 512, 512)
        self.score = nn.Linear(512, 2)
        mean = torch.tensor(PIXEL_MEAN).view(1, 3, 1, 1)
        self.register_buffer("pixel_mean", mean, persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                small = module in (self.convolutions[0], self.joined, self.score, *self.code)
                fan_in = module.weight[0].numel()
                nn.init.normal_(module.weight, std=(0.1 if small else 1.0) * math.sqrt(2 / fan_in))
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, images: Tensor, features: list[Tensor], code: Tensor) -> Scores:
        """Class scores [(N, 2)] of ``images`` (N, 3, S, S) in [0, 1] and ``code`` (N, K)."""
        x = 255 * images.flip(1) - self.pixel_mean
        for layer in self.convolutions:
            x = F.relu(layer(x))
        y = code
        for layer in self.code:
            y = F.relu(layer(y))
        joined = torch.cat([x.mean((2, 3)), y], 1)
        hidden = F.relu(self.joined(F.dropout(joined, 0.5, self.training)))
        return [self.score(F.dropout(hidden, 0.5, self.training)).float()]

    def judge_real(self, scores: Scores, rows: Tensor | None = None) -> Tensor:
        """Cross-entropy of calling photographs real; ``rows`` as in `FeatureDiscriminator`."""
        return _cross_entropy(scores[0], self.REAL, rows)

    def judge_fake(self, scores: Scores, rows: Tensor | None = None) -> Tensor:
        """Cross-entropy of calling generated images generated."""
        return _cross_entropy(scores[0], self.FAKE, rows)

    def fooled(self, scores: Scores, rows: Tensor | None = None) -> Tensor:
        """The generator's loss: cross-entropy of its images being called real."""
        return _cross_entropy(scores[0], self.REAL, rows)


Discriminator = FeatureDiscriminator | ImageDiscriminator


def _cross_entropy(scores: Tensor, label: int, rows: Tensor | None) -> Tensor:
    labels = scores.new_full((len(scores),), label, dtype=torch.long)
    return _mean_of(F.cross_entropy(scores, labels, reduction="none"), rows)


def _mean_of(values: Tensor, rows: Tensor | None) -> Tensor:
    """The mean of ``values`` (N,) weighted by ``rows`` (N,); 0 if no row counts."""
    return values.mean() if rows is None else (values * rows).sum() / rows.sum().clamp_min(1)


class Pausing:
    """Decides after each step which side trains in the next, so that neither runs away.

    ``smooth``: the discriminator pauses once its smoothed loss is below 0.5, until above 0.8.
    ``ratio``, as published: with r = discriminator's loss / generator's, the discriminator stops
    below 0.1 and goes on above 0.5; the generator stops while r is above 10.

    What it knows are numbers on the device, so that a step there need not be waited for.
    """

    STOP, GO = 0.5, 0.8
    RATIO_STOP, RATIO_GO, RATIO_GENERATOR = 0.1, 0.5, 10.0

    def __init__(self, rule: str, device: torch.device | None = None) -> None:
        self.rule = rule
        self.smoothed = torch.full((), 2.0, device=device)
        self.discriminator_rests = torch.zeros((), dtype=torch.bool, device=device)
        self.generator_rests = self.discriminator_rests.clone()

    def update(self, discriminator: Tensor, generator: Tensor) -> None:
        """Take note of one step's losses."""
        if self.rule == "smooth":
            self.smoothed.lerp_(discriminator, 0.02)
            self._rest(self.smoothed, self.STOP, self.GO)
        elif self.rule == "ratio":
            ratio = discriminator / generator.clamp_min(1e-12)
            self._rest(ratio, self.RATIO_STOP, self.RATIO_GO)
            self.generator_rests.copy_(ratio > self.RATIO_GENERATOR)

    def _rest(self, value: Tensor, stop: float, go: float) -> None:
        limit = stop + (go - stop) * self.discriminator_rests.float()
        self.discriminator_rests.copy_(value < limit)

    def state(self) -> dict[str, Any]:
        """What `load` needs, as plain numbers."""
        return {
            "d_smooth": float(self.smoothed),
            "d_pauses": bool(self.discriminator_rests),
            "g_pauses": bool(self.generator_rests),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.smoothed.fill_(state["d_smooth"])
        self.discriminator_rests.fill_(state["d_pauses"])
        self.generator_rests.fill_(state.get("g_pauses", False))

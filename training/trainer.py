"""The training loop: photographs to codes to images, and back."""

import copy
import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.compact import CompactConfig, CompactGenerator
from dgn_explorer.training.data import PhotoSet
from dgn_explorer.training.encoder import ComponentEncoder, FeatureReader
from dgn_explorer.training.losses import (
    Comparator,
    Discriminator,
    comparator_layers,
    discriminator_loss,
    feature_distance,
    generator_loss,
    random_crop,
)
from dgn_explorer.training.settings import TrainSettings

CROP_SHARE = 0.875
D_STOP, D_GO = 0.5, 0.8  # the discriminator pauses below the one and goes on above the other


@dataclass(frozen=True)
class Losses:
    """The losses of one step; ``discriminator`` is NaN before the adversarial loss sets in."""

    image: float
    feature: float
    adversarial: float
    discriminator: float


class Trainer:
    """One generator in training. `step` does one update; `state` and `load` make it resumable."""

    def __init__(
        self,
        settings: TrainSettings,
        network: Network,
        layer: str,
        encoder: ComponentEncoder,
        photos: PhotoSet,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.network = network
        self.photos = photos
        self.encoder = encoder
        self.index = 0
        self._clock = clock
        self._started = clock()
        self._before = 0.0
        torch.manual_seed(settings.seed)
        features = encoder.mean.numel()
        with torch.no_grad():
            side = settings.image_size
            with FeatureReader(network, layer) as read:
                shape = read(torch.zeros(1, 3, side, side)).shape
        config = CompactConfig(
            code_size=encoder.forward.shape[1],
            feature_channels=shape[1],
            feature_size=shape[2],
            widths=_widths(side // shape[2]),
        )
        assert features == shape[1] * shape[2] * shape[3]
        self.generator = CompactGenerator(config).to(memory_format=torch.channels_last)
        self.generator.set_inverse(encoder.inverse, encoder.mean)
        self.ema = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self._layers = comparator_layers(network)
        channels = {x.path: x.channels for x in network.info.layers}
        self.discriminator = Discriminator([channels[x] for x in self._layers], config.code_size)
        learned = [p for p in self.generator.parameters() if p.requires_grad]
        self._adam = torch.optim.Adam(learned, settings.learning_rate, betas=(0.5, 0.99))
        self._adam_d = torch.optim.Adam(
            self.discriminator.parameters(), settings.discriminator_rate, betas=(0.5, 0.99)
        )
        self._d_smooth = 2.0
        self._d_pauses = False
        self._stack = ExitStack()
        self._read = self._stack.enter_context(FeatureReader(network, layer))
        self._compare = self._stack.enter_context(Comparator(network, self._layers))

    def close(self) -> None:
        """Remove the hooks from the network."""
        self._stack.close()

    @property
    def elapsed_s(self) -> float:
        """Training time in seconds, earlier runs included."""
        return self._before + self._clock() - self._started

    @property
    def progress(self) -> float:
        """Share of the run that is done, 0 to 1: of its steps if they are set, else of its hours."""
        if self.settings.steps:
            return min(1.0, self.index / self.settings.steps)
        return min(1.0, self.elapsed_s / 3600 / self.settings.hours)

    def encode(self, rgb: Tensor) -> Tensor:
        """Codes (N, K) of photographs (N, 3, S, S) in [0, 1]."""
        with torch.no_grad():
            return self.encoder(self._read_features(rgb))

    def step(self, pixels: Tensor) -> Losses:
        """One update from photographs (N, 3, S, S) uint8."""
        s = self.settings
        rng = torch.Generator().manual_seed(s.seed * 1_000_003 + self.index)
        progress = self.progress
        for group in self._adam.param_groups:
            group["lr"] = s.learning_rate * anneal(progress, s.anneal)
        real = pixels.to(memory_format=torch.channels_last).float() / 255
        code = self.encode(real)
        spread = torch.rand(len(code), 1, generator=rng) * s.code_noise
        noisy = code + spread * torch.randn(code.shape, generator=rng)
        self.generator.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=s.bf16):
            fake = self.generator(noisy)
        fake = fake.float()
        image_loss = F.l1_loss(fake, real)
        fake_crop, real_crop = random_crop([fake, real], CROP_SHARE, rng)
        with torch.no_grad():
            real_features = self._compare(real_crop)
        fake_features = self._compare(fake_crop)
        feature_loss = feature_distance(fake_features, real_features)
        loss = s.image_weight * image_loss + s.feature_weight * feature_loss
        adversarial = torch.zeros(())
        d_loss = math.nan
        if s.adversarial_weight > 0 and progress >= s.adversarial_start:
            d_loss = self._step_discriminator(real_features, fake_features, code)
            adversarial = generator_loss(self._judge(fake_features, code))
            loss = loss + s.adversarial_weight * adversarial
        self._adam.zero_grad(set_to_none=True)
        loss.backward()
        self._adam.step()
        self._update_ema()
        self.index += 1
        return Losses(image_loss.item(), feature_loss.item(), adversarial.item(), d_loss)

    def state(self) -> dict[str, Any]:
        """Everything that `load` needs, as tensors and plain numbers."""
        return {
            "index": self.index,
            "elapsed_s": self.elapsed_s,
            "generator": self.generator.state_dict(),
            "ema": self.ema.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "adam": self._adam.state_dict(),
            "adam_d": self._adam_d.state_dict(),
            "d_smooth": self._d_smooth,
            "d_pauses": self._d_pauses,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.index = state["index"]
        self._before, self._started = state["elapsed_s"], self._clock()
        self.generator.load_state_dict(state["generator"])
        self.ema.load_state_dict(state["ema"])
        self.discriminator.load_state_dict(state["discriminator"])
        self._adam.load_state_dict(state["adam"])
        self._adam_d.load_state_dict(state["adam_d"])
        self._d_smooth, self._d_pauses = state["d_smooth"], state["d_pauses"]

    def _read_features(self, rgb: Tensor) -> Tensor:
        return self._read(rgb)

    def _judge(self, features: list[Tensor], code: Tensor) -> list[Tensor]:
        self.discriminator.requires_grad_(False)
        return self.discriminator(features, code)

    def _step_discriminator(self, real: list[Tensor], fake: list[Tensor], code: Tensor) -> float:
        self.discriminator.train().requires_grad_(True)
        detached = [x.detach() for x in fake]
        loss = discriminator_loss(
            self.discriminator(real, code), self.discriminator(detached, code)
        )
        self._d_smooth += 0.02 * (loss.item() - self._d_smooth)
        self._d_pauses = self._d_smooth < (D_GO if self._d_pauses else D_STOP)
        if not self._d_pauses:
            self._adam_d.zero_grad(set_to_none=True)
            loss.backward()
            self._adam_d.step()
        return loss.item()

    @torch.no_grad()
    def _update_ema(self) -> None:
        steady = 0.5 ** (self.settings.batch / self.settings.ema_images)
        decay = min(steady, (1 + self.index) / (10 + self.index))
        pairs = zip(self.ema.parameters(), self.generator.parameters(), strict=True)
        for kept, new in pairs:
            if new.requires_grad:
                kept.lerp_(new, 1 - decay)
        for kept, new in zip(self.ema.buffers(), self.generator.buffers(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)


def anneal(progress: float, share: float) -> float:
    """Learning rate factor: 1, then down a half cosine to 0 over the last ``share`` of the run.

    >>> [round(anneal(p, 0.5), 3) for p in (0.0, 0.5, 0.75, 1.0)]
    [1.0, 1.0, 0.5, 0.0]
    """
    if share <= 0 or progress < 1 - share:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (progress - 1 + share) / share))


def _widths(factor: int) -> tuple[int, ...]:
    """Channel numbers of the upsampling stages that enlarge a map ``factor`` times (a power of 2)."""
    full = (384, 224, 112, 64, 32)
    stages = factor.bit_length() - 1
    if 2**stages != factor:
        raise ValueError(f"the image is {factor} times the feature map, which is no power of 2")
    return full[-stages:] if stages <= len(full) else full + (32,) * (stages - len(full))

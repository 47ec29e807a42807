"""The training step: photographs to codes to images, and back.

One call of `Trainer.step` is one update: encode the photographs, generate, compare, let the
discriminator judge, average over the processes, and move the weights.
"""

import copy
import math
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import resize
from dgn_explorer.priors.precision import fast_bf16
from dgn_explorer.training.adversary import Pausing
from dgn_explorer.training.build import Setup, make_discriminator, make_generator
from dgn_explorer.training.encoder import Encoder, FeatureReader
from dgn_explorer.training.losses import (
    Comparator,
    centre,
    code_distance,
    euclidean_distance,
    image_distance,
    random_crop,
    unit_distance,
    unit_length,
)
from dgn_explorer.training.schedule import rate_factor
from dgn_explorer.training.world import World, share_batch_norms


@dataclass(frozen=True)
class Losses:
    """The losses of one step, before their weights, over all processes.

    ``discriminator`` is NaN before the adversarial loss sets in; ``code`` is 0 if it has no weight.
    """

    image: float
    feature: float
    adversarial: float
    discriminator: float
    code: float = 0.0


class Trainer:
    """One generator in training. `step` does one update; `state` and `load` make it resumable."""

    def __init__(
        self,
        setup: Setup,
        encoder: Encoder,
        *,
        device: torch.device,
        world: World | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.setup, self.settings = setup, setup.settings
        self.device = device
        self.world = world or World()
        self.index = 0
        self.learning_rate = self.settings.learning_rate
        self._clock = clock
        self._started, self._before = clock(), 0.0
        torch.manual_seed(self.settings.seed)
        generator = make_generator(setup, encoder)
        share_batch_norms(generator, self.world)
        generator.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.generator = generator
        self.ema = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.discriminator = make_discriminator(setup, encoder).to(device)
        self.encoder = encoder.to(device)
        self.space = self.encoder.space().to(device)
        self._make_optimisers()
        self._pausing = Pausing(self.settings.pausing)
        self._generate = torch.compile(self.generator) if self.settings.compiled else self.generator
        self._bf16 = self.settings.bf16 and fast_bf16(device)
        self._read = FeatureReader(setup.network, [setup.layer])
        self._compare = Comparator(setup.comparator, list(setup.layers), setup.comparator_size)

    @property
    def batch(self) -> int:
        """Photographs in one update, over all processes."""
        return self.settings.batch * self.settings.accumulate * self.world.size

    @property
    def rows(self) -> list[int]:
        """Which of the update's photographs are this process's, one run of ``batch`` a pass."""
        size, world = self.settings.batch, self.world
        starts = ((m * world.size + world.rank) * size for m in range(self.settings.accumulate))
        return [start + i for start in starts for i in range(size)]

    @property
    def elapsed_s(self) -> float:
        """Training time in seconds, earlier runs included."""
        return self._before + self._clock() - self._started

    @property
    def progress(self) -> float:
        """Share of the run that is done, 0 to 1: of its steps if they are set, else its hours."""
        if self.settings.steps:
            return min(1.0, self.index / self.settings.steps)
        return min(1.0, self.elapsed_s / 3600 / self.settings.hours)

    def encode(self, rgb: Tensor) -> Tensor:
        """Codes (N, K) of images (N, 3, S, S) in [0, 1], with their gradient."""
        seen = resize(centre(rgb, self.settings.view), self.setup.encoder_size)
        code: Tensor = self.encoder(self._read(seen)[0])
        return code

    def step(self, pixels: Tensor, progress: float | None = None) -> Losses:
        """One update from this process's `rows` of the photographs (n, 3, S, S) uint8.

        ``progress`` is the share of the run that is done, if the processes have agreed on it.
        Raises `DgnError`, and changes no weight, if a loss is not finite.
        """
        s = self.settings
        progress = self.progress if progress is None else progress
        self._set_rates(rate_factor(progress, s.schedule, s.anneal))
        adversarial = s.adversarial_weight > 0 and progress >= s.adversarial_start
        self.generator.train()
        self.discriminator.train()
        torch.manual_seed(s.seed * 7_919 + self.index * self.world.size + self.world.rank)
        parts = pixels.to(self.device, non_blocking=True).split(s.batch)
        found = [self._pass(part, i, adversarial) for i, part in enumerate(parts)]
        losses = self._checked(self.world.mean(torch.stack(found).mean(0)).tolist(), adversarial)
        if adversarial and not self._pausing.discriminator_rests:
            self._update(self._adam_d, self.discriminator.parameters())
            self._adam_d.zero_grad(set_to_none=True)
        if not self._pausing.generator_rests:
            self._update(self._adam, self._learned)
            self._update_ema()
        self._adam.zero_grad(set_to_none=True)
        if adversarial:
            self._pausing.update(losses.discriminator, losses.adversarial)
        self.index += 1
        return losses

    def feature_error(self, fake: Tensor, real: Tensor) -> float:
        """Squared distance (0 to 4) of the comparator's unit vectors for images (N, 3, S, S)."""
        view, weights = self.settings.view, list(self.setup.layer_weights)
        total = 0.0
        with torch.no_grad():
            parts = (images.split(self.settings.batch) for images in (fake, real))
            for a, b in zip(*parts, strict=True):
                found, wanted = (unit_length(self._compare(centre(x, view))) for x in (a, b))
                total += len(a) * float(unit_distance(found, wanted, weights))
        return total / len(fake)

    def finite(self) -> bool:
        """Whether every weight of the averaged generator is a number."""
        return all(bool(w.isfinite().all()) for w in self.ema.state_dict().values())

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
            **self._pausing.state(),
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
        self._pausing.load(state)

    def fast(self, everywhere: bool = True) -> AbstractContextManager[Any]:
        """Bfloat16 autocast where it helps; on CPUs that is not in the frozen networks."""
        enabled = self._bf16 and (everywhere or self.device.type == "cuda")
        return torch.autocast(self.device.type, torch.bfloat16, enabled=enabled)

    def _pass(self, pixels: Tensor, number: int, adversarial: bool) -> Tensor:
        """Add the gradients of one pass; (5,) losses in the order of `Losses`."""
        s = self.settings
        rng = torch.Generator().manual_seed(s.seed * 1_000_003 + self.index * s.accumulate + number)
        real = pixels.to(memory_format=torch.channels_last).float() / 255
        with torch.no_grad():
            code = self.encode(real)
        noisy = self._add_noise(code, rng)
        with self.fast():
            fake = self._generate(noisy)
        fake = fake.float()
        real_seen, fake_seen = centre(real, s.view), centre(fake, s.view)
        image = image_distance(fake_seen, real_seen, s.image_loss)
        real_crop, fake_crop = random_crop([real_seen, fake_seen], s.crop_share, rng)
        with self.fast(everywhere=False):
            with torch.no_grad():
                real_features = self._compare(real_crop)
            fake_features = self._compare(fake_crop)
        feature = self._feature_distance(fake_features, real_features)
        loss = s.image_weight * image + s.feature_weight * feature
        zero = torch.zeros((), device=self.device)
        code_loss, judged, fooled = zero, zero, zero
        if s.code_weight > 0:
            code_loss = code_distance(self.encode(fake), noisy.detach(), self.space.scale)
            loss = loss + s.code_weight * code_loss
        if adversarial:
            real_features, fake_features = unit_length(real_features), unit_length(fake_features)
            judged = self._judge(real_seen, fake_seen, real_features, fake_features, code)
            with self.fast():
                self.discriminator.requires_grad_(False)
                scores = self.discriminator(fake_seen, fake_features, code)
                self.discriminator.requires_grad_(True)
            fooled = self.discriminator.fooled(scores)
            loss = loss + s.adversarial_weight * fooled
        (loss / s.accumulate).backward()
        return torch.stack([image, feature, fooled, judged, code_loss]).detach()

    def _feature_distance(self, fake: list[Tensor], real: list[Tensor]) -> Tensor:
        weights = list(self.setup.layer_weights)
        if self.settings.feature_loss == "euclidean":
            return euclidean_distance(fake, real, weights)
        return unit_distance(unit_length(fake), unit_length(real), weights)

    def _judge(
        self,
        real: Tensor,  # (N, 3, S, S) in [0, 1]
        fake: Tensor,
        real_features: list[Tensor],  # (N, C, H, W) each, of unit length
        fake_features: list[Tensor],
        code: Tensor,  # (N, K)
    ) -> Tensor:
        """The discriminator's loss; its gradients are added unless it rests."""
        d = self.discriminator
        with torch.set_grad_enabled(not self._pausing.discriminator_rests):
            with self.fast():
                on_real = d(real, real_features, code)
                on_fake = d(fake.detach(), [x.detach() for x in fake_features], code)
            loss = d.judge_real(on_real) + d.judge_fake(on_fake)
        if loss.requires_grad:
            (loss / self.settings.accumulate).backward()
        return loss

    def _add_noise(self, code: Tensor, rng: torch.Generator) -> Tensor:
        """Gaussian noise of up to ``code_noise`` sigma, drawn for all processes' codes (N, K)."""
        n, world = len(code), self.world
        spread = torch.rand(n * world.size, 1, generator=rng) * self.settings.code_noise
        noise = spread * torch.randn(n * world.size, code.shape[1], generator=rng)
        own = noise[n * world.rank : n * (world.rank + 1)].to(self.device)
        noisy = code + own * self.space.scale
        return noisy.clamp_min(0) if self.encoder.kind == "activations" else noisy

    def _make_optimisers(self) -> None:
        s = self.settings
        betas = (s.beta1, s.beta2)
        self._learned = [p for p in self.generator.parameters() if p.requires_grad]
        self._adam = torch.optim.Adam(self._learned, s.learning_rate, betas=betas)
        self._adam_d = torch.optim.Adam(
            self.discriminator.parameters(),
            s.discriminator_rate,
            betas=betas,
            weight_decay=s.discriminator_decay,
        )

    def _set_rates(self, factor: float) -> None:
        self.learning_rate = self.settings.learning_rate * factor
        for group in self._adam.param_groups:
            group["lr"] = self.learning_rate
        for group in self._adam_d.param_groups:
            group["lr"] = self.settings.discriminator_rate * factor

    def _checked(self, values: list[float], adversarial: bool) -> Losses:
        if not all(math.isfinite(value) for value in values):
            raise not_finite(self.index)
        image, feature, fooled, judged, code = values
        return Losses(image, feature, fooled, judged if adversarial else math.nan, code)

    def _update(self, adam: torch.optim.Adam, parameters: Iterable[nn.Parameter]) -> None:
        self.world.average_gradients(parameters)
        adam.step()

    @torch.no_grad()
    def _update_ema(self) -> None:
        steady = 0.5 ** (self.batch / self.settings.ema_images)
        decay = min(steady, (1 + self.index) / (10 + self.index))
        for kept, new in zip(self.ema.parameters(), self.generator.parameters(), strict=True):
            if new.requires_grad:
                kept.lerp_(new, 1 - decay)
        for kept, new in zip(self.ema.buffers(), self.generator.buffers(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)


def not_finite(index: int) -> DgnError:
    """The error for weights or losses that are no numbers any more."""
    return DgnError(
        f"The loss is not finite any more after step {index}.",
        "Lower --learning-rate and go on from the last checkpoint, which is sound.",
    )

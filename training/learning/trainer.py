"""The trainer: generator, discriminator, their optimisers and the average over the weights.

One call of `Trainer.step` is one update: the passes of `Objective` over the step's photographs, the
mean of their gradients over the processes, and the weights moved. `pace` does the same on one GPU
without waiting for any step.
"""

import copy
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.priors.prior import Prior
from dgn_explorer.training.learning.adversary import Pausing
from dgn_explorer.training.learning.build import Setup, make_discriminator, make_generator
from dgn_explorer.training.learning.chance import HostChance
from dgn_explorer.training.learning.encoder import Encoder
from dgn_explorer.training.learning.losses import centre, unit_distance, unit_length
from dgn_explorer.training.learning.objective import Objective
from dgn_explorer.training.learning.optimisers import (
    load_state,
    make_adam,
    portable_state,
    set_rate,
)
from dgn_explorer.training.learning.schedule import rate_factor
from dgn_explorer.training.learning.warm_start import start_from
from dgn_explorer.training.learning.world import World, share_batch_norms


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
        s, betas = self.settings, (self.settings.beta1, self.settings.beta2)
        self.learned = [p for p in generator.parameters() if p.requires_grad]
        self.adam = make_adam(self.learned, s.learning_rate, betas)
        judge = list(self.discriminator.parameters())
        self.adam_d = make_adam(judge, s.discriminator_rate, betas, s.discriminator_decay)
        self.pausing = Pausing(s.pausing, device)
        generate = torch.compile(generator) if s.compiled else generator
        self.objective = Objective(setup, self.encoder, generate, self.discriminator, device)
        self.ema_share = torch.zeros((), device=device)

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
        return self.objective.encode(rgb)

    def prepare(self, progress: float) -> bool:
        """Rates and modes for a step at this share of the run; whether the adversary plays."""
        s = self.settings
        factor = rate_factor(progress, s.schedule, s.anneal, s.warm_up)
        self.learning_rate = s.learning_rate * factor
        set_rate(self.adam, self.learning_rate)
        set_rate(self.adam_d, s.discriminator_rate * factor)
        self.generator.train()
        if s.frozen_norms:
            for module in self.generator.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        self.discriminator.train()
        return s.adversarial_weight > 0 and progress >= s.adversarial_start

    def sow(self) -> None:
        """Seed torch's generators for the next step, and say how much the average moves in it."""
        s, world = self.settings, self.world
        torch.manual_seed(s.seed * 7_919 + self.index * world.size + world.rank)
        steady = 0.5 ** (self.batch / s.ema_images)
        self.ema_share.fill_(1 - min(steady, (1 + self.index) / (10 + self.index)))

    def step(
        self, pixels: Tensor, progress: float | None = None, sides: Tensor | None = None
    ) -> Losses:
        """One update from this process's `rows` of the photographs (n, 3, S, S) uint8.

        ``progress`` is the share of the run that is done, if the processes have agreed on it;
        ``sides`` (n,) the photographs' own sizes in px, if some are smaller than the image.
        Raises `DgnError`, and changes no weight, if a loss is not finite.
        """
        s = self.settings
        adversarial = self.prepare(self.progress if progress is None else progress)
        self.sow()
        parts = torch.split(pixels.to(self.device, non_blocking=True), s.batch)
        own = (
            None
            if sides is None
            else torch.split(sides.to(self.device, non_blocking=True), s.batch)
        )
        learns = not bool(self.pausing.discriminator_rests)
        found = []
        for i, part in enumerate(parts):
            chance = HostChance(s.seed * 1_000_003 + self.index * s.accumulate + i, self.world)
            mine = None if own is None else own[i]
            found.append(self.objective.backward(part, mine, chance, adversarial, learns))
        mean = self.world.mean(torch.stack(found).mean(0))
        losses = checked(mean, adversarial, self.index)
        if adversarial and learns:
            self._update(self.adam_d, self.discriminator.parameters())
        self.adam_d.zero_grad(set_to_none=True)
        if not self.pausing.generator_rests:
            self._update(self.adam, self.learned)
            self.update_ema(self.ema_share)
        self.adam.zero_grad(set_to_none=True)
        if adversarial:
            self.pausing.update(mean[3], mean[2])
        self.index += 1
        return losses

    def feature_error(self, fake: Tensor, real: Tensor) -> float:
        """Squared distance (0 to 4) of the comparator's unit vectors for images (N, 3, S, S)."""
        view, weights = self.settings.view, list(self.setup.layer_weights)
        total = 0.0
        with torch.no_grad():
            parts = (torch.split(images, self.settings.batch) for images in (fake, real))
            for a, b in zip(*parts, strict=True):
                found, wanted = (
                    unit_length(self.objective.compare(centre(x, view))) for x in (a, b)
                )
                total += len(a) * float(unit_distance(found, wanted, weights))
        return total / len(fake)

    def finite(self) -> bool:
        """Whether every weight of the averaged generator is a number."""
        return all(bool(w.isfinite().all()) for w in self.ema.state_dict().values())

    def state(self) -> dict[str, Any]:
        """Everything that `load` needs on any device, as tensors and plain numbers."""
        return {
            "index": self.index,
            "elapsed_s": self.elapsed_s,
            "generator": self.generator.state_dict(),
            "ema": self.ema.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "adam": portable_state(self.adam),
            "adam_d": portable_state(self.adam_d),
            **self.pausing.state(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`, of whatever device."""
        self.index = state["index"]
        self._before, self._started = state["elapsed_s"], self._clock()
        self.generator.load_state_dict(state["generator"])
        self.ema.load_state_dict(state["ema"])
        self.discriminator.load_state_dict(state["discriminator"])
        load_state(self.adam, state["adam"])
        load_state(self.adam_d, state["adam_d"])
        self.pausing.load(state)

    def start_from(self, prior: Prior, codes: Tensor) -> None:
        """Begin with the weights of ``prior``, its norms fitted over ``codes`` (N, K)."""
        start_from(prior, self.generator, codes)
        self.ema.load_state_dict(self.generator.state_dict())

    @torch.no_grad()
    def update_ema(self, share: Tensor) -> None:
        """Move the average by ``share`` (0 to 1, on the device) towards the present weights."""
        kept, new = self._averaged
        moved = torch._foreach_sub(new, kept)
        torch._foreach_mul_(moved, share)
        torch._foreach_add_(kept, moved)

    @cached_property
    def _averaged(self) -> tuple[list[Tensor], list[Tensor]]:
        """What the average holds, and what it is the average of."""
        kept = [*self.ema.parameters(), *self.ema.buffers()]
        new = [*self.generator.parameters(), *self.generator.buffers()]
        learned = {id(p) for p in self.learned} | {id(b) for b in self.generator.buffers()}
        pairs = [(a, b) for a, b in zip(kept, new, strict=True) if id(b) in learned]
        pairs = [(a, b.detach()) for a, b in pairs if a.is_floating_point()]
        return [a for a, _ in pairs], [b for _, b in pairs]

    def _update(self, adam: torch.optim.Adam, parameters: Iterable[nn.Parameter]) -> None:
        self.world.average_gradients(parameters)
        adam.step()


def checked(mean: Tensor, adversarial: bool, index: int) -> Losses:
    """The losses (5,) as numbers; raises `DgnError` if one is not finite."""
    values = mean.tolist()
    if not all(math.isfinite(value) for value in values):
        raise not_finite(index)
    image, feature, fooled, judged, code = values
    return Losses(image, feature, fooled, judged if adversarial else math.nan, code)


def not_finite(index: int) -> DgnError:
    """The error for weights or losses that are no numbers any more."""
    return DgnError(
        f"The loss is not finite any more after step {index}.",
        "Lower --learning-rate and go on from the last checkpoint, which is sound.",
    )

"""The dry run: what a run would take, measured on a few steps with made-up photographs."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.machine.device import describe
from dgn_explorer.networks.opening import open_network
from dgn_explorer.plain_text import printable
from dgn_explorer.training.learning.build import Opener, Setup, set_up
from dgn_explorer.training.learning.encoder import (
    ActivationEncoder,
    ComponentEncoder,
    Encoder,
    rectifies,
)
from dgn_explorer.training.learning.pace import Pace
from dgn_explorer.training.learning.trainer import Trainer
from dgn_explorer.training.photographs.cache import (
    PhotoCache,
    count_photos,
    padded_size,
    photo_bytes,
)
from dgn_explorer.training.photographs.data import TrainingPhotos
from dgn_explorer.training.photographs.device_photos import DevicePhotos
from dgn_explorer.training.running.devices import training_device
from dgn_explorer.training.settings import TrainSettings

WARM_UP = 2


@dataclass(frozen=True)
class Estimate:
    """Sizes in bytes, times in seconds, rates in images per second over one process.

    ``memory_bytes`` is the most that was in use during the measured steps, on the GPU if there is
    one, else by the whole process; None where the system does not tell. ``warnings`` are sentences
    about what would stop the run.
    """

    device: str
    photographs: int
    layer: str
    feature_shape: tuple[int, ...]
    code_size: int
    generator_parameters: int
    discriminator_parameters: int
    cache_bytes: int
    checkpoint_bytes: int
    prior_bytes: int
    free_bytes: int
    memory_bytes: int | None
    images_per_s: float
    adversarial_images_per_s: float
    images: int
    training_s: float
    warnings: tuple[str, ...]

    def text(self) -> str:
        """The estimate as lines to print."""
        memory = "unknown" if self.memory_bytes is None else _size(self.memory_bytes)
        rounds = self.images / max(1, self.photographs)
        lines = [
            f"Device       {self.device}",
            f"Photographs  {self.photographs:,}, decoded {_size(self.cache_bytes)} "
            f"({_size(self.free_bytes)} free)",
            f"Code         {self.code_size} values from {printable(self.layer)} "
            f"{' x '.join(map(str, self.feature_shape))}",
            f"Generator    {self.generator_parameters / 1e6:.1f} M parameters, "
            f"discriminator {self.discriminator_parameters / 1e6:.1f} M",
            f"Files        prior {_size(self.prior_bytes)}, "
            f"checkpoint {_size(self.checkpoint_bytes)}",
            f"Memory       {memory}",
            f"Speed        {self.images_per_s:.1f} images/s, "
            f"{self.adversarial_images_per_s:.1f} with the adversarial loss",
            f"Training     {self.images:,} images ({rounds:.1f} times each photograph) "
            f"in {self.training_s / 3600:.1f} hours",
            *(f"Warning: {printable(warning)}" for warning in self.warnings),
        ]
        return "\n".join(lines)


def estimate(
    settings: TrainSettings,
    folder: Path,
    *,
    device: str | None = None,
    steps: int = 6,
    opener: Opener = open_network,
    clock: Callable[[], float] = time.perf_counter,
) -> Estimate:
    """Measure ``steps`` steps of either kind and work out the rest; writes nothing.

    ``folder`` is where the run would be. Raises `DgnError` as the run itself would.
    """
    settings = settings.check()
    chosen = training_device(device)
    photographs = sum(count_photos(Path(source)) for source in settings.sources)
    setup = set_up(settings, chosen, opener)
    code_size = setup.code_size(photographs)
    trainer = Trainer(setup, _made_up(setup, code_size), device=chosen)
    if chosen.type == "cuda":
        torch.cuda.reset_peak_memory_stats(chosen)
    plain, adversarial = (_rate(trainer, share, steps, clock) for share in (0.0, 1.0))
    late = 1 - settings.adversarial_start if settings.adversarial_weight else 0.0
    plain = plain if late < 1 else adversarial
    if settings.steps:
        images = settings.steps * trainer.batch
        seconds = images * ((1 - late) / plain + late / adversarial)
    else:
        seconds = settings.hours * 3600
        images = round(seconds * ((1 - late) * plain + late * adversarial))
    cache = photographs * photo_bytes(settings.image_size)
    free = shutil.disk_usage(_existing(folder)).free
    g, d = (_count(module) for module in (trainer.generator, trainer.discriminator))
    learned = sum(p.numel() for p in trainer.generator.parameters() if p.requires_grad)
    # weights, their average, and Adam's two moments of what is learned
    checkpoint = 4 * (2 * g + 2 * learned + 3 * d)
    return Estimate(
        device=describe(chosen),
        photographs=photographs,
        layer=setup.layer,
        feature_shape=setup.feature_shape,
        code_size=code_size,
        generator_parameters=g,
        discriminator_parameters=d,
        cache_bytes=cache,
        checkpoint_bytes=checkpoint,
        prior_bytes=2 * g,
        free_bytes=free,
        memory_bytes=_peak_memory(chosen),
        images_per_s=plain,
        adversarial_images_per_s=adversarial,
        images=images,
        training_s=seconds,
        warnings=_warnings(setup, photographs, cache + 2 * checkpoint, free),
    )


def _warnings(setup: Setup, photographs: int, needed: int, free: int) -> tuple[str, ...]:
    found = []
    size = setup.code_size(photographs)
    if not setup.flat and setup.statistics_crops(photographs) <= size:
        found.append(f"{photographs} photographs are too few for {size} components.")
    if needed > free:
        found.append(f"The run's files take {_size(needed)}, but {_size(free)} are free.")
    return tuple(found)


def _made_up(setup: Setup, code_size: int) -> Encoder:
    """An encoder for codes of ``code_size`` with statistics of nothing."""
    if setup.flat:
        ones = torch.ones(code_size)
        rectified = rectifies(setup.settings, setup.network, setup.layer)
        return ActivationEncoder(ones, ones, rectified)
    features = torch.Size(setup.feature_shape).numel()
    matrix = torch.randn(features, code_size) / features**0.5
    return ComponentEncoder(torch.zeros(features), matrix, matrix.clone(), 1.0)


def _rate(trainer: Trainer, share: float, steps: int, clock: Callable[[], float]) -> float:
    s = trainer.settings
    count, size = s.batch * s.accumulate, s.image_size
    if trainer.device.type == "cuda" and s.accumulate == 1:
        return _pace(trainer, share, 10 * steps, clock)
    seconds = []
    for _ in range(WARM_UP + steps):
        pixels = _noise(count, size)
        started = clock()
        trainer.step(pixels, share)  # ends with the losses' way back to the CPU
        seconds.append(clock() - started)
    return count / max(median(seconds[WARM_UP:]), 1e-9)


def _pace(trainer: Trainer, share: float, steps: int, clock: Callable[[], float]) -> float:
    """Images a second as a run on a lone GPU takes its steps."""
    s = trainer.settings
    side = padded_size(s.image_size)
    pixels = _noise(s.batch, side).permute(0, 2, 3, 1).contiguous().numpy()
    rows = np.arange(s.batch)
    cache = PhotoCache(pixels, np.full(s.batch, side), rows, rows[:0], 0)
    photos = TrainingPhotos([cache], [1.0], s.image_size)
    pace = Pace(trainer, DevicePhotos(photos, trainer.device, lambda *_: None), s.graphs)
    pace.take(2 * WARM_UP + 1, share)  # with the recording
    started = clock()
    pace.take(steps, share)  # ends with the losses' way back to the CPU
    return steps * s.batch / max(clock() - started, 1e-9)


def _noise(count: int, size: int) -> Tensor:
    return torch.randint(256, (count, 3, size, size), dtype=torch.uint8)


def _count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _peak_memory(device: torch.device) -> int | None:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        import resource  # not on Windows
        import sys
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(p for p in (folder, *folder.parents) if p.exists())


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"

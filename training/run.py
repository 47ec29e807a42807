"""A training run in a folder: cache, statistics, loop, checkpoints, samples, and the prior file."""

import csv
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

import dgn_explorer
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.files import save_prior
from dgn_explorer.priors.info import EncoderInfo
from dgn_explorer.training.checkpoint import read_checkpoint, write_checkpoint
from dgn_explorer.training.data import PhotoSet, Progress, open_source
from dgn_explorer.training.encoder import (
    ComponentEncoder,
    FeatureReader,
    default_layer,
    fit_components,
)
from dgn_explorer.training.settings import TrainSettings
from dgn_explorer.training.trainer import Losses, Trainer

STATISTICS_SEED_OFFSET = 7_919
PRIOR_NAME = "prior.safetensors"
StepReport = Callable[[int, float, float, float, Losses], None]


def train(
    settings: TrainSettings,
    folder: Path,
    *,
    name: str,
    save_every_s: float,
    progress: Progress,
    report: StepReport,
    stop: Callable[[], bool] = lambda: False,
) -> Path:
    """Train a prior in ``folder``, going on from its checkpoint if there is one.

    ``report`` gets (step, share done, images per second, seconds left, losses) after every step;
    when ``stop`` returns True the run ends after the current step with everything saved. Returns
    the path of the prior file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saved = read_checkpoint(folder)
    if saved is not None:
        settings = replace(saved[0], hours=settings.hours, steps=settings.steps)
    network = open_network(settings.network)
    layer = settings.layer or default_layer(network)
    network.info.layer(layer)
    caches = [
        open_source(
            Path(s), folder / "cache", settings.image_size, settings.held_out_share, progress
        )
        for s in settings.sources
    ]
    photos = PhotoSet(caches, list(settings.weights), settings.image_size)
    encoder = _encoder(settings, network, layer, photos, folder, progress)
    trainer = Trainer(settings, network, layer, encoder, photos)
    if saved is not None:
        trainer.load(saved[1])
    samples = Samples(trainer, folder)
    card = _card(settings, photos, sum(c.skipped for c in caches), encoder.kept)
    encoder_info = EncoderInfo(
        settings.network, network.info.fingerprint, layer, "components", settings.image_size
    )
    path = folder / PRIOR_NAME

    def save() -> None:
        write_checkpoint(folder, settings, trainer.state())
        measured = samples.write()
        card["images_seen"] = trainer.index * settings.batch
        card["training_hours"] = round(trainer.elapsed_s / 3600, 2)
        card["held_out"] = measured
        save_prior(
            path,
            name=name,
            generator=trainer.ema,
            space=CodeSpace.whitened(encoder.forward.shape[1]),
            encoder=encoder_info,
            card=dict(card),
        )

    try:
        _loop(trainer, folder, save, save_every_s, report, stop)
    finally:
        trainer.close()
    return path


def _loop(
    trainer: Trainer,
    folder: Path,
    save: Callable[[], None],
    save_every_s: float,
    report: StepReport,
    stop: Callable[[], bool],
) -> None:
    last_save = time.monotonic()
    started, first = trainer.elapsed_s, trainer.index
    with Metrics(folder / "metrics.csv") as metrics, _prefetch(trainer) as batches:
        while trainer.progress < 1 and not stop():
            losses = trainer.step(next(batches))
            seconds = max(trainer.elapsed_s - started, 1e-6)
            rate = (trainer.index - first) * trainer.settings.batch / seconds
            left = trainer.elapsed_s * (1 / max(trainer.progress, 1e-9) - 1)
            if not np.isfinite(losses.image + losses.feature + losses.adversarial):
                raise DgnError(
                    f"The loss is not finite any more at step {trainer.index}.",
                    "Lower --learning-rate and start again from the last checkpoint.",
                )
            metrics.add(trainer.index, trainer.elapsed_s, losses)
            report(trainer.index, trainer.progress, rate, left, losses)
            if time.monotonic() - last_save > save_every_s:
                save()
                last_save = time.monotonic()
    save()


class _prefetch:  # noqa: N801 - used like a function
    """Draws the next batch in a thread while the current one is trained on."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Iterator[Tensor]:
        return self._batches()

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown()

    def _batches(self) -> Iterator[Tensor]:
        s, photos = self._trainer.settings, self._trainer.photos
        index = self._trainer.index
        waiting = self._pool.submit(photos.batch, s.batch, s.seed, index)
        while True:
            index += 1
            batch, waiting = (
                waiting.result(),
                self._pool.submit(photos.batch, s.batch, s.seed, index),
            )
            yield batch


def _encoder(
    settings: TrainSettings,
    network: Network,
    layer: str,
    photos: PhotoSet,
    folder: Path,
    progress: Progress,
) -> ComponentEncoder:
    path = folder / "encoder.safetensors"
    if path.exists():
        t = load_file(path)
        return ComponentEncoder(t["mean"], t["forward"], t["inverse"], float(t["kept"]))
    batch = 64
    batches = -(-min(settings.statistics_images, 2 * photos.count) // batch)
    seed = settings.seed + STATISTICS_SEED_OFFSET

    def features() -> Iterator[Tensor]:
        with torch.no_grad(), FeatureReader(network, layer) as read:
            for i in range(batches):
                yield read(photos.batch(batch, seed, i).float() / 255)
                progress("Code statistics", i + 1, batches)

    encoder = fit_components(features(), settings.components)
    tensors = {key: getattr(encoder, key) for key in ("mean", "forward", "inverse")}
    save_file({**tensors, "kept": torch.tensor(encoder.kept)}, path)
    return encoder


class Metrics:
    """Appends means of the losses to a CSV file, one line for every 100 steps."""

    EVERY = 100

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[tuple[float, ...]] = []

    def __enter__(self) -> "Metrics":
        fresh = not self._path.exists()
        self._file = self._path.open("a", newline="")
        self._csv = csv.writer(self._file)
        if fresh:
            names = ("step", "seconds", "image", "feature", "adversarial", "discriminator")
            self._csv.writerow(names)
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, step: int, seconds: float, losses: Losses) -> None:
        """Record one step."""
        self._rows.append(tuple(asdict(losses).values()))
        if len(self._rows) == self.EVERY:
            means = [f"{x:.5f}" for x in np.mean(self._rows, axis=0)]
            self._csv.writerow([step, f"{seconds:.1f}", *means])
            self._file.flush()
            self._rows.clear()


class Samples:
    """Sample sheets (real, reconstructed, random codes) and the error on held-out photographs."""

    COLUMNS = 12

    def __init__(self, trainer: Trainer, folder: Path) -> None:
        self._trainer = trainer
        self._folder = folder / "samples"
        self._real = trainer.photos.held_out(48).float() / 255

    @torch.no_grad()
    def write(self) -> dict[str, float]:
        """Write a sheet; return the mean absolute pixel error (0..1) on held-out photographs."""
        trainer = self._trainer
        rng = torch.Generator().manual_seed(0)
        noise = torch.randn(self.COLUMNS, trainer.ema.config.code_size, generator=rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=trainer.settings.bf16):
            rows = [trainer.ema(noise).float()]
            if len(self._real):
                rebuilt = trainer.ema(trainer.encode(self._real)).float()
                shown = slice(0, self.COLUMNS)
                rows = [self._real[shown], rebuilt[shown], *rows]
        self._folder.mkdir(exist_ok=True)
        sheet = torch.cat(
            [torch.cat(list(row), dim=2) for row in rows if len(row) == self.COLUMNS], 1
        )
        pixels = (sheet.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(self._folder / f"{trainer.index:08d}.png")
        if not len(self._real):
            return {}
        return {"mean_absolute_error": round(float((rebuilt - self._real).abs().mean()), 5)}


def _card(
    settings: TrainSettings, photos: PhotoSet, skipped: int, kept: float
) -> dict[str, object]:
    return {
        "settings": asdict(
            replace(settings, sources=tuple(Path(s).name for s in settings.sources))
        ),
        "photographs": photos.count,
        "held_out_photographs": photos.held_out_count,
        "skipped_files": skipped,
        "variance_kept": round(kept, 4),
        "hardware": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "versions": {"dgn-explorer": dgn_explorer.__version__, "torch": torch.__version__},
    }

"""A training step of the default preset over the sum of its parts, each done alone."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dgn_explorer.machine.device import choose_device
from dgn_explorer.networks.opening import open_network
from dgn_explorer.training.learning.build import set_up
from dgn_explorer.training.learning.chance import HostChance
from dgn_explorer.training.learning.losses import crop_side, image_distance, unit_length
from dgn_explorer.training.learning.trainer import Trainer
from dgn_explorer.training.photographs.cache import open_source
from dgn_explorer.training.photographs.data import TrainingPhotos, prefetch
from dgn_explorer.training.running.estimate import _made_up
from dgn_explorer.training.settings import preset

PHOTOS, ROUNDS, WARM = 64, 7, 1
ADVERSARIAL = 0.5  # the share of a run at which every loss is in use


def measure() -> dict[str, float]:
    """Ratios, which hardly depend on the machine, and images a second.

    ``training_over_parts`` is the time of a step, its photographs drawn in the background as in a
    run, over that of its parts one after the other; ``training_data_share`` is the time of drawing
    a batch over that of a step.
    """
    with tempfile.TemporaryDirectory() as home:
        trainer, photos = _make(Path(home))
        parts = _parts(trainer, photos)
        seconds: dict[str, list[float]] = {name: [] for name in ("step", *parts)}
        rows = np.array(trainer.rows)
        with prefetch(photos, trainer.batch, 0, 0, rows, pin=False) as batches:

            def step(_number: int) -> None:
                trainer.step(next(batches).pixels, ADVERSARIAL)

            for number in range(WARM + ROUNDS):
                # in turns, so that whatever else the machine does slows all of them alike
                for name, call in {"step": step, **parts}.items():
                    started = time.perf_counter()
                    call(number)
                    seconds[name].append(time.perf_counter() - started)
        batch = trainer.batch
    steps, *alone = (np.array(values[WARM:]) for values in seconds.values())
    return {
        "training_images_per_s": batch / statistics.median(steps),
        "training_over_parts": statistics.median(steps / np.sum(alone, axis=0)),
        **{
            f"training_{name}_share": statistics.median(part / steps)
            for name, part in zip(parts, alone, strict=True)
        },
    }


def _make(home: Path) -> tuple[Trainer, TrainingPhotos]:
    """The default preset with statistics of nothing, and a set of made-up photographs."""
    source = home / "photos"
    source.mkdir()
    rng = np.random.default_rng(0)
    for number in range(PHOTOS):
        small = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8))
        small.resize((256, 256), Image.Resampling.BICUBIC).save(source / f"{number}.jpg")
    settings = preset("default", (str(source),), (1.0,), steps=1000, held_out_share=0.0)
    device = choose_device("cpu")
    setup = set_up(settings, device, open_network)
    cache = open_source(source, home / "cache", settings.image_size, 0.0, lambda *_: None)
    photos = TrainingPhotos([cache], [1.0], settings.image_size)
    return Trainer(setup, _made_up(setup), device=device), photos


def _parts(trainer: Trainer, photos: TrainingPhotos) -> dict[str, Callable[[int], object]]:
    """What `Trainer.step` is made of, each on values that are there already."""
    s, generator = trainer.settings, trainer.generator
    pixels = photos.batch(trainer.batch, 0, 0).pixels
    real = pixels.to(memory_format=torch.channels_last).float() / 255
    with torch.no_grad():
        code = trainer.encode(real)
        made = generator(code).float()
        on_real = trainer.objective.compare(real)
        on_made = [x.detach() for x in trainer.objective.compare(made)]
    downhill = torch.randn_like(made)

    def data(number: int) -> None:
        photos.batch(trainer.batch, 1, number)

    def encoder(_number: int) -> None:
        with torch.no_grad():
            trainer.encode(pixels.to(memory_format=torch.channels_last).float() / 255)

    def generate(_number: int) -> None:
        with trainer.objective.fast():
            fake = generator(code)
        fake = fake.float()
        (image_distance(fake, real, s.image_loss) + (fake * downhill).sum()).backward()

    def comparator(_number: int) -> None:
        leaf = made.clone().requires_grad_(True)
        a, b = HostChance(0).cut([real, leaf], crop_side(real.shape[-1], s.crop_share))
        with trainer.objective.fast(everywhere=False):
            with torch.no_grad():
                wanted = trainer.objective.compare(a)
            found = trainer.objective.compare(b)
        trainer.objective.feature_distance(found, wanted).backward()

    def discriminator(_number: int) -> None:
        leaves = [x.clone().requires_grad_(True) for x in on_made]
        reals, fakes = unit_length(on_real), unit_length(leaves)
        trainer.objective.judge((real, made), (reals, fakes), code, None, True)
        leaf = made.clone().requires_grad_(True)
        trainer.objective.fooled(leaf, fakes, code, None).backward()

    def optimizer(_number: int) -> None:
        trainer.adam_d.step()
        trainer.adam.step()
        trainer.update_ema(trainer.ema_share)

    return {
        "data": data,
        "encoder": encoder,
        "generator": generate,
        "comparator": comparator,
        "discriminator": discriminator,
        "optimizer": optimizer,
    }

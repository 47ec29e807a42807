"""A training run that is killed again and again, and goes on each time, until it ends.

Its moments are decoding, code statistics, training, and, after every step, a checkpoint with
metrics, curves, sample sheet, prior and card. A run that has ended is started anew, or asked for
more steps, so that its finished prior is there while others are written.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

from dgn_explorer.priors.files import load_prior
from dgn_explorer.training.learning.statistics import NAME as ENCODER_NAME
from dgn_explorer.training.learning.trainer import Losses
from dgn_explorer.training.running.checkpoint import read_checkpoint
from dgn_explorer.training.running.folder import (
    CURVES_NAME,
    PRIOR_NAME,
    SAMPLES_NAME,
    STATUS_NAME,
    read_status,
)
from dgn_explorer.training.running.metrics import NAME as METRICS_NAME
from dgn_explorer.training.running.metrics import read_metrics
from dgn_explorer.training.running.run import train
from tests.training.tiny import open_tiny, tiny_settings, write_photos

PHOTOS, STEPS, MORE = 320, 6, 12
SIDE = 36  # of a photograph in the cache
REL = 1e-4  # sums in threads may be rounded in another order


class Training:
    """One step is said after each has been reported; its checkpoint follows."""

    def __init__(self, folder: Path) -> None:
        torch.set_num_threads(1)  # the threads of a pool do not live through a fork
        self.photos = write_photos(folder / "photos", PHOTOS)
        self.folder = folder / "run"
        self.reference: dict[int, tuple[float, float]] = {}
        self.index, self.steps = 0, STEPS
        self.had_prior, self.encoder = False, b""

    def prepare(self) -> None:
        """Leave a run that was killed as it is; begin or prolong one that has ended."""
        if self.index == self.steps == STEPS:
            self.steps = MORE
        elif self.index == self.steps:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.index, self.steps = 0, STEPS
            self.had_prior, self.encoder = False, b""

    def work(self, say: Callable[[int], object]) -> None:
        learn = len(self.reference) < MORE  # the first runs, which nobody kills

        def report(step: int, share: float, rate: float, left: float, losses: Losses) -> None:
            found = losses.image, losses.feature
            if learn:
                self.reference[step] = found
            for value, wanted in zip(found, self.reference[step], strict=True):
                assert abs(value - wanted) <= REL * abs(wanted), f"step {step}: {value}, {wanted}"
            # what earlier kills have left half-written is gone, and nothing is written just now
            assert not halves(self.folder), halves(self.folder)
            say(step)

        train(
            tiny_settings(self.photos, steps=self.steps, statistics_images=2 * PHOTOS),
            self.folder,
            name="tiny",
            save_every_s=0.0,
            progress=lambda *_: None,
            report=report,
            device="cpu",
            opener=open_tiny,
        )
        if learn:
            self.index = self.steps

    def check(self, said: list[int]) -> None:
        """Nothing that was there is lost or damaged, and the steps went on from the checkpoint."""
        assert said == list(range(self.index + 1, self.index + 1 + len(said)))
        saved = read_checkpoint(self.folder)
        index = saved[1]["index"] if saved is not None else 0
        least = said[-1] - 1 if said else self.index
        assert least <= index <= max(least + 1, self.index), (self.index, said, index)
        self.index = index
        self._check_files()
        status = read_status(self.folder)
        assert status is not None or not (self.folder / STATUS_NAME).exists()

    def _check_files(self) -> None:
        prior, encoder = self.folder / PRIOR_NAME, self.folder / ENCODER_NAME
        if prior.exists():
            assert load_prior(prior).info.name == "tiny"
        assert prior.exists() or not self.had_prior
        self.had_prior = prior.exists()
        if self.index:
            self.encoder = self.encoder or encoder.read_bytes()
            assert encoder.read_bytes() == self.encoder
        for index in (self.folder / "cache").glob("*.json"):
            count = len(json.loads(index.read_text())["hashes"])
            raw = index.with_suffix(".pixels")
            assert count == PHOTOS and raw.stat().st_size == count * 3 * SIDE**2
        for picture in [*(self.folder / SAMPLES_NAME).glob("*.png"), self.folder / CURVES_NAME]:
            if picture.exists():
                with Image.open(picture) as image:
                    image.load()
        rows = [row["step"] for row in read_metrics(self.folder / METRICS_NAME)]
        assert rows == sorted(set(rows)) and set(rows) <= set(range(1, self.index + 1))


def halves(folder: Path) -> list[str]:
    """The names of what is half-written."""
    return [path.name for path in folder.rglob("*") if path.suffix == ".tmp"]

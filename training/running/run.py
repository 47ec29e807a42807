"""A training run in a folder: cache, statistics, loop, checkpoints, samples, and the prior file.

The folder holds ``cache/`` (decoded photographs), ``encoder.safetensors`` (code statistics),
``checkpoint.pt``, ``metrics.csv``, ``curves.png``, ``samples/``, ``status.json``, and the result:
``prior.safetensors`` with its model card ``prior.md``. All of them are replaced in one step, so a
kill at any moment loses what came after the last checkpoint and nothing else.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.disk import disk_error
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.files import save_prior
from dgn_explorer.priors.info import EncoderInfo
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.prior import Prior
from dgn_explorer.training.learning.build import Opener, Setup, set_up
from dgn_explorer.training.learning.encoder import Encoder
from dgn_explorer.training.learning.pace import EVERY, Pace
from dgn_explorer.training.learning.statistics import load_encoder, make_encoder, save_encoder
from dgn_explorer.training.learning.trainer import Losses, Trainer, not_finite
from dgn_explorer.training.learning.warm_start import encoder_of
from dgn_explorer.training.learning.world import World, open_world
from dgn_explorer.training.photographs.cache import OnStage, open_source
from dgn_explorer.training.photographs.data import TrainingPhotos, prefetch
from dgn_explorer.training.photographs.device_photos import DevicePhotos, fits
from dgn_explorer.training.running import metrics as metrics_file
from dgn_explorer.training.running.card import make_card, write_markdown
from dgn_explorer.training.running.checkpoint import read_checkpoint, write_checkpoint
from dgn_explorer.training.running.devices import training_device
from dgn_explorer.training.running.folder import (
    CACHE_NAME,
    CARD_NAME,
    CURVES_NAME,
    PREPARING,
    PRIOR_NAME,
    STOP_NAME,
    TRAINING,
    Status,
    StatusFile,
    sweep,
)
from dgn_explorer.training.running.lock import alone_in
from dgn_explorer.training.running.samples import Samples
from dgn_explorer.training.settings import TrainSettings, changed, preset, resumed

_FITTED = 256  # photographs
StepReport = Callable[[int, float, float, float, Losses], None]


def run_settings(
    folder: Path,
    sources: tuple[str, ...],
    weights: tuple[float, ...],
    changes: Mapping[str, Any],
    preset_name: str = "default",
) -> TrainSettings:
    """The settings of a run in ``folder``: its checkpoint's if it has one, else the preset's.

    ``changes`` holds only what the user has asked for. Raises `DgnError` for settings that make no
    sense, or that a run under way cannot change.
    """
    saved = read_checkpoint(folder)
    if saved is None:
        return preset(preset_name, sources, weights, **changes)
    given = {"sources": sources, "weights": weights} if sources else {}
    return resumed(saved[0], {**changes, **given})


def train(
    settings: TrainSettings,
    folder: Path,
    *,
    name: str,
    save_every_s: float,
    progress: OnStage,
    report: StepReport,
    stop: Callable[[], bool] = lambda: False,
    device: str | None = None,
    opener: Opener = open_network,
    clock: Callable[[], float] = time.monotonic,
    cache: Path | None = None,
) -> Path:
    """Train a prior in ``folder``, going on from its checkpoint if there is one.

    ``progress`` gets (what, done, total) during decoding and statistics; ``report`` gets (step,
    share done, images per second, seconds left, losses) after every step. When ``stop`` returns
    True, or `folder.request_stop` was called, the run ends after the current step, all saved.
    ``opener`` opens a network by name, ``cache`` is a folder of decoded photographs that several
    runs share. Under torchrun, every process calls this; only the first one
    reports and writes. Returns the path of the prior file, which a run stopped during its
    preparation has not written yet.

    Raises `DgnError` if something does not fit, another process trains in ``folder``, a file cannot
    be read or written, or a loss is not finite any more.
    """
    settings = settings.check()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, f"make {folder}", "choose another --run folder") from error
    asked = folder / STOP_NAME
    chosen = training_device(device)

    def halt() -> bool:
        return stop() or asked.exists()

    status = StatusFile(folder)

    def tell(what: str, done: int, total: int) -> None:
        progress(what, done, total)
        status.tell(Status(PREPARING, what=what, done=done, total=total))
        if world.size == 1 and halt():
            raise _Stopped

    def note(step: int, share: float, rate: float, left: float, losses: Losses) -> None:
        report(step, share, rate, left, losses)
        status.tell(
            Status(
                TRAINING,
                step=step,
                share=share,
                rate=rate,
                left_s=left,
                image_loss=losses.image,
                feature_loss=losses.feature,
            )
        )

    with ExitStack() as held:
        world = held.enter_context(open_world(chosen))
        first = world.rank == 0
        if first:
            held.enter_context(alone_in(folder))
        held.enter_context(status.ending(first))
        held.enter_context(suppress(_Stopped))
        if first:
            asked.unlink(missing_ok=True)
            sweep(folder)
        saved = read_checkpoint(folder)
        if saved is not None:
            settings = resumed(saved[0], changed(saved[0], settings))
        setup = set_up(settings, chosen, opener)
        prior = open_prior(settings.start) if settings.start and saved is None else None
        photos, encoder = _in_turn(
            world,
            lambda tell: _prepare(
                setup, folder, cache or folder / CACHE_NAME, saved is not None, prior, tell
            ),
            tell,
        )
        trainer = Trainer(setup, encoder, device=chosen, world=world, clock=clock)
        if saved is not None:
            trainer.load(saved[1])
            del saved
        elif prior is not None:
            trainer.start_from(prior, _codes(trainer, photos))
        trainer.objective.judges_soft = photos.all_soft
        run = _Run(trainer, photos, encoder, folder, name)
        run.loop(save_every_s, note if first else _no_report, halt, clock, tell)
        status.finished = trainer.progress >= 1
    return folder / PRIOR_NAME


class _Stopped(Exception):  # noqa: N818 - no error: the user asked for it
    """Ends the preparation of a run; what is done of it is kept or done again."""


def _in_turn(
    world: World, work: Callable[[OnStage], tuple[TrainingPhotos, Encoder]], progress: OnStage
) -> tuple[TrainingPhotos, Encoder]:
    """Let the first process do ``work`` and the others find its files."""
    if world.rank > 0:
        world.wait()
    found = work(progress if world.rank == 0 else _no_progress)
    if world.rank == 0:
        world.wait()
    return found


@torch.no_grad()
def _codes(trainer: Trainer, photos: TrainingPhotos) -> Tensor:
    """Codes of photographs, over which the norms of a prior to start from are fitted."""
    drawn = photos.batch(_FITTED, trainer.settings.seed, 0).pixels
    parts = torch.split(drawn, trainer.settings.batch)
    return torch.cat([trainer.encode(part.to(trainer.device).float() / 255) for part in parts])


def _prepare(
    setup: Setup,
    folder: Path,
    cache: Path,
    resumes: bool,
    prior: Prior | None,
    progress: OnStage,
) -> tuple[TrainingPhotos, Encoder]:
    s = setup.settings
    caches = [
        open_source(Path(source), cache, s.image_size, s.held_out_share, progress)
        for source in s.sources
    ]
    photos = TrainingPhotos(caches, list(s.weights), s.image_size)
    found = load_encoder(setup, folder) if prior is None else None
    if found is not None:
        return photos, found
    if prior is not None:
        encoder = encoder_of(prior, setup)
    else:
        if resumes:  # new statistics would be another code, to which the weights mean nothing
            raise DgnError(
                f"{folder} has a checkpoint, but the code statistics that belong to it are gone.",
                "Put encoder.safetensors back, or start again in another --run folder.",
            )
        encoder = make_encoder(setup, photos, progress)
    save_encoder(encoder, setup, folder)
    return photos, encoder


class _Run:
    """The loop of one run and what it writes."""

    def __init__(
        self, trainer: Trainer, photos: TrainingPhotos, encoder: Encoder, folder: Path, name: str
    ) -> None:
        self._trainer, self._photos, self._encoder = trainer, photos, encoder
        self._folder, self._name = folder, name
        self._first = trainer.world.rank == 0
        self._losses: Losses | None = None
        if self._first:
            self._samples = Samples(trainer, photos, folder)
            self._metrics = metrics_file.Metrics(folder / metrics_file.NAME, trainer.index)

    def loop(
        self,
        save_every_s: float,
        report: StepReport,
        stop: Callable[[], bool],
        clock: Callable[[], float],
        progress: OnStage,
    ) -> None:
        """Step until the run is done or stopped, saving every ``save_every_s`` and at the end."""
        trainer = self._trainer
        last_save = clock()
        started, first = trainer.elapsed_s, trainer.index
        with self._steps(progress) as take:
            while True:
                share, halt = self._agree(stop)
                if share >= 1 or halt:
                    break
                before = trainer.index
                self._losses = take(share)
                seconds = max(trainer.elapsed_s - started, 1e-6)
                rate = (trainer.index - first) * trainer.batch / seconds
                share = trainer.progress
                left = trainer.elapsed_s * (1 / max(share, 1e-9) - 1)
                if self._first:
                    self._metrics.add(
                        trainer.index,
                        trainer.elapsed_s,
                        self._losses,
                        trainer.learning_rate,
                        rate,
                        trainer.index - before,
                    )
                report(trainer.index, share, rate, left, self._losses)
                if clock() - last_save > save_every_s:
                    self.save()
                    last_save = clock()
        self.save()

    @contextmanager
    def _steps(self, progress: OnStage) -> Iterator[Callable[[float], Losses]]:
        """What takes the next step, or steps, at a share of the run.

        A lone process whose photographs fit into the memory of its GPU stays there for `pace.EVERY`
        steps at a time; several processes draw the photographs that one would.
        """
        trainer, s = self._trainer, self._trainer.settings
        if trainer.world.size == s.accumulate == 1 and fits(self._photos, trainer.device):
            pace = Pace(trainer, DevicePhotos(self._photos, trainer.device, progress), s.graphs)

            def several(share: float) -> Losses:
                left = s.steps - trainer.index if s.steps else EVERY
                return pace.take(min(EVERY, left), share)

            yield several
            return
        rows, pin = np.array(trainer.rows), trainer.device.type == "cuda"
        drawn = prefetch(self._photos, trainer.batch, s.seed, trainer.index, rows, pin)
        with drawn as batches:

            def one(share: float) -> Losses:
                batch = next(batches)
                sides = batch.sides if self._photos.some_soft else None
                return trainer.step(batch.pixels, share, sides)

            yield one

    def save(self) -> None:
        """Write checkpoint, metrics, curves, samples and prior; the first process does.

        Raises `DgnError`, and writes nothing, if a weight is not finite.
        """
        if not self._first:
            return
        trainer, folder = self._trainer, self._folder
        if not trainer.finite():
            raise not_finite(trainer.index)
        write_checkpoint(folder, trainer.settings, trainer.state())
        self._metrics.flush()
        rows = metrics_file.read_metrics(folder / metrics_file.NAME)
        metrics_file.draw_curves(folder / CURVES_NAME, rows)
        errors = self._samples.write()
        card = make_card(trainer, self._photos, self._encoder, errors, self._losses)
        setup = trainer.setup
        save_prior(
            folder / PRIOR_NAME,
            name=self._name,
            generator=trainer.ema,
            space=self._encoder.space(),
            encoder=EncoderInfo(
                network=trainer.settings.network,
                fingerprint=setup.network.info.fingerprint,
                layer=setup.layer,
                kind=self._encoder.kind,
                input_size=setup.encoder_size,
            ),
            card=card,
        )
        write_markdown(folder / CARD_NAME, self._name, card)

    def _agree(self, stop: Callable[[], bool]) -> tuple[float, bool]:
        """Share done and whether to stop, as the first process sees them."""
        halt = self._first and stop()
        trainer = self._trainer
        share, halts = trainer.world.agree([trainer.progress, float(halt)], trainer.device)
        return share, bool(halts)


def _no_progress(what: str, done: int, total: int) -> None:
    """Only the first process tells how far it is."""


def _no_report(step: int, share: float, rate: float, left: float, losses: Losses) -> None:
    """Only the first process reports."""

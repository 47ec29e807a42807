"""``dgn-explorer train``: a prior from photographs."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dgn_explorer.commands.options import device_option, loader_options
from dgn_explorer.commands.terminal import StatusLine, ask, duration, say
from dgn_explorer.disk import replacing
from dgn_explorer.errors import DgnError

if TYPE_CHECKING:
    from dgn_explorer.training.learning.trainer import Losses


@click.command("train")
@click.argument("sources", nargs=-1, metavar="[WEIGHT=]SOURCE...")
@click.option(
    "--run",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/prior"),
    show_default=True,
    help="Folder of the run; a run that is there goes on.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Copy the finished prior to this file.",
)
@click.option("--name", default="my-prior", show_default=True, help="Name inside the prior file.")
@click.option("--preset", default="default", show_default=True, help="default or deepsim.")
@click.option("--from", "start", metavar="PRIOR", help="Begin with a finished prior: name or file.")
@click.option("--hours", type=float, help="Time budget; the learning rate falls towards its end.")
@click.option("--steps", type=int, help="Number of updates, instead of --hours.")
@click.option("--network", help="Network whose features become the code.  [default: lite0]")
@click.option("--layer", help="Its layer.  [default: the last one with a map]")
@click.option(
    "--components", type=int, help="Length of the code.  [default: 1024, fewer for few photographs]"
)
@click.option("--size", "image_size", type=int, help="Size of the images in px.  [default: 128]")
@click.option("--batch", type=int, help="Photographs in a step.  [default: 16]")
@click.option("--seed", type=int, help="Seed of everything random.  [default: 0]")
@click.option("--learning-rate", type=float, help="Of the generator.  [default: 5e-4]")
@click.option("--licence", "data_licence", help="Terms of the photographs, for the model card.")
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any other setting.")
@click.option(
    "--save-every",
    "save_every_min",
    type=click.FloatRange(min=0.0),
    default=5.0,
    show_default=True,
    help="Minutes between checkpoints.",
)
@partial(loader_options, without=("size",))
@click.option("--background", is_flag=True, help="Leave the processor to other programs first.")
@click.option("--dry-run", is_flag=True, help="Print sizes, memory, speed and time, then stop.")
@device_option
def train_command(
    sources: tuple[str, ...],
    folder: Path,
    out: Path | None,
    name: str,
    preset: str,
    more: tuple[str, ...],
    save_every_min: float,
    background: bool,
    dry_run: bool,
    device: str | None,
    **given: Any,
) -> None:
    """Train a prior on photographs: SOURCE is a folder or a zip, WEIGHT how often it is drawn.

    Ctrl+C saves and stops; the same command goes on from there.
    """
    from dgn_explorer.networks.opening import open_network
    from dgn_explorer.training.running.estimate import estimate
    from dgn_explorer.training.running.run import run_settings, train

    if background and hasattr(os, "nice"):
        os.nice(10)
    paths, weights = weighted(sources)
    changes = {key: value for key, value in given.items() if value is not None}
    changes |= other_settings(more)
    settings = run_settings(folder, paths, weights, changes, preset)
    opener = partial(open_network, confirm=ask)
    if dry_run:
        say(*estimate(settings, folder, device=device, opener=opener).text().split("\n"))
        return
    report = TrainingReport()
    with stop_on_interrupt() as stop:
        path = train(
            settings,
            folder,
            name=name,
            save_every_s=60 * save_every_min,
            progress=report.progress,
            report=report.step,
            stop=stop,
            device=device,
            opener=opener,
        )
    report.end()
    if out is not None and path.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(out) as temporary:
            shutil.copyfile(path, temporary)
        path = out
    say(str(path))


def weighted(texts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Split ``WEIGHT=PATH``; a text whose part before ``=`` is no number is a path as a whole."""
    paths, weights = [], []
    for text in texts:
        weight, equals, path = text.partition("=")
        try:
            weights.append(float(weight) if equals else 1.0)
            paths.append(path if equals else text)
        except ValueError:
            weights.append(1.0)
            paths.append(text)
    return tuple(paths), tuple(weights)


def other_settings(texts: tuple[str, ...]) -> dict[str, Any]:
    """Split ``NAME=VALUE``; raises `DgnError` for a value that is none of the setting's kind."""
    from dgn_explorer.training.settings import TrainSettings

    found: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        default: Any = getattr(TrainSettings, name, None)
        try:
            if isinstance(default, bool):
                found[name] = {"true": True, "false": False}[value.lower()]
            elif isinstance(default, tuple):
                found[name] = tuple(value.split(","))
            else:
                found[name] = value if default is None else type(default)(value)
        except (ValueError, KeyError):
            raise DgnError(
                f"The setting {name} cannot be {value!r}.", f"It is {default!r} by default."
            ) from None
    return found


@contextlib.contextmanager
def stop_on_interrupt() -> "Iterator[Any]":
    """Let the first Ctrl+C or SIGTERM end the run after its current step."""
    asked: list[int] = []
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, lambda number, frame: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class TrainingReport(StatusLine):
    """What `train` tells while it prepares and steps; ``what`` goes before each line."""

    def __init__(self, what: str = "") -> None:
        super().__init__()
        self._what = f"{what}: " if what else ""

    def progress(self, what: str, done: int, total: int) -> None:
        """Say how far the preparation is."""
        self.say(f"{self._what}{what}: {done} of {total}", last=done == total)

    def step(self, index: int, share: float, rate: float, left_s: float, losses: "Losses") -> None:
        """Say how far the training is."""
        text = (
            f"{self._what}step {index}, {share:.1%}, {rate:.1f} images/s, {duration(left_s)} left,"
            f" image {losses.image:.3f}, feature {losses.feature:.3f}"
        )
        self.say(text, last=share >= 1)

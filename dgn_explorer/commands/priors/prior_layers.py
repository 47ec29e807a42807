"""``dgn-explorer prior layers``: priors that invert several layers of one network."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dgn_explorer.commands.options import device_option, loader_options
from dgn_explorer.commands.priors.train import (
    TrainingReport,
    other_settings,
    stop_on_interrupt,
    weighted,
)
from dgn_explorer.commands.terminal import ask, say
from dgn_explorer.errors import DgnError

if TYPE_CHECKING:
    from dgn_explorer.training.photographs.cache import OnStage
    from dgn_explorer.training.running.run import StepReport


@click.command("layers")
@click.argument("sources", nargs=-1, metavar="[WEIGHT=]SOURCE...")
@click.option(
    "--layer",
    "layers",
    multiple=True,
    help="A layer to invert; give it several times.  [default: four of lite0]",
)
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Training of each prior.")
@click.option("--images", type=click.IntRange(1), help="Photographs seen, instead of --seconds.")
@click.option(
    "--run",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/layers"),
    show_default=True,
    help="Folder of the runs; those that are there go on.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("priors"),
    show_default=True,
    help="Folder for the priors, LAYER.safetensors.",
)
@click.option("--network", help="Network whose layers they are.  [default: lite0]")
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True)
@click.option("--seed", type=int, help="Seed of everything random.  [default: 0]")
@click.option("--licence", "data_licence", help="Terms of the photographs, for the model cards.")
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any training setting.")
@partial(loader_options, without=("size",))
@device_option
def layers_command(
    sources: tuple[str, ...],
    layers: tuple[str, ...],
    seconds: float | None,
    images: int | None,
    folder: Path,
    out: Path,
    batch: int,
    more: tuple[str, ...],
    device: str | None,
    **given: Any,
) -> None:
    """Train a small prior for each of several layers, alike in all but the layer.

    SOURCE is a folder or a zip of photographs, WEIGHT how often it is drawn. The priors see the
    same photographs for the same time, or the same number of them. Ctrl+C saves and stops; the same
    command goes on from there. Compare them with evaluate --against and prior compare.
    """
    from dgn_explorer.networks.opening import open_network
    from dgn_explorer.training.running.layers import LITE0_LAYERS, train_layers

    if (seconds is None) == (images is None):
        raise DgnError(
            "The length of the trainings is not clear.", "Give either --seconds or --images."
        )
    if given["network"] is not None and not layers:
        raise DgnError(
            f"The layers of {given['network']} to invert are not named.",
            "Give --layer several times; dgn-explorer layers lists them.",
        )
    paths, weights = weighted(sources)
    length = {"hours": seconds / 3600} if seconds else {"steps": -(-(images or 1) // batch)}
    changes = {key: value for key, value in given.items() if value is not None}

    def told(layer: str) -> tuple["OnStage", "StepReport"]:
        report = TrainingReport(layer)
        return report.progress, report.step

    with stop_on_interrupt() as stop:
        found = train_layers(
            layers or LITE0_LAYERS,
            paths,
            weights,
            folder,
            out,
            {"batch": batch, **changes, **other_settings(more), **length},
            save_every_s=300.0,
            told=told,
            stop=stop,
            device=device,
            opener=partial(open_network, confirm=ask),
        )
    for path in found:
        say(str(path))

"""``dgn-explorer watch``: what the network sees in a video, or before a webcam."""

from contextlib import closing
from itertools import islice
from pathlib import Path

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.errors import DgnError

_SAID = 3  # strongest units


@click.command("watch")
@click.argument(
    "video", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--camera", default=None, help="Instead of a video: a webcam by number.")
@network_option
@click.option("--layer", required=True, help="Whose strongest units.")
@click.option("--count", type=click.IntRange(1), default=None, help="End after as many pictures.")
@device_option
@threads_option
@json_option
def watch_command(
    video: Path | None,
    camera: str | None,
    network: str,
    layer: str,
    count: int | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Say of each picture of a VIDEO what the network sees: its class, and the strongest units.

    Every picture of a file is looked at; of a webcam those that there is time for, until Ctrl+C or
    --count. Needs the extra `video`.
    """
    from dgn_explorer.networks.address import UnitAddress
    from dgn_explorer.photos.film import open_camera, open_film

    if (video is None) == (camera is None):
        raise DgnError(
            "Give a video, or --camera with its number: one of the two.",
            "For example: dgn-explorer watch film.mp4 --layer blocks.10",
        )
    with (
        explorer_for(network, "default", device, threads) as explorer,
        open_film(video) if video is not None else open_camera(camera or "0") as film,
        closing(explorer.watch(film, layer)) as sights,
    ):
        for sight in islice(sights, count):
            best = (-sight.activations).argsort(kind="stable")[:_SAID]
            units = {
                str(UnitAddress(sight.layer, int(i))): float(sight.activations[i]) for i in best
            }
            index, share = sight.classes[0] if sight.classes else (None, 0.0)
            name = explorer.network.labels[index] if index is not None else ""
            if as_json:
                top = {"top1": index, "top1_label": name, "probability": share}
                print_json({"picture": sight.number, **top, "strongest": units})
                continue
            said = ", ".join(f"{unit} {value:.3g}" for unit, value in units.items())
            say(f"{sight.number}: {f'{name} {share:.2f}; ' if name else ''}{said}")

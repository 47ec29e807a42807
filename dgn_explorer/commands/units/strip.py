"""``dgn-explorer strip``: units over training."""

from pathlib import Path

import click

from dgn_explorer.commands.options import (
    batch_option,
    device_option,
    json_option,
    network_option,
    prior_option,
    threads_option,
)
from dgn_explorer.commands.terminal import ask, print_json, say
from dgn_explorer.commands.units.ascent_options import Ascent, ascent_options
from dgn_explorer.errors import DgnError


@click.command("strip")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@network_option
@prior_option
@ascent_options
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every image.")
@click.option(
    "--at",
    "positions",
    multiple=True,
    help="Checkpoint; may be given several times.  [default: all]",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("strip.png"),
    show_default=True,
    help="A .png or .pdf file: a row for each unit, a column for each checkpoint.",
)
@click.option(
    "--film",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Also film the first unit, a frame for each checkpoint: .gif, .webp or .mp4.",
)
@click.option("--fps", type=float, default=2.0, show_default=True, help="Frames a second.")
@click.option(
    "--scale", type=float, default=None, help="Size of the images.  [default: room for captions]"
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@batch_option
@device_option
@threads_option
@json_option
def strip_command(
    addresses: tuple[str, ...],
    network: str,
    prior: str,
    ascent: Ascent,
    seed: int,
    positions: tuple[str, ...],
    out: Path,
    film: Path | None,
    fps: float,
    scale: float | None,
    overwrite: bool,
    batch: int | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Show units at every checkpoint of a series, all made by the same recipe.

    ADDRESS is as for visualize. --network is a folder of checkpoints, files between commas, or the
    example that comes with the program: shapes.
    """
    from dgn_explorer.export.animation import check_film, save_animation
    from dgn_explorer.export.contact_sheet import SheetOptions, check_grid, save_sheet
    from dgn_explorer.over_training import film_strip

    check_grid(out)
    if film is not None:
        check_film(film)
    for path in (out, film):
        if path is not None and path.exists() and not overwrite:
            raise DgnError(f"{path} is there already.", "Choose another name, or add --overwrite.")
    if ascent.inputs:
        raise DgnError("A strip takes no photographs.", "Leave out --input.")
    strip = film_strip(
        network,
        addresses,
        prior=prior,
        wanted=ascent.wanted,
        seed=seed,
        positions=positions,
        device=device,
        threads=threads,
        batch=batch,
        confirm=ask,
        notice=lambda text: say(text, err=True),
        progress=lambda text: say(text, err=True),
    )
    options = SheetOptions(columns=len(strip.positions) + 1, scale=scale or strip.scale())
    written = save_sheet(out, strip.cells(), options)
    if film is not None:
        save_animation(film, strip.film(), frames_per_second=fps)
        written.append(film)
    say(
        f"{len(strip.units)} units at {len(strip.positions)} checkpoints:"
        f" {', '.join(map(str, written))}",
        err=True,
    )
    if as_json:
        for row in strip.rows():
            print_json(row)

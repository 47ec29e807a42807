"""``dgn-explorer invert``: a photograph as one layer keeps it."""

from pathlib import Path
from typing import Any

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    folder_option,
    json_option,
    network_option,
    prior_option,
    seeds_option,
    set_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.commands.units.ascent_options import read_settings
from dgn_explorer.synthesis.methods.inversion.about import THROUGH, cannot_follow

ALL = "*"


@click.command("invert")
@click.argument("photo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@network_option
@prior_option
@click.option(
    "--layer",
    "layers",
    multiple=True,
    required=True,
    help="May be given several times; '*' is the main layers from input to output.",
)
@click.option(
    "--strip",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Also write the photograph and all images side by side to this PNG.",
)
@click.option(
    "--through",
    type=click.Choice(tuple(THROUGH)),
    default="pixels",
    show_default=True,
    help="What the image is made of.",
)
@click.option("--preset", default="default", show_default=True, help="Set of parameters.")
@set_option
@seeds_option
@folder_option
@device_option
@threads_option
@json_option
def invert_command(
    photo: Path,
    network: str,
    prior: str,
    layers: tuple[str, ...],
    strip: Path | None,
    through: str,
    preset: str,
    settings: tuple[str, ...],
    seeds: tuple[int, ...],
    out: Path,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Rebuild a photograph from what a layer keeps of it, and say how near it comes.

    relative_error is the length of the difference at the layer over that of the photograph's
    features, plain_error that of an image in the photograph's mean colour.
    """
    from dgn_explorer.commands.units.images import make_images
    from dgn_explorer.engine.ordering import Wanted
    from dgn_explorer.export.png import file_name
    from dgn_explorer.synthesis.recipe import Recipe
    from dgn_explorer.synthesis.targets import Match

    with explorer_for(network, prior, device, threads) as explorer:
        found = [
            path
            for layer in layers
            for path in (
                [one.path for one in explorer.network.main_layers]
                if layer == ALL
                else [explorer.network.layer(layer).path]
            )
        ]
        recipes = explorer.recipes(
            [Match(path) for path in found],
            Wanted.of(THROUGH[through], preset, read_settings(settings)),
            seeds=seeds or (0,),
            inputs={"photo": photo},
        )

        def name(recipe: Recipe) -> str:
            return file_name(photo.stem, recipe.target.text(), recipe.method, recipe.seed)

        for line in make_images(explorer, recipes, out, name):
            _tell(line)
            if as_json:
                print_json(line)
        if strip is not None:
            records = [one for one in map(explorer.get, [r.key for r in recipes]) if one]
            explorer.save_strip(strip, photo, records)
            say(f"{len(records)} images beside the photograph in {strip}", err=True)


def _tell(line: dict[str, Any]) -> None:
    error, plain = line["relative_error"], line["plain_error"]
    say(f"  relative error {error:.3f}, cosine {line['cosine']:.3f}", err=True)
    warning = cannot_follow(error, plain)
    if warning:
        say(f"  {warning}", err=True)

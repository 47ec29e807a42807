"""``dgn-explorer caricature``: what a layer sees in photographs, exaggerated."""

from pathlib import Path

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    folder_option,
    json_option,
    network_option,
    seeds_option,
    set_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.commands.units.ascent_options import read_settings


@click.command("caricature")
@click.argument(
    "photos",
    nargs=-1,
    required=True,
    metavar="PHOTO...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@network_option
@click.option("--layer", "layers", multiple=True, required=True, help="May be given several times.")
@set_option
@seeds_option
@folder_option
@device_option
@threads_option
@json_option
def caricature_command(
    photos: tuple[Path, ...],
    network: str,
    layers: tuple[str, ...],
    settings: tuple[str, ...],
    seeds: tuple[int, ...],
    out: Path,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Exaggerate what a layer sees in a photograph, or in up to four: then their mean.

    dot says how far the image goes in the photograph's direction, that itself being 1.
    """
    from dgn_explorer.commands.units.images import make_images
    from dgn_explorer.engine.ordering import Wanted
    from dgn_explorer.export.png import file_name
    from dgn_explorer.synthesis.methods.caricature.about import CARICATURE, roles_of
    from dgn_explorer.synthesis.recipe import Recipe
    from dgn_explorer.synthesis.targets import Match

    roles = roles_of(len(photos))
    with explorer_for(network, "default", device, threads) as explorer:
        recipes = explorer.recipes(
            [Match(explorer.network.layer(layer).path) for layer in layers],
            Wanted.of(CARICATURE.name, changes=read_settings(settings)),
            seeds=seeds or (0,),
            inputs=dict(zip(roles, photos, strict=True)),
        )

        def name(recipe: Recipe) -> str:
            return file_name(photos[0].stem, recipe.target.text(), recipe.method, recipe.seed)

        for line in make_images(explorer, recipes, out, name):
            say(f"  dot {line['dot']:.2f}, cosine {line['cosine']:.3f}", err=True)
            if as_json:
                print_json(line)

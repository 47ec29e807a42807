"""``dgn-explorer visualize``: images of units, from the store or by a method."""

from pathlib import Path

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    batch_option,
    device_option,
    folder_option,
    json_option,
    network_option,
    prior_option,
    seeds_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json
from dgn_explorer.commands.units.ascent_options import Ascent, ascent_options


@click.command("visualize")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@network_option
@prior_option
@ascent_options
@click.option(
    "--init",
    "photo",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Start from a photograph instead of a random code.",
)
@seeds_option
@folder_option
@batch_option
@device_option
@threads_option
@json_option
def visualize_command(
    addresses: tuple[str, ...],
    network: str,
    prior: str,
    ascent: Ascent,
    photo: Path | None,
    seeds: tuple[int, ...],
    out: Path,
    batch: int | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make the images that units want to see.

    ADDRESS is a class name (volcano), class:980, layer:index[@row,col], or units of a layer:
    layer:0-63, layer:* for all. Results that are in the store are not computed again.
    """
    from dgn_explorer.commands.units.images import make_images, network_name
    from dgn_explorer.export.png import file_name
    from dgn_explorer.synthesis.recipe import Recipe
    from dgn_explorer.synthesis.targets import Maximise

    with explorer_for(network, prior, device, threads, batch) as explorer:
        units = [unit for text in addresses for unit in explorer.network.resolve_all(text)]
        targets = [Maximise.of(unit) for unit in units]
        recipes = explorer.recipes(
            targets, ascent.wanted, seeds=seeds or (0,), start=photo, inputs=ascent.inputs
        )

        def name(recipe: Recipe) -> str:
            unit = recipe.units[0]
            label = explorer.network.label(unit)
            return file_name(network_name(explorer), str(unit), label, recipe.seed)

        for line in make_images(explorer, recipes, out, name):
            if as_json:
                print_json(line)

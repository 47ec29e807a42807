"""``dgn-explorer visualize``: images of units, from the store or by ascent."""

from pathlib import Path

import click

from dgn_explorer.commands.ascent_options import Ascent, ascent_options
from dgn_explorer.commands.images import (
    Progress,
    make_folder,
    make_recipe,
    network_name,
    report,
    title_of,
    write_image,
)
from dgn_explorer.commands.options import (
    batch_option,
    device_option,
    json_option,
    network_option,
    prior_option,
)
from dgn_explorer.commands.terminal import print_json
from dgn_explorer.engine.messages import Failed
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.start import RANDOM


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
@click.option("--seed", "seeds", type=int, multiple=True, help="Seed; may be given several times.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the PNG files.  [default: the current one]",
)
@batch_option
@device_option
@click.option("--threads", type=click.IntRange(1, 256), default=None, help="CPU threads.")
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
    from dgn_explorer.commands.session import engine_session
    from dgn_explorer.commands.start_image import start_code
    from dgn_explorer.commands.step_size import gentler, with_step_size
    from dgn_explorer.export.png import file_name

    with engine_session(device, threads, batch) as session:
        opened = session.open(network, prior)
        units = [unit for text in addresses for unit in opened.network.resolve_all(text)]
        make_folder(out)
        parameters = with_step_size(ascent, opened, network, prior, device)
        start = RANDOM if photo is None else start_code(photo, ascent.method, prior, device)
        if photo is not None and ascent.automatic:
            parameters = gentler(parameters)
        recipes = [
            make_recipe(opened, unit, ascent.method, parameters, seed, start)
            for unit in units
            for seed in seeds or (0,)
        ]
        progress = Progress([title_of(opened, recipe) for recipe in recipes])
        failed: list[Failed] = []
        for place, event in session.run(recipes, progress.show):
            if isinstance(event, Failed):
                progress.fail(place, event)
                failed.append(event)
                continue
            unit, seed = recipes[place].objective[0].unit, recipes[place].seed
            name = file_name(network_name(opened), str(unit), opened.network.label(unit), seed)
            path = write_image(out / name, event.result.image, recipes[place])
            progress.end(place, event, path)
            if as_json:
                print_json(report(opened, unit, event, path))
    if len(failed) == 1:
        raise DgnError(failed[0].message, failed[0].hint)
    if failed:
        raise DgnError(
            f"{len(failed)} of {len(recipes)} images could not be made.",
            "What is wrong with each is said above; the others are there.",
        )

"""``dgn-explorer make``: whatever an order says, an order being a recipe or a survey as JSON."""

from pathlib import Path

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    prior_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json, say


@click.command("make")
@click.argument("order", metavar="JSON")
@network_option
@prior_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the files.  [default: the current one]",
)
@device_option
@threads_option
@json_option
def make_command(
    order: str,
    network: str,
    prior: str,
    out: Path,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make what a recipe or a survey says, as the window copies it or a PNG holds it.

    Photographs that it needs have to be in the store, and so have results that it goes on from.
    """
    from dgn_explorer.commands.images import make_images, network_name
    from dgn_explorer.commands.tables import print_table, save_maps
    from dgn_explorer.export.png import file_name
    from dgn_explorer.studies.survey import order_from_json
    from dgn_explorer.synthesis.recipe import Recipe

    wanted = order_from_json(order)
    with explorer_for(network, prior, device, threads) as explorer:
        if isinstance(wanted, Recipe):
            what = wanted.target.text()
            name = file_name(network_name(explorer), what, wanted.key[:8], wanted.seed)
            for line in make_images(explorer, [wanted], out, lambda recipe: name):
                if as_json:
                    print_json(line)
            return
        record = explorer.make(wanted)
    if record.kind.name != "table":
        path = save_maps(record, out / f"{wanted.study} {wanted.key[:8]}.npy")
        say(f"{record.count} maps in {path}", err=True)
        if as_json:
            print_json({"maps": record.count, "path": str(path.absolute())})
    elif as_json:
        for row in record.rows():
            print_json(row)
    else:
        print_table(record.rows())

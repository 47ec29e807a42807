"""``dgn-explorer make``: whatever an order says, an order being a recipe or a survey as JSON."""

from pathlib import Path
from typing import TYPE_CHECKING

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
from dgn_explorer.errors import DgnError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dgn_explorer.api import Explorer
    from dgn_explorer.studies.survey import Order


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
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A photograph, mask or set that the order needs, wherever it is; may be repeated.",
)
@click.option(
    "--before",
    "before",
    multiple=True,
    metavar="JSON",
    help="A recipe that this one goes on from, made first; may be repeated.",
)
@click.option(
    "--stop-after",
    type=click.IntRange(min=1),
    default=None,
    help="Stop after so many steps, and keep what there is.",
)
@device_option
@threads_option
@json_option
def make_command(
    order: str,
    network: str,
    prior: str,
    out: Path,
    files: tuple[Path, ...],
    before: tuple[str, ...],
    stop_after: int | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make what a recipe or a survey says, as the window copies it or a PNG holds it.

    Photographs that it needs are given by --file, results that it goes on from by --before, unless
    they are in the store.
    """
    from dgn_explorer.commands.tables import print_table, save_maps
    from dgn_explorer.commands.units.images import make_folder, make_images, network_name
    from dgn_explorer.export.png import file_name
    from dgn_explorer.studies.survey import order_from_json
    from dgn_explorer.synthesis.recipe import Recipe

    wanted = order_from_json(order)
    earlier = [order_from_json(text) for text in before]
    with explorer_for(network, prior, device, threads) as explorer:
        _keep(explorer, files, [*earlier, wanted])
        for one in earlier:
            explorer.make(one)
        if isinstance(wanted, Recipe):
            what = wanted.target.text()
            name = file_name(network_name(explorer), what, wanted.key[:8], wanted.seed)
            for line in make_images(
                explorer, [wanted], out, lambda recipe: name, stop_after=stop_after or 0
            ):
                if as_json:
                    print_json(line)
            return
        record = explorer.make(wanted, stop_after=stop_after or 0)
    if record.kind.name != "table":
        make_folder(out)
        path = save_maps(record, out / f"{wanted.study} {wanted.key[:8]}.npy")
        say(f"{record.count} maps in {path}", err=True)
        if as_json:
            print_json({"maps": record.count, "path": str(path.absolute())})
    elif as_json:
        for row in record.rows():
            print_json(row)
    else:
        print_table(record.rows())


def _keep(explorer: "Explorer", files: "Sequence[Path]", orders: "Sequence[Order]") -> None:
    """Put the files into the store; one that no order asks for is a mistake, not an extra."""
    needed = {one.sha256 for order in orders for one in order.inputs}
    for path in files:
        if needed.isdisjoint(explorer.keep_file(path)):
            raise DgnError(
                f"{path} is not what the order was made from: its content is another.",
                "Give the very file, unchanged, or leave it out if it is in the store.",
            )

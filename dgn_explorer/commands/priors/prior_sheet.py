"""``dgn-explorer prior sheet``: the pictures that come with the program."""

from dataclasses import asdict
from pathlib import Path

import click

from dgn_explorer.commands.opening import opened_network
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    prior_option,
)
from dgn_explorer.commands.terminal import StatusLine, print_json, say
from dgn_explorer.errors import DgnError
from dgn_explorer.priors.info import FLOAT32, NUMERICS

_SHIPPED_MB = 4.0  # the most that a sheet in the program may take


@click.command("sheet")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@network_option
@prior_option
@click.option("--units", default="*", show_default=True, help="Of the class layer, such as 0-15.")
@click.option("--steps", type=int, default=None, help="Ascent steps.  [default: the method's]")
@click.option(
    "--numeric",
    type=click.Choice(NUMERICS),
    default=FLOAT32,
    show_default=True,
    help="Arithmetic of the ascent.",
)
@click.option(
    "--edge", type=click.IntRange(16, 512), default=128, show_default=True, help="Pixels a side."
)
@click.option(
    "--quality", type=click.IntRange(1, 100), default=85, show_default=True, help="Of the WebP."
)
@click.option("--batch", type=click.IntRange(1, 1024), default=64, show_default=True)
@device_option
@json_option
def sheet_command(
    folder: Path,
    network: str,
    prior: str,
    units: str,
    steps: int | None,
    numeric: str,
    edge: int,
    quality: int,
    batch: int,
    device: str | None,
    as_json: bool,
) -> None:
    """Make small pictures of all classes, which the window shows at a first start.

    They are made with the recipe that the window asks at first, and put into FOLDER/pieces, a file
    a batch, and then together into FOLDER/first-sheet.safetensors. What was cut short goes on from
    the pieces that are there. The program's own is resources/first-sheet.safetensors.
    """
    from dgn_explorer.disk import FileSystem, make_folder, write_file
    from dgn_explorer.evaluation.first_sheet import SheetFacts, SheetMaker
    from dgn_explorer.machine.device import choose_device
    from dgn_explorer.machine.memory import keep_memory
    from dgn_explorer.priors.opening import open_prior
    from dgn_explorer.results.shipped.sheet_file import NAME, to_bytes
    from dgn_explorer.synthesis.choosing import changed
    from dgn_explorer.synthesis.methods.table import METHODS

    chosen = choose_device(device)
    keep_memory(chosen)
    opened = opened_network(network, chosen)
    about = METHODS[0]
    parameters = about.default if steps is None else changed(about, about.default, {"steps": steps})
    pieces, line = folder / "pieces", StatusLine()
    maker = SheetMaker(
        opened, open_prior(prior, chosen), pieces, parameters, numeric, edge, quality, batch
    )
    classes = [
        unit.index for unit in opened.info.resolve_all(f"{opened.info.output_layer}:{units}")
    ]
    try:
        make_folder(pieces, FileSystem())
        sheet = maker.sheet(
            classes, lambda done, total: line.say(f"{done} of {total}", last=done == total)
        )
        data = to_bytes(sheet)
        write_file(folder / NAME, data)
    except OSError as error:
        raise DgnError(f"{folder} cannot be written ({error}).", "Choose another folder.") from None
    line.end()
    facts = SheetFacts.of(sheet, len(data))
    if len(data) > _SHIPPED_MB * 2**20:
        say(
            f"A sheet of {len(data) / 2**20:.1f} MB is too large to ship: lower --quality.",
            err=True,
        )
    if as_json:
        print_json({**asdict(facts), "path": str(folder / NAME)})
        return
    say(
        f"{folder / NAME}: {facts.pictures} pictures, {facts.bytes / 2**20:.2f} MB,"
        f" {facts.seconds:.0f} s. The network sees the class first in {facts.own_top1:.1%};"
        f" compressed they keep {facts.kept:.1%} of their activation."
    )

"""``dgn-explorer prior compare``: the same units through several priors, in a grid."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    threads_option,
)
from dgn_explorer.commands.terminal import StatusLine, print_json, say
from dgn_explorer.commands.units.ascent_options import Ascent, ascent_options
from dgn_explorer.engine.ordering import Wanted, with_steps
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.methods.pixels.about import PIXELS

if TYPE_CHECKING:
    from dgn_explorer.export.grid import Cell
    from dgn_explorer.results.record import Record

_CAPTION_PX = 224  # lite0-blocks.10 · golden retriever · 12.3


@click.command("compare")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option(
    "--with",
    "priors",
    multiple=True,
    metavar="PRIOR",
    help="A prior: a name or a file, or 'pixels' for none. Give it several times.",
)
@network_option
@ascent_options
@click.option("--seed", type=int, default=0, show_default=True, help="One seed for all.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("priors.png"),
    show_default=True,
    help="A .png or .pdf file.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@device_option
@threads_option
@json_option
def compare_command(
    addresses: tuple[str, ...],
    priors: tuple[str, ...],
    network: str,
    ascent: Ascent,
    seed: int,
    out: Path,
    overwrite: bool,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Show the same units through several priors: a row a unit, a column a prior.

    ADDRESS is written as for visualize. Each prior gets the step size that suits it, and the
    number below an image is the unit's activation for that image. Images that are in the store are
    not made again.
    """
    from dgn_explorer.export.contact_sheet import SheetOptions, check_grid, save_sheet
    from dgn_explorer.export.grid import Cell
    from dgn_explorer.synthesis.targets import Maximise

    check_grid(out)
    if len(priors) < 2:
        raise DgnError(
            f"{len(priors)} priors cannot be compared.", "Give two or more: --with A --with B."
        )
    if out.exists() and not overwrite:
        raise DgnError(f"{out} is there already.", "Give another --out, or --overwrite.")
    columns: list[list[tuple[dict[str, Any], Cell]]] = []
    line = StatusLine()
    for prior in priors:
        bare = prior == PIXELS.name
        with explorer_for(network, "default" if bare else prior, device, threads) as explorer:
            units = [unit for text in addresses for unit in explorer.network.resolve_all(text)]
            wanted = _bare(ascent.wanted) if bare else ascent.wanted
            title = "no prior" if bare else explorer.prior.name
            recipes = explorer.recipes(
                [Maximise.of(unit) for unit in units], wanted, seeds=(seed,), inputs=ascent.inputs
            )
            made: dict[str, Record] = {}
            for update in explorer.iterate_orders(recipes):  # on a GPU several share an ascent
                line.say(f"{title}: {len(made)} of {len(recipes)}")
                if update.record is not None:
                    made[update.record.key] = update.record
            cells = []
            for recipe in recipes:
                record = made[recipe.key]
                unit = recipe.units[0]
                label = explorer.network.label(unit)
                row = {
                    "prior": title,
                    "address": str(unit),
                    "label": label,
                    "activation": record.activation,
                    "key": record.key,
                    "state": record.state,
                }
                caption = f"{title} · {label or unit} · {record.activation:.1f}"
                cells.append((row, Cell(record.image, caption)))
            columns.append(cells)
    line.end()
    by_row = [cell for row in zip(*columns, strict=True) for cell in row]
    options = SheetOptions(columns=len(priors), text_px=12)
    paths = save_sheet(out, _alike([cell for _, cell in by_row]), options)
    for path in paths:
        say(f"{len(by_row)} images in {path}", err=True)
    for row, _ in by_row:
        if as_json:
            print_json({**row, "path": str(paths[0].absolute())})


def _alike(cells: "list[Cell]") -> "list[Cell]":
    """The same with images of one side, which leaves their captions room: priors differ in it."""
    from PIL import Image, ImageOps

    side = max(_CAPTION_PX, *(max(cell.image.shape[:2]) for cell in cells))
    found = []
    for cell in cells:
        shown = ImageOps.contain(
            Image.fromarray(cell.image), (side, side), Image.Resampling.LANCZOS
        )
        found.append(replace(cell, image=np.asarray(shown)))
    return found


def _bare(wanted: Wanted) -> Wanted:
    """Pixels, in as many steps as the others take."""
    steps = getattr(wanted.parameters, "steps", None)
    bare = Wanted.of(PIXELS.name, "default", {})
    return bare if steps is None else with_steps(bare, steps)

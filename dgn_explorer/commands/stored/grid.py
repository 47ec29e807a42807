"""``dgn-explorer grid``: stored results as one picture or PDF."""

from pathlib import Path

import click

from dgn_explorer.commands.options import json_option
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.errors import DgnError


@click.command("grid")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--text", default="", help="Only results whose class or address has these words.")
@click.option("--network", default="", help="Only results of the network with this name.")
@click.option("--layer", default="", help="Only results of this layer.")
@click.option(
    "--state", type=click.Choice(["", "done", "stopped"]), default="", help="Only in this state."
)
@click.option(
    "--order",
    type=click.Choice(["date", "activation", "index"]),
    default="date",
    show_default=True,
    help="What comes first.",
)
@click.option("--limit", type=click.IntRange(1), default=None, help="At most so many results.")
@click.option(
    "--columns", type=click.IntRange(0), default=0, help="Images in a row; 0: about square."
)
@click.option("--gap", type=int, default=8, show_default=True, help="Pixels between images.")
@click.option("--scale", type=float, default=1.0, show_default=True, help="Size of the images.")
@click.option(
    "--caption",
    default="{label}",
    show_default=True,
    help="{label} {address} {seed} {activation} {steps} {network}; empty for none.",
)
@click.option("--title", default="", help="Line above the grid.")
@click.option("--background", default="white", show_default=True, help="Name or #rrggbb.")
@click.option("--dpi", type=click.FloatRange(10, 2400), default=150.0, help="For printing.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("grid.png"),
    show_default=True,
    help="A .png or .pdf file.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@json_option
def grid_command(
    keys: tuple[str, ...],
    text: str,
    network: str,
    layer: str,
    state: str,
    order: str,
    limit: int | None,
    columns: int,
    gap: int,
    scale: float,
    caption: str,
    title: str,
    background: str,
    dpi: float,
    out: Path,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Put stored results into one picture.

    KEY is a result's key or its beginning, as `dgn-explorer cache list` prints it. Without any,
    all results are taken that the options let through.
    """
    from dgn_explorer.export.contact_sheet import SheetOptions, save_sheet
    from dgn_explorer.results.captions import cells_of
    from dgn_explorer.results.filters import ResultFilter
    from dgn_explorer.results.store import open_store

    if out.exists() and not overwrite:
        raise DgnError(f"{out} is there already.", "Choose another --out, or add --overwrite.")
    store = open_store()
    stored = store.list()
    chosen = ResultFilter(text=text, layer=layer, state=state, order=order)
    found = chosen.apply(
        [item for item in stored if network in ("", item.network)],
        lambda _item: False,
        lambda _item: "",
    )
    wanted = [item.key for item in found]
    if keys:
        every = [item.key for item in stored]
        wanted = [_complete(key, every) for key in keys]
    options = SheetOptions(columns, gap, scale, caption, title, background, dots_per_inch=dpi)
    wanted = wanted[:limit]
    written = save_sheet(out, cells_of(wanted, store.get, caption), options)
    say(f"{len(wanted)} results in {', '.join(map(str, written))}", err=True)
    if as_json:
        print_json({"results": len(wanted), "paths": [str(path.absolute()) for path in written]})


def _complete(start: str, keys: list[str]) -> str:
    found = [key for key in keys if key.startswith(start.lower())]
    if len(found) != 1:
        count = "No result" if not found else f"{len(found)} results"
        raise DgnError(
            f"{count} in the store has a key that begins with {start!r}."
            if not found
            else f"{count} in the store have keys that begin with {start!r}.",
            "List the keys with: dgn-explorer cache list",
        )
    return found[0]

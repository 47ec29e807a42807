"""``dgn-explorer maps``: what every unit of a layer answers at every place of a photograph."""

from pathlib import Path

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.export.map_sheet import SCALES

_SAID = 5  # strongest units


@click.command("maps")
@click.argument("photo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@network_option
@click.option("--layer", required=True, help="Whose maps.")
@click.option("--strongest", is_flag=True, help="Order by highest activation, not by number.")
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    default=SCALES[0],
    show_default=True,
    help="White is the largest number of each unit's map, or of the whole layer.",
)
@click.option(
    "--raw",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Write the maps (N, H, W) to this .npy file.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="PNG of all maps.  [default: named after photograph and layer]",
)
@device_option
@threads_option
@json_option
def maps_command(
    photo: Path,
    network: str,
    layer: str,
    strongest: bool,
    scale: str,
    raw: Path | None,
    out: Path | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Draw all maps of a layer for a photograph on one sheet.

    Dark is no answer, bright a large one, whatever its sign. --json prints a row for each unit.
    """
    from dgn_explorer.commands.tables import save_maps
    from dgn_explorer.commands.units.images import write_image
    from dgn_explorer.export.map_sheet import map_sheet
    from dgn_explorer.export.png import file_name
    from dgn_explorer.networks.address import UnitAddress

    with explorer_for(network, "default", device, threads) as explorer:
        record = explorer.maps(photo, layer)
        path = explorer.network.layer(layer).path
    found, highest = record.array("maps"), record.array("highest")
    best = (-highest).argsort(kind="stable")
    sheet = map_sheet(found, best if strongest else None, scale=scale)
    named = out or Path(file_name(photo.stem, path, "maps", None))
    written = write_image(named, sheet.picture, record.order)
    if raw is not None:
        save_maps(record, raw)
        say(f"{record.count} maps in {raw}", err=True)
    said = ", ".join(f"{UnitAddress(path, int(unit))} {highest[unit]:.3g}" for unit in best[:_SAID])
    say(f"{record.count} maps of {path} in {written}; highest: {said}", err=True)
    if as_json:
        for unit in best if strongest else range(record.count):
            row = {"address": str(UnitAddress(path, int(unit)))}
            numbers = {"highest": float(highest[unit]), "mean": float(record.array("means")[unit])}
            print_json({**row, **numbers, "path": str(written.absolute())})

"""``dgn-explorer photos``: what a network makes of a set of photographs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    threads_option,
)
from dgn_explorer.commands.terminal import StatusLine, duration, print_json, say

if TYPE_CHECKING:
    from dgn_explorer.api import Explorer
    from dgn_explorer.results.record import Record
    from dgn_explorer.results.top_photos import UnitPhotos
    from dgn_explorer.studies.survey import Order

set_argument = click.argument("photos", metavar="SET", type=click.Path(exists=True, path_type=Path))
photo_set_option = click.option(
    "--set",
    "photos",
    metavar="SET",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder or zip of photographs.",
)
count_option = click.option(
    "--count", type=click.IntRange(1, 100), default=9, show_default=True, help="Photographs a unit."
)
_SHOWN_LEVELS = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@click.group("photos")
def photos_command() -> None:
    """Measure photo sets, and list the photographs that excite a unit most."""


@photos_command.command("measure")
@set_argument
@network_option
@click.option(
    "--layer",
    "--layers",
    "layers",
    multiple=True,
    help="Layers, with commas between; may be given several times.  [default: the output and four"
    " hidden ones]",
)
@count_option
@device_option
@threads_option
@json_option
def measure_command(
    photos: Path,
    network: str,
    layers: tuple[str, ...],
    count: int,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Find the strongest photographs of every unit, and exact quantiles of its activations.

    SET is a folder or zip. It can be stopped at any time and goes on from there; photographs that
    join a set later are measured alone.
    """
    wanted = [layer for text in layers for layer in text.split(",") if layer]
    with explorer_for(network, "default", device, threads) as explorer:
        record = make_slowly(explorer, explorer.photos_survey(photos, wanted, count), "Photographs")
    names = list(dict.fromkeys(record.parts["layer"]))
    counted = int(record.array("counted")[0])
    for reason in record.parts["unreadable"]:
        say(str(reason), err=True)
    line = {
        "key": record.key,
        "photos": counted,
        "unreadable": len(record.parts["unreadable"]),
        "layers": names,
        "units": record.count,
    }
    if as_json:
        print_json(line)
    else:
        photographs = f"{counted} photograph{'s' * (counted != 1)}"
        say(f"{photographs}, {record.count} units of {', '.join(map(str, names))}.")


@photos_command.command("top")
@click.argument("unit")
@photo_set_option
@network_option
@count_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Write a contact sheet, the part that the unit looks at marked, to this PNG.",
)
@device_option
@threads_option
@json_option
def top_command(
    unit: str,
    photos: Path,
    network: str,
    count: int,
    out: Path | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """List the photographs that excite UNIT most, and the quantiles of its activation.

    What its layer makes of the set is measured if it has not been.
    """
    from dgn_explorer.export.contact_sheet import check_grid

    if out is not None:
        check_grid(out)
    with explorer_for(network, "default", device, threads) as explorer:
        address = explorer.network.resolve(unit)
        order = explorer.photos_survey(photos, [address.layer], count)
        record = make_slowly(explorer, order, "Photographs")
    from dgn_explorer.results.top_photos import unit_photos

    found = unit_photos(record, address)
    if out is not None:
        say(f"Written: {write_sheet(found, out)}", err=True)
    if as_json:
        for row in found.lines():
            print_json(row)
        return
    for row in found.lines():
        where = "" if row["position"] is None else "  at {},{}".format(*row["position"])
        say(f"{row['rank']:3}  {row['activation']:8.4g}  {row['photo']}{where}")
    counted = int(record.array("counted")[0])
    levels = ", ".join(f"{100 * x:g} %: {found.quantile(x):.4g}" for x in _SHOWN_LEVELS)
    say(f"Of {counted} photographs {levels}.")


def make_slowly(explorer: "Explorer", order: "Order", what: str) -> "Record":
    """The record of ``order``, with how far it is and the time left on stderr."""
    line = StatusLine()

    def show(frame: Any) -> None:
        left = f", {duration(frame.seconds_left)} left" if frame.step else ""
        line.say(f"{what}: {frame.step} of {frame.steps}{left}", last=frame.step == frame.steps)

    record = explorer.session.make(order, show).record
    line.end()
    return record


def write_sheet(found: "UnitPhotos", path: Path) -> Path:
    """A contact sheet of a unit's strongest photographs, with what it looks at."""
    from dgn_explorer.export.contact_sheet import SheetOptions, save_sheet
    from dgn_explorer.export.field import with_field
    from dgn_explorer.export.grid import Cell

    cells = []
    for place, number in enumerate(found.photos):
        small = found.thumbnail(number)
        if small is not None:
            marked = with_field(small, found.fields[place])
            cells.append(Cell(marked, f"{found.activations[place]:.3g}"))
    (written, *_) = save_sheet(path, cells, SheetOptions(columns=0))
    return written

"""``dgn-explorer facets``: the kinds of photographs that excite a unit, an image of each."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    folder_option,
    json_option,
    network_option,
    prior_option,
    threads_option,
)
from dgn_explorer.commands.photographs.photos import make_slowly, photo_set_option
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.commands.units.ascent_options import read_settings

if TYPE_CHECKING:
    from dgn_explorer.results.facets import Facet
    from dgn_explorer.results.record import Record

SHEET_COLUMNS = 5


@click.command("facets")
@click.argument("unit")
@photo_set_option
@network_option
@prior_option
@click.option(
    "-k", "facets", type=click.IntRange(1, 32), default=None, help="Facets.  [default: found]"
)
@click.option("--folder", default="", help="Only the photographs in folders of this name.")
@click.option("--preset", default="default", show_default=True, help="Set of parameters.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed.")
@click.option(
    "--change", "settings", multiple=True, metavar="NAME=VALUE", help="Change one parameter."
)
@folder_option
@click.option(
    "--sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Write a contact sheet: a facet a row, photographs, mean image, image.",
)
@device_option
@threads_option
@json_option
def facets_command(
    unit: str,
    photos: Path,
    network: str,
    prior: str,
    facets: int | None,
    folder: str,
    preset: str,
    seed: int,
    settings: tuple[str, ...],
    out: Path,
    sheet: Path | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Group the photographs of UNIT into kinds, and make an image of each.

    Of a class they are the photographs in its folder, else those that the network takes for it; of
    a hidden unit those that excite it most, cut to what it looks at. A facet whose image excites
    the unit less than half as much as the best one is flagged.
    """
    from dgn_explorer.commands.units.images import network_name
    from dgn_explorer.export.contact_sheet import check_grid
    from dgn_explorer.export.png import file_name, paths_for, save_png
    from dgn_explorer.results.facets import facets_of

    if sheet is not None:
        check_grid(sheet)
    changes: dict[str, Any] = read_settings(settings)
    if folder:
        changes["folder"] = folder
    with explorer_for(network, prior, device, threads) as explorer:
        order = explorer.facets_recipe(
            unit, photos, facets or 0, preset=preset, seed=seed, parameters=changes
        )
        record = make_slowly(explorer, order, "Facets")
        what = f"{explorer.network.label(order.units[0])} facets"
        name = file_name(network_name(explorer), str(order.units[0]), what, seed)
    for reason in record.parts["unreadable"]:
        say(str(reason), err=True)
    images = paths_for(out / name, record.count)
    means = paths_for(out / f"{Path(name).stem} mean.png", record.count)
    rows = facets_of(record)
    out.mkdir(parents=True, exist_ok=True)
    for facet, image, mean in zip(rows, images, means, strict=True):
        save_png(image, record.images[facet.number], order)
        save_png(mean, record.array("mean_images")[facet.number])
        if as_json:
            paths = {"mean_image": str(mean.absolute()), "path": str(image.absolute())}
            print_json({**facet.to_dict(), **paths, "state": record.state})
        else:
            say(_line(facet, image))
    scores = zip(record.array("tried").tolist(), record.array("scores").tolist(), strict=True)
    said = ", ".join(f"{k}: {score:.2f}" for k, score in scores)
    say(f"{len(record.parts['names'])} photographs; how stable each number is: {said}", err=True)
    if sheet is not None:
        say(f"Written: {write_sheet(record, sheet)}", err=True)


def _line(facet: "Facet", path: Path) -> str:
    flag = f"  {facet.remark}" if facet.flagged else ""
    return (
        f"{facet.number}  share {facet.share:.2f}  stability {facet.stability:.2f}"
        f"  activation {facet.activation:.4g} (photographs {facet.photo_activation:.4g})"
        f"  {path}{flag}"
    )


def write_sheet(record: "Record", path: Path) -> Path:
    """A contact sheet of facets, one a row."""
    from dgn_explorer.export.contact_sheet import SheetOptions, save_sheet
    from dgn_explorer.export.grid import Cell
    from dgn_explorer.results.facets import facet_rows, facets_of

    cells = []
    for facet, row in zip(facets_of(record), facet_rows(record), strict=True):
        share = f"{100 * facet.share:.0f} %"
        flag = ", flagged" if facet.flagged else ""
        captions = [share, "", "", "mean image", f"{facet.activation:.3g}{flag}"]
        cells += [Cell(image, text) for image, text in zip(row, captions, strict=True)]
    (written, *_) = save_sheet(path, cells, SheetOptions(columns=SHEET_COLUMNS))
    return written

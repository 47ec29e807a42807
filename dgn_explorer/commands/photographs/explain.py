"""``dgn-explorer explain``: where in a photograph a unit looks."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    set_option,
    threads_option,
)
from dgn_explorer.commands.photographs.look_options import look_options
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.commands.units.ascent_options import read_settings
from dgn_explorer.export.heat import Look
from dgn_explorer.studies.saliency.about import HOWS

if TYPE_CHECKING:
    import numpy as np

    from dgn_explorer.results.record import Record


@click.command("explain")
@click.argument("photo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@network_option
@click.option(
    "--unit", "units", multiple=True, required=True, help="Whose map; may be given several times."
)
@click.option("--how", type=click.Choice(HOWS), default=HOWS[0], show_default=True, help="Family.")
@click.option("--layer", default="", help="The layer of grad-cam.  [default: the last maps]")
@set_option
@look_options
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
    help="PNG of the map over the photograph.  [default: named after photograph and unit]",
)
@device_option
@threads_option
@json_option
def explain_command(
    photo: Path,
    network: str,
    units: tuple[str, ...],
    how: str,
    layer: str,
    settings: tuple[str, ...],
    look: Look,
    raw: Path | None,
    out: Path | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Show where in a photograph a unit looks: red speaks for it, blue against it.

    --tone, --absolute, --smooth, --clip and --opacity change the picture and not the map.

    UNIT is written as for visualize: a class name, or layer:index[@row,col]. The map is of the
    middle square of the photograph, as the network sees it.
    """
    from dgn_explorer.commands.tables import save_maps
    from dgn_explorer.commands.units.images import write_image
    from dgn_explorer.export.overlay import overlay
    from dgn_explorer.export.png import file_name, paths_for
    from dgn_explorer.studies.survey import Survey

    with explorer_for(network, "default", device, threads) as explorer:
        record = explorer.explain(
            photo, units, how, layer=layer, parameters=read_settings(settings)
        )
        survey = record.order
        assert isinstance(survey, Survey)
        labels = [explorer.network.label(unit) for unit in survey.units]
    if raw is not None:
        save_maps(record, raw)
        say(f"{record.count} maps in {raw}", err=True)
    named = out or Path(file_name(photo.stem, str(survey.units[0]), f"{labels[0]} {how}", None))
    rows = _rows(record)

    def drawn(place: int) -> "np.ndarray":
        colours = record.array("colours")[place] if "colours" in record.parts else None
        return overlay(record.array("seen"), record.array("maps")[place], look, colours)

    for place, path in enumerate(paths_for(named, record.count)):
        written = write_image(path, drawn(place), survey)
        row = rows[place]
        said = ", ".join(
            f"{name} {value:.3g}" for name, value in row.items() if isinstance(value, float)
        )
        say(f"{survey.units[place]} {labels[place]}: {said}, {written}", err=True)
        if as_json:
            unit = {"address": str(survey.units[place]), "label": labels[place], "how": how}
            where = {"path": str(written.absolute()), "raw": str(raw.absolute()) if raw else None}
            print_json({**unit, **row, **where, "state": record.state})


def _rows(record: "Record") -> list[dict[str, Any]]:
    """The numbers beside each map; ``left`` are those of the deletion curve."""
    rows: list[dict[str, Any]] = [{} for _ in range(record.count)]
    names = {"activations": "activation", "completeness_error": "completeness_error"}
    names |= {"likeness": "likeness", "left": "left", "left_at_random": "left_at_random"}
    for part, name in names.items():
        if part in record.parts:
            for row, value in zip(rows, record.array(part).tolist(), strict=False):
                row[name] = value
    if "deleted" in record.parts:
        for row in rows:
            row["deleted"] = record.array("deleted").tolist()
    return rows

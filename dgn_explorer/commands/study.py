"""``dgn-explorer study``: analyses that synthesise nothing."""

from pathlib import Path

import click

from dgn_explorer.commands.ascent_options import input_option, read_files, read_settings
from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    set_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.studies.table import STUDIES

_NAMES = "; ".join(f"{study.name}: {study.summary}" for study in STUDIES)


@click.command("study", epilog=f"STUDY is one of — {_NAMES}.")
@click.argument("study", metavar="STUDY")
@network_option
@input_option
@click.option(
    "--layer", "layers", multiple=True, help="Only this layer; may be given several times."
)
@click.option("--unit", "units", multiple=True, help="Of this unit; may be repeated.")
@click.option("--preset", default="default", show_default=True, help="Set of parameters.")
@set_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Write maps to this .npy file.",
)
@device_option
@threads_option
@json_option
def study_command(
    study: str,
    network: str,
    files: tuple[str, ...],
    layers: tuple[str, ...],
    units: tuple[str, ...],
    preset: str,
    settings: tuple[str, ...],
    out: Path | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Analyse a network: print a table, or write maps.

    A study that is in the store is not computed again.
    """
    from dgn_explorer.commands.tables import print_table, save_maps

    with explorer_for(network, "default", device, threads) as explorer:
        order = explorer.survey(
            study,
            inputs=read_files(files),
            layers=layers,
            units=units,
            preset=preset,
            parameters=read_settings(settings),
        )
        record = explorer.make(order)
    if record.kind.name == "table":
        rows = record.rows()
        if as_json:
            for row in rows:
                print_json(row)
        else:
            print_table(rows)
        return
    path = save_maps(record, out or Path(f"{study}.npy"))
    say(f"{record.count} maps in {path}", err=True)
    if as_json:
        print_json({"maps": record.count, "path": str(path.absolute())})

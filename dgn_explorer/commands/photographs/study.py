"""``dgn-explorer study``: analyses that synthesise nothing."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    set_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.commands.units.ascent_options import input_option, read_files, read_settings
from dgn_explorer.studies.table import STUDIES

_NAMES = "; ".join(f"{study.name}: {study.summary}" for study in STUDIES)


def _or_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """The network may also be the second argument, as for ``layers``."""

    @functools.wraps(command)
    def with_network(*args: Any, network: str, other: str | None, **given: Any) -> Any:
        return command(*args, network=other or network, **given)

    return click.argument("other", metavar="[NETWORK]", required=False)(with_network)


@click.command("study", epilog=f"STUDY is one of — {_NAMES}.")
@click.argument("study", metavar="STUDY")
@_or_argument
@network_option
@input_option
@click.option(
    "--concepts", type=click.Path(path_type=Path), help="As --input concepts=FOLDER_OR_ZIP."
)
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
    concepts: Path | None,
    layers: tuple[str, ...],
    units: tuple[str, ...],
    preset: str,
    settings: tuple[str, ...],
    out: Path | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Analyse NETWORK, or that of --network: print a table, or write maps.

    A study that is in the store is not computed again.
    """
    from dgn_explorer.commands.tables import print_table, save_maps

    inputs = read_files(files)
    if concepts is not None:
        inputs["concepts"] = concepts
    with explorer_for(network, "default", device, threads) as explorer:
        order = explorer.survey(
            study,
            inputs=inputs,
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

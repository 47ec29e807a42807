"""``dgn-explorer dissect``: named things that units answer to."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from dgn_explorer.commands.terminal import StatusLine, print_json, say
from dgn_explorer.commands.units.ascent_options import read_settings
from dgn_explorer.studies.dissection.labels import (
    ORDERS,
    LayerTally,
    UnitLabel,
    holding,
    in_order,
    labels_of,
    side_by_side,
    tallies,
)

if TYPE_CHECKING:
    from dgn_explorer.api import Explorer
    from dgn_explorer.results.record import Record

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("dissect")
@network_option
@click.option(
    "--concepts",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="Folder or zip of pictures with masks: Broden, or images/, masks/ and concepts.csv.",
)
@click.option(
    "--layers",
    "--layer",
    "layers",
    multiple=True,
    help="Layers, with commas between them; may be repeated.  [default: the last with maps]",
)
@click.option("--preset", default="default", show_default=True, help="Set of parameters.")
@set_option
@click.option("--find", default="", help="Only detectors of concepts that hold these words.")
@click.option("--sort", type=click.Choice(ORDERS), default="unit", show_default=True, help="Order.")
@click.option("--against", default=None, help="A second network or checkpoint, side by side.")
@click.option("--against-layers", multiple=True, help="Its layers, if they are called otherwise.")
@click.option("--csv", "csv_path", type=_FILE, help="Write the table to this file.")
@click.option("--plot", type=_FILE, help="PNG of detectors and unique detectors by layer.")
@device_option
@threads_option
@json_option
def dissect_command(
    network: str,
    concepts: Path,
    layers: tuple[str, ...],
    preset: str,
    settings: tuple[str, ...],
    find: str,
    sort: str,
    against: str | None,
    against_layers: tuple[str, ...],
    csv_path: Path | None,
    plot: Path | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Say which named things the units of a layer answer to (Network Dissection).

    A label is the concept whose masks fit best where the unit is active; a detector fits by more
    than 0.04. A label that is not the best one in both halves of the pictures is marked with ~.
    What is in the store is not computed again, and what was stopped goes on.
    """
    from dgn_explorer.commands.tables import print_table
    from dgn_explorer.export.csv_table import save_csv

    how: dict[str, Any] = {"preset": preset, "parameters": read_settings(settings)}
    wanted = [(network, layers)]
    if against is not None:
        wanted.append((against, against_layers or layers))
    found = []
    for spec, of in wanted:
        with explorer_for(spec, "default", device, threads) as explorer:
            found.append(_dissected(explorer, concepts, _split(of), how))
    for one in found:
        _tell(one)
    if against is not None:
        rows = side_by_side(found[0].labels, found[1].labels)
        shown = rows = [row for row in rows if _holds(row, find)]
    else:
        labels = holding(found[0].labels, find) if find else found[0].labels
        labels = labels if find and sort == "unit" else in_order(labels, sort)
        rows = [label.to_dict() for label in labels]
        shown = [_for_people(label) for label in labels]
    if csv_path is not None:
        say(f"{len(rows)} rows in {save_csv(csv_path, rows)}", err=True)
    if plot is not None:
        say(f"The figure is in {_drawn(plot, found)}", err=True)
    if as_json:
        for row in rows:
            print_json(row)
    else:
        print_table(shown)


@dataclass(frozen=True)
class _Found:
    title: str
    record: "Record"
    labels: list[UnitLabel]
    tallies: list[LayerTally]


def _dissected(
    explorer: "Explorer", concepts: Path, layers: Sequence[str], how: dict[str, Any]
) -> _Found:
    from dgn_explorer.studies.dissection.about import DissectionParameters

    order = explorer.survey("dissect", inputs={"concepts": concepts}, layers=layers, **how)
    line = StatusLine()
    record = None
    for update in explorer.iterate_orders([order]):
        record = update.record or record
        if update.record is None and update.steps:
            line.say(f"{explorer.network.title}: {100 * update.step // update.steps} %")
    line.end()
    if record is None:  # Ctrl+C
        raise click.Abort
    parameters = order.parameters
    assert isinstance(parameters, DissectionParameters)
    labels = labels_of(record.rows(), parameters.least)
    return _Found(explorer.network.title, record, labels, tallies(labels))


def _split(layers: Sequence[str]) -> list[str]:
    return [part.strip() for text in layers for part in text.split(",") if part.strip()]


def _tell(found: _Found) -> None:
    left_out = found.record.parts["left_out"]
    pictures = int(found.record.array("pictures")[0])
    for tally in found.tallies:
        say(
            f"{found.title} {tally.layer}: {tally.detectors} of {tally.units} units are detectors"
            f" of {tally.unique} concepts; {tally.agreement:.0%} of the labels hold in both halves"
            f" of {pictures} pictures",
            err=True,
        )
    for reason in list(left_out)[:3]:
        say(f"Left out: {reason}", err=True)
    if len(left_out) > 3:
        say(f"Left out: {len(left_out) - 3} pictures more.", err=True)


def _for_people(label: UnitLabel) -> dict[str, Any]:
    mark = "" if not label.detector else "detector" if label.stable else "~"
    return {
        "unit": str(label.address),
        "concept": label.concept,
        "category": label.category,
        "iou": f"{label.iou:.3f}",
        "halves": f"{label.iou_first:.3f} {label.iou_second:.3f}",
        "label": mark,
    }


def _holds(row: dict[str, Any], find: str) -> bool:
    text = f"{row['concept']} {row['category']}".lower()
    return all(word in text for word in find.lower().split())


def _drawn(path: Path, found: Sequence[_Found]) -> Path:
    from dgn_explorer.export.detector_plot import Panel, detector_plot
    from dgn_explorer.export.png import save_png

    panels = [Panel(one.title, one.tallies) for one in found]
    order = found[0].record.order if len(found) == 1 else None
    save_png(path, detector_plot(panels), order)
    return path

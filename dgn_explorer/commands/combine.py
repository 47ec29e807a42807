"""``dgn-explorer combine``: one image that several units want to see together."""

import dataclasses
from pathlib import Path

import click

from dgn_explorer.commands.ascent_options import Ascent, ascent_options
from dgn_explorer.commands.images import (
    Progress,
    make_folder,
    make_recipe,
    network_name,
    report,
    write_image,
)
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    prior_option,
)
from dgn_explorer.commands.terminal import print_json
from dgn_explorer.engine.messages import Failed
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.combination import objective_text, parse_part
from dgn_explorer.synthesis.recipe import Term


@click.command("combine")
@click.argument("parts", nargs=-1, required=True, metavar="UNIT=WEIGHT...")
@network_option
@prior_option
@ascent_options
@click.option("--seed", "seeds", type=int, multiple=True, help="Seed; may be given several times.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the PNG files.  [default: the current one]",
)
@device_option
@click.option("--threads", type=click.IntRange(1, 256), default=None, help="CPU threads.")
@json_option
def combine_command(
    parts: tuple[str, ...],
    network: str,
    prior: str,
    ascent: Ascent,
    seeds: tuple[int, ...],
    out: Path,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make the image that several units want to see together.

    UNIT=WEIGHT is a class name or an address with its share of every step, such as volcano=1
    strawberry=0.6. Each unit's gradient is normalised, so that the louder one does not win; a
    negative weight avoids a unit.
    """
    from dgn_explorer.commands.session import engine_session
    from dgn_explorer.commands.step_size import with_step_size
    from dgn_explorer.export.png import file_name

    named = [parse_part(part) for part in parts]
    with engine_session(device, threads) as session:
        opened = session.open(network, prior)
        terms = tuple(Term(opened.network.resolve(name), weight) for name, weight in named)
        if len({term.unit for term in terms}) < len(terms):
            raise DgnError(
                f"{objective_text(terms)} names a unit twice.", "Add its weights into one."
            )
        labels = tuple(opened.network.label(term.unit) for term in terms)
        make_folder(out)
        parameters = with_step_size(ascent, opened, network, prior, device)
        one = make_recipe(opened, terms[0].unit, ascent.method, parameters, 0)
        recipes = [dataclasses.replace(one, objective=terms, seed=seed) for seed in seeds or (0,)]
        text = objective_text(terms, labels)
        progress = Progress([text] * len(recipes))
        for place, event in session.run(recipes, progress.show):
            if isinstance(event, Failed):
                raise DgnError(event.message, event.hint)
            recipe = recipes[place]
            name = file_name(network_name(opened), text, "", recipe.seed)
            path = write_image(out / name, event.result.image, recipe)
            progress.end(place, event, path)
            if as_json:
                line = report(opened, terms[0].unit, event, path)
                line["address"] = objective_text(terms)
                line["label"] = text if any(labels) else ""
                line["units"] = [
                    {"address": str(term.unit), "label": label, "weight": term.weight}
                    for term, label in zip(terms, labels, strict=True)
                ]
                print_json(line)

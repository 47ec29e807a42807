"""``dgn-explorer combine``: one image that several units want to see together."""

from pathlib import Path

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    folder_option,
    json_option,
    network_option,
    prior_option,
    seeds_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json
from dgn_explorer.commands.units.ascent_options import Ascent, ascent_options
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.combination import parse_part
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise, Term


@click.command("combine")
@click.argument("parts", nargs=-1, required=True, metavar="UNIT=WEIGHT...")
@network_option
@prior_option
@ascent_options
@seeds_option
@folder_option
@device_option
@threads_option
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
    from dgn_explorer.commands.units.images import make_images, network_name
    from dgn_explorer.export.png import file_name

    named = [parse_part(part) for part in parts]
    with explorer_for(network, prior, device, threads) as explorer:
        info = explorer.network
        target = Maximise(tuple(Term(info.resolve(name), weight) for name, weight in named))
        if len(set(target.units)) < len(target.units):
            raise DgnError(f"{target.text()} names a unit twice.", "Add its weights into one.")
        labels = tuple(info.label(unit) for unit in target.units)
        text = target.text(labels)
        recipes = explorer.recipes(
            [target], ascent.wanted, seeds=seeds or (0,), inputs=ascent.inputs
        )
        names = [
            {"address": str(term.unit), "label": label, "weight": term.weight}
            for term, label in zip(target.terms, labels, strict=True)
        ]

        def name(recipe: Recipe) -> str:
            return file_name(network_name(explorer), text, "", recipe.seed)

        for line in make_images(explorer, recipes, out, name):
            if as_json:
                print_json({**line, "label": text if any(labels) else "", "units": names})

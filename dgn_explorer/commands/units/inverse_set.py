"""``dgn-explorer inverse-set``: different images that excite units to given ranges."""

from pathlib import Path
from typing import Any

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    folder_option,
    json_option,
    network_option,
    prior_option,
    set_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.commands.units.ascent_options import read_settings
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.ranges import are_inside, parse_range
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import InRange


@click.command("inverse-set")
@click.argument("ranges", nargs=-1, required=True, metavar="UNIT=LOW..HIGH...")
@network_option
@prior_option
@click.option("--minimise", multiple=True, metavar="UNIT", help="Lower this unit meanwhile.")
@click.option("--maximise", multiple=True, metavar="UNIT", help="Raise this unit meanwhile.")
@click.option("--count", type=int, default=8, show_default=True, help="Images, up to 1,000.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed.")
@click.option(
    "--batch",
    type=int,
    default=None,
    help="Images made at once.  [default: 8; another number gives other images]",
)
@set_option
@folder_option
@device_option
@threads_option
@json_option
def inverse_set_command(
    ranges: tuple[str, ...],
    network: str,
    prior: str,
    minimise: tuple[str, ...],
    maximise: tuple[str, ...],
    count: int,
    seed: int,
    batch: int | None,
    settings: tuple[str, ...],
    out: Path,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make different images that excite every unit to between LOW and HIGH.

    UNIT is a class name or an address, such as "golden retriever=8..10" "tennis ball=8..10". What
    is printed is read from the 8-bit images as they are stored.
    """
    from dgn_explorer.commands.units.images import make_images, network_name
    from dgn_explorer.errors import DgnError
    from dgn_explorer.export.png import file_name

    parsed = [parse_range(text) for text in ranges]
    names = [name for name, _, _ in parsed]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise DgnError(f"{twice[0]!r} has two ranges.", "Give it one.")
    parameters: dict[str, Any] = {**read_settings(settings), "count": count}
    if batch is not None:
        parameters["together"] = batch
    with explorer_for(network, prior, device, threads) as explorer:
        target = explorer.in_range(
            {name: (low, high) for name, low, high in parsed},
            minimise=minimise,
            maximise=maximise,
        )
        recipe = explorer.recipe(target, seed=seed, method="inverse-set", parameters=parameters)
        text = target.text([explorer.network.label(unit) for unit in target.units])

        def name(recipe: Recipe) -> str:
            return file_name(network_name(explorer), text, "", recipe.seed)

        made = 0
        for line in make_images(explorer, [recipe], out, name, of_sample):
            made += 1
            if as_json:
                print_json(line)
        if made < count:
            say(f"{made} of {count} images: there were no further ones, or it stopped.", err=True)


def of_sample(record: Record, number: int) -> dict[str, object]:
    """What ``--json`` prints of one image of a set besides what it prints of every image."""
    target = record.recipe.target
    assert isinstance(target, InRange)
    values = record.array("activations")[number]
    return {
        "activations": {
            str(unit): float(value) for unit, value in zip(target.units, values, strict=True)
        },
        "inside": bool(are_inside(target, values[None])[0]),
        "phase": str(record.parts["phases"][number]),
    }

"""``dgn-explorer changes``: which units changed most between two checkpoints."""

import click

from dgn_explorer.commands.opening import opened_network
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    prior_option,
)
from dgn_explorer.commands.tables import print_table
from dgn_explorer.commands.terminal import print_json, say


@click.command("changes")
@click.argument("layers", nargs=-1, required=True, metavar="LAYER...")
@network_option
@prior_option
@click.option("--from", "first", default=None, help="Checkpoint.  [default: the first]")
@click.option("--to", "last", default=None, help="Checkpoint.  [default: the last]")
@click.option(
    "--images", type=click.IntRange(3, 10_000), default=64, show_default=True, help="How many."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of their random codes.")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="Rows to print.")
@device_option
@json_option
def changes_command(
    layers: tuple[str, ...],
    network: str,
    prior: str,
    first: str | None,
    last: str | None,
    images: int,
    seed: int,
    top: int,
    device: str | None,
    as_json: bool,
) -> None:
    """List the units of layers that changed most between two checkpoints of a series.

    Both are shown the same images of the prior. A unit's change is 1 less the correlation of its
    answers: 0 if it orders the images as before, 1 if the two have nothing in common. --json has
    every unit.
    """
    from dgn_explorer.evaluation.unit_changes import probes, unit_changes
    from dgn_explorer.machine.device import choose_device
    from dgn_explorer.over_training import at_position, positions_of
    from dgn_explorer.priors.opening import open_prior

    chosen = choose_device(device)
    info = opened_network(network, chosen).info
    positions = positions_of(info)
    ends = positions_of(info, [first or positions[0], last or positions[-1]])
    before, after = (opened_network(at_position(info, end), chosen) for end in ends)
    shown = open_prior(prior, chosen)
    found = unit_changes(before, after, shown, layers, probes(shown, images, seed))
    still = sum(one.change is None for one in found)
    say(f"From {ends[0]} to {ends[1]}, by {images} images of {shown.info.name}", err=True)
    if still:
        say(f"{still} units gave all images one answer, before or after", err=True)
    if as_json:
        for one in found:
            print_json(one.row())
    else:
        print_table([one.row() for one in found[:top]])

"""``dgn-explorer atlas``: whole layers, on several processes or machines."""

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    batch_option,
    device_option,
    json_option,
    network_option,
    prior_option,
    seeds_option,
    threads_option,
)
from dgn_explorer.commands.terminal import StatusLine, print_json, say
from dgn_explorer.commands.units.ascent_options import Ascent, ascent_options
from dgn_explorer.errors import DgnError


@click.command("atlas")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@network_option
@prior_option
@ascent_options
@seeds_option
@click.option("--scheduler", default=None, help="Address of a Dask scheduler: tcp://HOST:8786.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Without a scheduler: processes of this machine.",
)
@click.option(
    "--patience",
    type=click.FloatRange(0),
    default=600.0,
    show_default=True,
    help="Seconds to wait for a scheduler that has gone.",
)
@batch_option
@device_option
@threads_option
@json_option
def atlas_command(
    addresses: tuple[str, ...],
    network: str,
    prior: str,
    ascent: Ascent,
    seeds: tuple[int, ...],
    scheduler: str | None,
    workers: int,
    patience: float,
    batch: int | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make the images of whole layers on many workers, into the store.

    ADDRESS is as for visualize: fc:*, fc:0-63; * alone is every unit of every layer. What the store
    has is not made again, so a run that was stopped or killed is simply started again.
    """
    from dgn_explorer.cluster.atlas import Said, Stored, Unmade
    from dgn_explorer.cluster.opening import atlas_of, make_atlas

    if ascent.inputs:
        raise DgnError("An atlas takes no photographs.", "Leave out --input, or use visualize.")
    with explorer_for(network, prior, device, threads) as explorer:
        atlas = atlas_of(explorer, addresses, ascent.wanted, seeds or (0,))
        store, count = explorer.store, atlas.count
    line = StatusLine()
    made = cached = failed = 0
    for event in make_atlas(
        atlas,
        store,
        prior,
        scheduler=scheduler,
        workers=workers,
        device=device,
        threads=threads,
        together=batch,
        patience_s=patience,
    ):
        if isinstance(event, Said):
            line.end()
            say(event.text, err=True)
            continue
        if isinstance(event, Unmade):
            failed += 1
            line.end()
            say(f"{event.key[:12]}: {event.message} {event.hint}", err=True)
        elif isinstance(event, Stored):
            made, cached = made + (not event.cached), cached + event.cached
            if as_json:
                print_json(
                    {
                        "key": event.key,
                        "cached": event.cached,
                        "seconds": round(event.seconds, 3),
                        "worker": event.worker,
                    }
                )
        line.say(f"{made + cached + failed} of {count} images", last=made + cached == count)
    line.end()
    say(f"{made} made, {cached} were in the store, {failed} could not be made", err=True)
    if failed:
        raise DgnError(
            f"{failed} of {count} images could not be made.",
            "What is wrong with each is said above; the others are in the store.",
        )

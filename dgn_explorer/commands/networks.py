"""``dgn-explorer networks`` and ``layers``."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dgn_explorer.commands.opening import opened_network
from dgn_explorer.commands.options import (
    DEFAULT_NETWORK,
    device_option,
    json_option,
    loader_options,
    network_option,
)
from dgn_explorer.commands.terminal import print_json, rewrite, say
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaders import by_name, library_examples
from dgn_explorer.networks.spec_text import parse_spec

if TYPE_CHECKING:
    from dgn_explorer.evaluation.network_check import CheckReport


@click.group("networks")
def networks_command() -> None:
    """List, describe and check networks."""


@networks_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the networks that have a name: the embedded ones and your own."""
    from dgn_explorer.networks.descriptions import read_description, user_networks
    from dgn_explorer.networks.opening import network_names

    own = {name: path for name, path in user_networks().items() if by_name(name) is None}
    rows = []
    for name in network_names():
        source, problem = "", ""
        if name in own:
            try:
                source = read_description(own[name]).source
            except DgnError as error:  # one broken file must not hide the others
                problem = str(error)
        rows.append({"name": name, "own": name in own, "source": source, "problem": problem})
    if as_json:
        print_json(rows)
        return
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        origin = (row["problem"] or row["source"]) if row["own"] else "embedded"
        say(f"{row['name']:{width}}  {origin}")
    libraries = ", ".join(library_examples())
    say(f"Also {libraries}, and files and folders of your own.", err=True)


@networks_command.command("add")
@click.argument("name")
@network_option
@click.option("--title", default="", help="Name for people.  [default: the file's]")
@click.option(
    "--alias", "aliases", multiple=True, metavar="NAME=LAYER", help="Another name for a layer."
)
def add_command(name: str, network: str, title: str, aliases: tuple[str, ...]) -> None:
    """Describe a network once; from then on NAME opens it, here and in the window.

    The network is opened first, and only what opens is written.
    """
    from dgn_explorer.networks.descriptions import Description, save_description

    info = opened_network(network).info
    named = {}
    for text in aliases:
        alias, equals, layer = text.partition("=")
        if not equals or not alias:
            raise DgnError(f"{text!r} is no alias.", "Write NAME=LAYER, such as fc6=classifier.1.")
        named[alias] = info.layer(layer).path
    source, options = parse_spec(network)
    path = save_description(name, Description(source, title, options, named))
    say(str(path))
    say(
        f"{name}: {info.title}, {len(info.layers)} layers, {info.input_size} px,"
        f" {len(info.labels)} class names",
        err=True,
    )


@networks_command.command("check")
@click.argument("photos", type=click.Path(path_type=Path))
@network_option
@click.option("--limit", type=int, default=None, help="Take fewer photographs, evenly spread.")
@click.option("--alternatives/--no-alternatives", default=True, help="Try other preprocessings.")
@device_option
@json_option
def check_command(
    photos: Path,
    network: str,
    limit: int | None,
    alternatives: bool,
    device: str | None,
    as_json: bool,
) -> None:
    """Print how many photographs the network names right, and whether its preprocessing fits.

    PHOTOS is a folder or zip with one folder a class: named like the classes, by their numbers, or
    one for each class in sorted order.
    """
    from dgn_explorer.evaluation.network_check import check
    from dgn_explorer.machine.device import choose_device
    from dgn_explorer.machine.threads import use_threads

    chosen = choose_device(device)
    use_threads(chosen)
    opened = opened_network(network, chosen)
    report = check(opened, photos, limit, alternatives, _progress)
    if as_json:
        print_json(_as_json(report))
    else:
        say(f"{report.network}: {report.right} of {report.photos} right, {report.top1:.1%}")
        for other in report.alternatives:
            say(f"  {other.name}: {other.top1:.1%} of {report.sample}")
    if report.warning:
        say(report.warning, err=True)


@click.command("layers")
@click.argument("network", default=DEFAULT_NETWORK)
@loader_options
@json_option
def layers_command(network: str, as_json: bool) -> None:
    """List the layers of NETWORK in the order of the forward pass."""

    info = opened_network(network).info
    if as_json:
        print_json([dataclasses.asdict(layer) for layer in (*info.layers, *info.unreadable)])
        return
    width = max(len(layer.path) for layer in info.layers)
    kinds = max(len(layer.kind) for layer in info.layers)
    say(f"{'layer':{width}}  {'kind':{kinds}}  units  positions")
    for layer in info.layers:
        size = "{} x {}".format(*layer.spatial) if layer.spatial else "-"
        say(f"{layer.path:{width}}  {layer.kind:{kinds}}  {layer.channels:5}  {size}")
    for layer in info.unreadable:
        say(f"{layer.path} ({layer.kind}) cannot be read. {layer.unreadable}", err=True)
    for alias, path in info.aliases:
        say(f"{alias} is {path}", err=True)


def _as_json(report: "CheckReport") -> dict[str, object]:
    values = dataclasses.asdict(report)
    for alternative in values["alternatives"]:
        alternative |= alternative.pop("preprocessing")
    return values


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        rewrite(f"{done} of {total} photographs ")
        if done == total:
            say("", err=True)

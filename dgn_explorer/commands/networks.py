"""``dgn-explorer networks`` and ``layers``."""

import dataclasses

import click

from dgn_explorer.commands.options import json_option, print_json


@click.command("networks")
@json_option
def networks_command(as_json: bool) -> None:
    """List the networks that can be opened."""
    from dgn_explorer.networks.opening import network_names

    names = network_names()
    if as_json:
        print_json(list(names))
    else:
        click.echo("\n".join(names))


@click.command("layers")
@click.argument("network", default="lite0")
@json_option
def layers_command(network: str, as_json: bool) -> None:
    """List the layers of NETWORK in the order of the forward pass."""
    from dgn_explorer.networks.opening import open_network

    info = open_network(network).info
    if as_json:
        print_json([dataclasses.asdict(layer) for layer in info.layers])
        return
    width = max(len(layer.path) for layer in info.layers)
    kinds = max(len(layer.kind) for layer in info.layers)
    click.echo(f"{'layer':{width}}  {'kind':{kinds}}  units  positions")
    for layer in info.layers:
        size = "{} x {}".format(*layer.spatial) if layer.spatial else "-"
        click.echo(f"{layer.path:{width}}  {layer.kind:{kinds}}  {layer.channels:5}  {size}")

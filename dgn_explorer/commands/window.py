"""``dgn-explorer open``: the window."""

import sys

import click

from dgn_explorer.commands.options import device_option, network_option, prior_option


@click.command("open")
@network_option
@prior_option
@click.option("--unit", default=None, help="Start with this unit: layer:index or a class name.")
@device_option
@click.option(
    "--theme",
    type=click.Choice(["system", "light", "dark"]),
    default="system",
    show_default=True,
    help="Colours of the window.",
)
def open_command(
    network: str, prior: str, unit: str | None, device: str | None, theme: str
) -> None:
    """Open the window."""
    from dgn_explorer.gui.app import run

    sys.exit(run(network, prior, unit, device, theme))

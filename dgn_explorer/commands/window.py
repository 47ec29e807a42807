"""``dgn-explorer open``: the window."""

import sys

import click
from click.core import ParameterSource

from dgn_explorer.commands.options import device_option, network_option, prior_option

_HOW = ("device", "theme")  # these say nothing about what to open


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
    """Open the window, with the network and the prior of the last time unless others are named."""
    from dgn_explorer.gui.app import run

    if not _named():
        sys.exit(run(device=device, theme=theme))
    sys.exit(run(network, prior, unit, device, theme))


def _named() -> bool:
    """Whether the command line says what to open."""
    context = click.get_current_context()
    sources = {context.get_parameter_source(n) for n in context.params if n not in _HOW}
    return not sources <= {None, ParameterSource.DEFAULT}

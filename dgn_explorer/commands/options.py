"""Options that several commands share."""

import json
from collections.abc import Callable
from typing import Any

import click

network_option = click.option(
    "--network", default="lite0", show_default=True, help="Network to look into."
)
prior_option = click.option(
    "--prior", default="default", show_default=True, help="Prior: a name or a file."
)
device_option = click.option(
    "--device", default=None, help="cpu, cuda or mps.  [default: the best there is]"
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def print_json(value: object) -> None:
    """Print one JSON value on one line of stdout."""
    click.echo(json.dumps(value, ensure_ascii=False))

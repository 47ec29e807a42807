"""Options that several commands share."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dgn_explorer.networks.loaders import spec_examples
from dgn_explorer.networks.spec_text import FLAGS, read_options, spec_text
from dgn_explorer.priors.info import FITS

device_option = click.option(
    "--device", default=None, help="cpu, cuda or mps.  [default: the best there is]"
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
folder_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the PNG files.  [default: the current one]",
)
threads_option = click.option(
    "--threads", type=click.IntRange(1, 256), default=None, help="CPU threads."
)
seeds_option = click.option(
    "--seed", "seeds", type=int, multiple=True, help="Seed; may be given several times."
)
set_option = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change one parameter."
)

Command = Callable[..., Any]

DEFAULT_NETWORK = "lite0"


def loader_options(command: Command, without: tuple[str, ...] = ()) -> Command:
    """The options that say how a network is opened, for a command with the argument ``network``.

    They reach the command inside ``network``, as a spec with options (see `spec_text`). ``without``
    names those whose flags mean something else in this command.
    """
    names = [name for name in FLAGS if name not in without]

    @functools.wraps(command)
    def with_spec(*args: Any, network: str | None, **given: Any) -> Any:
        texts = {name: given.pop(f"net_{name}") for name in names}
        texts = {name: text for name, text in texts.items() if text is not None}
        if texts:
            network = spec_text(network or DEFAULT_NETWORK, read_options(texts))
        return command(*args, network=network, **given)

    for name in reversed(names):
        flag, text = FLAGS[name]
        with_spec = click.option(flag, f"net_{name}", default=None, help=text)(with_spec)
    return with_spec


def network_option(command: Command) -> Command:
    """``--network`` with the loader's options."""
    option = click.option(
        "--network",
        default=DEFAULT_NETWORK,
        show_default=True,
        help=f"Network to look into: {spec_examples()}.",
    )
    return option(loader_options(command))


def prior_option(command: Command) -> Command:
    """``--prior`` and ``--fit``; the command gets both inside ``prior``."""

    @functools.wraps(command)
    def with_fit(*args: Any, prior: str, fit: str | None, **given: Any) -> Any:
        return command(*args, prior=f"{prior} --fit {fit}" if fit else prior, **given)

    fit = click.option(
        "--fit",
        type=click.Choice(FITS),
        default=None,
        help="How the prior's image is brought to the network's size.  [default: the prior's own]",
    )
    option = click.option(
        "--prior", default="default", show_default=True, help="Prior: a name or a file."
    )
    return option(fit(with_fit))


batch_option = click.option(
    "--batch",
    type=click.IntRange(1, 1024),
    default=None,
    help="Images of a layer made at once.  [default: 64, on a CPU 1: there more is faster but"
    " rounds differently]",
)

"""What the commands that make sets of images share: their options, and a line an image."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dgn_explorer.commands.options import (
    batch_option,
    device_option,
    json_option,
    network_option,
    prior_option,
)
from dgn_explorer.commands.terminal import print_json
from dgn_explorer.commands.units.ascent_options import read_settings

if TYPE_CHECKING:
    from dgn_explorer.api import Explorer
    from dgn_explorer.synthesis.recipe import Recipe

Command = Callable[..., Any]
METHOD = "ppgn"


@dataclass(frozen=True)
class Sampling:
    """What these options say."""

    network: str
    prior: str
    count: int | None
    settings: dict[str, str]
    seeds: tuple[int, ...]
    out: Path
    batch: int | None
    device: str | None
    threads: int | None
    as_json: bool

    def changes(self, planned: int | None = None) -> dict[str, Any]:
        """The parameters to change; ``planned`` samples where no count is given."""
        count = planned if self.count is None else self.count
        return self.settings if count is None else {**self.settings, "samples": count}


def sampling_options(command: Command) -> Command:
    """The options, which reach the command together as the argument ``sampling``."""

    @functools.wraps(command)
    def with_sampling(
        *args: Any,
        network: str,
        prior: str,
        count: int | None,
        settings: tuple[str, ...],
        seeds: tuple[int, ...],
        out: Path,
        batch: int | None,
        device: str | None,
        threads: int | None,
        as_json: bool,
        **given: Any,
    ) -> Any:
        changes = read_settings(settings)
        sampling = Sampling(
            network, prior, count, changes, seeds or (0,), out, batch, device, threads, as_json
        )
        return command(*args, sampling=sampling, **given)

    decorated: Command = with_sampling
    for option in reversed(
        (
            network_option,
            prior_option,
            click.option(
                "--count",
                type=int,
                default=None,
                help="Samples of a chain.  [default: the plan's or the preset's]",
            ),
            click.option(
                "--set",
                "settings",
                multiple=True,
                metavar="NAME=VALUE",
                help="Change one parameter.",
            ),
            click.option(
                "--seed",
                "seeds",
                type=int,
                multiple=True,
                help="Seed; may be given several times.",
            ),
            click.option(
                "--out",
                type=click.Path(file_okay=False, path_type=Path),
                default=Path(),
                help="Folder for the PNG files.  [default: the current one]",
            ),
            batch_option,
            device_option,
            click.option(
                "--threads", type=click.IntRange(1, 256), default=None, help="CPU threads."
            ),
            json_option,
        )
    ):
        decorated = option(decorated)
    return decorated


def make_samples(explorer: "Explorer", recipes: "list[Recipe]", sampling: Sampling) -> None:
    """Make the sets of ``recipes``, write them, and print a line an image if it is JSON."""
    from dgn_explorer.commands.units.images import make_images, network_name
    from dgn_explorer.export.png import file_name

    def name(recipe: "Recipe") -> str:
        labels = [explorer.network.label(unit) for unit in recipe.units]
        what = recipe.target.text(labels).replace("*", "x")
        return file_name(network_name(explorer), what, METHOD, recipe.seed)

    for line in make_images(explorer, recipes, sampling.out, name):
        if sampling.as_json:
            print_json(line)

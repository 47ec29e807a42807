"""The options that say how images are found: method, preset, steps, parameters, step size, inputs.

They are derived from `METHODS`: a new method needs nothing here.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dgn_explorer.engine.ordering import Wanted, with_steps
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.methods.method import GOOD, QUALITIES
from dgn_explorer.synthesis.methods.table import METHODS, method_named

Command = Callable[..., Any]


@dataclass(frozen=True)
class Ascent:
    """How images are found, and the files of the inputs by role."""

    wanted: Wanted
    inputs: dict[str, Path]


def ascent_options(command: Command) -> Command:
    """The options, which reach the command together as the argument ``ascent``."""

    @functools.wraps(command)
    def with_ascent(
        *args: Any,
        method: str,
        preset: str | None,
        quality: str | None,
        steps: int | None,
        settings: tuple[str, ...],
        step_size: float | None,
        files: tuple[str, ...],
        **given: Any,
    ) -> Any:
        about = method_named(method)
        changes: dict[str, Any] = read_settings(settings)
        if step_size is not None:
            if not about.step_field:
                raise DgnError(f"{method} has no step size.", "Leave out --step-size.")
            changes[about.step_field] = step_size
        if preset and quality:
            raise DgnError(
                f"--preset {preset} and --quality {quality} ask for two sets of parameters.",
                "Leave one of them out.",
            )
        if quality and not about.qualities:
            raise DgnError(
                f"{method} has no --quality {quality}.", "Say how much work it is worth: --steps."
            )
        wanted = Wanted.of(method, preset or QUALITIES[quality or GOOD], changes)
        if steps is not None:
            wanted = with_steps(wanted, steps)
        return command(*args, ascent=Ascent(wanted, read_files(files)), **given)

    for option in reversed(
        (
            click.option(
                "--method",
                default=METHODS[0].name,
                show_default=True,
                help="; ".join(
                    f"{method.name}: {method.summary}" for method in METHODS if method.of_units
                ),
            ),
            click.option(
                "--quality",
                type=click.Choice(list(QUALITIES)),
                default=None,
                help=f"How good the image shall be for what it costs.  [default: {GOOD}]",
            ),
            click.option("--preset", default=None, help="Set of parameters.  [default: default]"),
            click.option(
                "--steps", type=int, default=None, help="Ascent steps.  [default: the preset's]"
            ),
            click.option(
                "--set",
                "settings",
                multiple=True,
                metavar="NAME=VALUE",
                help="Change one parameter.",
            ),
            click.option(
                "--step-size",
                type=float,
                default=None,
                help="Size of the first step.  [default: found once for each network and prior]",
            ),
            input_option,
        )
    ):
        with_ascent = option(with_ascent)
    return with_ascent


input_option = click.option(
    "--input",
    "files",
    multiple=True,
    metavar="ROLE=FILE",
    help="A photograph or mask that the method takes.",
)


def read_settings(settings: tuple[str, ...]) -> dict[str, Any]:
    """The ``NAME=VALUE`` of ``--set``, values still as texts."""
    return {name.strip(): value for name, _, value in (one.partition("=") for one in settings)}


def read_files(files: tuple[str, ...]) -> dict[str, Path]:
    """The ``ROLE=FILE`` of ``--input``; raises `DgnError` for a text of another form."""
    found = {}
    for text in files:
        role, separator, path = text.partition("=")
        if not (role and separator and path):
            raise DgnError(f"{text!r} names no input.", "Write ROLE=FILE, such as photo=dog.jpg.")
        found[role] = Path(path)
    return found

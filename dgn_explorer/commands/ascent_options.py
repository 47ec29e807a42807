"""The options that say how images are found: method, preset, steps, parameters, step size."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import click

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.parameters import PRESETS, Parameters

Command = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Ascent:
    """How images are found; ``automatic`` if nobody has asked for a certain step size."""

    method: str
    parameters: Parameters
    automatic: bool


def ascent_options(command: Command) -> Command:
    """The options, which reach the command together as the argument ``ascent``."""

    @functools.wraps(command)
    def with_ascent(
        *args: Any,
        method: str,
        preset: str,
        steps: int | None,
        settings: tuple[str, ...],
        step_size: float | None,
        **given: Any,
    ) -> Any:
        if step_size is not None:
            settings = (*settings, f"step_start={step_size}")
        parameters = choose_parameters(method, preset, steps, settings)
        automatic = preset == "default" and not any(s.startswith("step_start=") for s in settings)
        return command(*args, ascent=Ascent(method, parameters, automatic), **given)

    for option in reversed(
        (
            click.option(
                "--method",
                default="dgn-am",
                show_default=True,
                help="dgn-am, or pixels: without a prior.",
            ),
            click.option(
                "--preset", default="default", show_default=True, help="Set of parameters."
            ),
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
        )
    ):
        with_ascent = option(with_ascent)
    return with_ascent


def choose_parameters(
    method: str, preset: str, steps: int | None, settings: tuple[str, ...]
) -> Parameters:
    """A preset with changes; raises `DgnError` for unknown names and values out of range."""
    presets = PRESETS.get(method)
    if presets is None:
        raise DgnError(
            f"There is no method called {method!r}.", f"The methods are: {', '.join(PRESETS)}."
        )
    if preset not in presets:
        raise DgnError(
            f"{method} has no preset called {preset!r}.",
            f"Its presets are: {', '.join(presets)}.",
        )
    parameters = presets[preset]
    specs = {spec.name: spec for spec in parameters.specs()}
    changes: dict[str, float] = {} if steps is None else {"steps": steps}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in specs:
            raise DgnError(
                f"{method} has no parameter called {name!r}.",
                f"Its parameters are: {', '.join(specs)}.",
            )
        try:
            changes[name] = specs[name].kind(value)
        except ValueError:
            raise DgnError(
                f"{name} cannot be {value!r}.", f"Write {name}={specs[name].default:g}, say."
            ) from None
    return dataclasses.replace(parameters, **changes)  # type: ignore[type-var]

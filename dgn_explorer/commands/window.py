"""``dgn-explorer open``: the window."""

import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from dgn_explorer.commands.options import device_option, network_option, prior_option
from dgn_explorer.commands.terminal import say
from dgn_explorer.errors import DgnError
from dgn_explorer.machine.logs import keep_log
from dgn_explorer.machine.missing import missing_part, no_display
from dgn_explorer.machine.start_failure import told

_HOW = ("device", "theme", "safe", "reset")  # these say nothing about what to open


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
@click.option(
    "--safe",
    is_flag=True,
    help="Start as for the first time, without what is remembered, and remember nothing.",
)
@click.option(
    "--reset", is_flag=True, help="Put the settings of the window aside; what was made stays."
)
def open_command(
    network: str,
    prior: str,
    unit: str | None,
    device: str | None,
    theme: str,
    safe: bool,
    reset: bool,
) -> None:
    """Open the window, with the network and the prior of the last time unless others are named."""
    how: dict[str, Any] = {"device": device, "theme": theme, "safe": safe, "reset": reset}
    if not _named():
        sys.exit(_started(lambda run, fail: run(fail, **how)))
    sys.exit(_started(lambda run, fail: run(fail, network, prior, unit, **how)))


def _started(start: Callable[..., int]) -> int:
    """Run the window; what keeps it from starting is told by the desktop, too, and in a log."""
    log = keep_log()
    problem = no_display(os.environ, sys.platform)
    if problem is not None:
        raise told(problem, log)
    try:
        from dgn_explorer.gui.app import run

        return start(run, lambda problem: _end(told(problem, log)))
    except DgnError as error:
        raise told(error, log) from None
    except Exception as error:
        problem = missing_part(error) or DgnError(
            f"The window has ended with an error ({type(error).__name__}: {error}).",
            "Nothing that was finished is lost. Please report what the log says.",
        )
        raise told(problem, log, error) from None


def _end(problem: DgnError) -> NoReturn:
    """End at once: Qt would abort the process otherwise."""
    say(f"Error: {problem.message}", problem.hint, err=True)
    os._exit(2)


def _named() -> bool:
    """Whether the command line says what to open."""
    context = click.get_current_context()
    sources = {context.get_parameter_source(n) for n in context.params if n not in _HOW}
    return not sources <= {None, ParameterSource.DEFAULT}

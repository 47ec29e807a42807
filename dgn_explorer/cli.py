"""The command line: one group, whose commands are loaded when they are called.

Neither torch nor Qt is imported before a command needs it.
"""

import errno
import importlib
import os
import sys

import click

from dgn_explorer.commands.terminal import say
from dgn_explorer.disk import disk_error
from dgn_explorer.errors import DgnError, shortened
from dgn_explorer.machine.missing import missing_part
from dgn_explorer.version import __version__

# command -> (module below dgn_explorer.commands, one line of help)
COMMANDS = {
    "open": ("window", "Open the window (also without any command)."),
    "visualize": ("units.visualize", "Make the images that units want to see."),
    "atlas": ("units.atlas", "Make the images of whole layers, on many machines."),
    "combine": ("units.combine", "Make the image that several units want to see together."),
    "sample": ("units.sample", "Make different images of one unit, or a chain through several."),
    "inpaint": ("units.inpaint", "Fill a hole in a photograph with what a unit wants to see."),
    "inverse-set": (
        "units.inverse_set",
        "Make different images of units in given ranges.",
    ),
    "animate": ("units.animate", "Film an ascent, or the way from one image to another."),
    "strip": ("units.strip", "Show units at every checkpoint of a training."),
    "changes": ("units.changes", "List the units that changed most between two checkpoints."),
    "study": ("photographs.study", "Analyse a network, for example by a photograph."),
    "explain": ("photographs.explain", "Show where in a photograph a unit looks."),
    "maps": ("photographs.maps", "Draw all maps of a layer for a photograph on one sheet."),
    "watch": ("photographs.watch", "Say what the network sees in a video or before a webcam."),
    "invert": ("photographs.invert", "Rebuild a photograph from what a layer keeps of it."),
    "caricature": ("photographs.caricature", "Exaggerate what a layer sees in photographs."),
    "facets": ("units.facets", "Make an image of every kind of photograph that excites a unit."),
    "nearest": ("photographs.nearest", "Say whether an image is remembered from photographs."),
    "photos": (
        "photographs.photos",
        "Measure photo sets and list strongest photographs.",
    ),
    "make": ("units.make", "Make what a recipe or a survey says."),
    "grid": ("stored.grid", "Put stored results into one picture or PDF."),
    "export": ("stored.export", "Make a website of stored results."),
    "networks": ("networks", "List, describe and check networks."),
    "dissect": ("photographs.dissect", "Say which named things units answer to."),
    "layers": ("networks", "List the layers of a network."),
    "prior": ("priors.prior", "Import, list, measure and check priors."),
    "cache": ("stored.cache", "List, check, prune and hand on the stored results."),
    "train": ("priors.train", "Train a prior on photographs."),
    "evaluate": ("priors.evaluate", "Measure what a prior is worth."),
    "info": ("info", "Show versions, device and folders."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"dgn_explorer.commands.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, f"{name.replace('-', '_')}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Commands, invoke_without_command=True)
@click.version_option(__version__, prog_name="dgn-explorer")
@click.pass_context
def group(ctx: click.Context) -> None:
    """See the image that a unit of a vision network wants to see."""
    if ctx.invoked_subcommand is None:
        command = group.get_command(ctx, "open")
        assert command is not None
        ctx.invoke(command)


def run() -> None:
    """Run the command line; errors that a user can put right end with exit code 2."""
    try:
        code = group.main(prog_name="dgn-explorer", standalone_mode=False)
    except DgnError as error:
        sys.exit(_refuse(f"Error: {error.message}", error.hint))
    except click.Abort:
        say("Aborted!", err=True)
        sys.exit(1)
    except click.ClickException as error:
        sys.exit(_misused(error))
    except Exception as error:
        sys.exit(_failed(error))
    sys.exit(code if isinstance(code, int) else 0)


def _failed(error: Exception) -> int:
    """The exit code; raises ``error`` again if it is a mistake of the program."""
    problem = missing_part(error)
    if problem is not None:
        return _refuse(f"Error: {problem.message}", problem.hint)
    if not isinstance(error, OSError):
        raise error
    if error.errno == errno.EPIPE:  # whoever reads our output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - for the interpreter's end
        return 1
    otherwise = "choose other folders, with DGN_EXPLORER_HOME"
    refusal = disk_error(error, f"use {error.filename or 'a file'}", otherwise)
    return _refuse(f"Error: {refusal.message}", refusal.hint)


def _refuse(*lines: str) -> int:
    say(*lines, err=True)
    return 2


def _misused(error: click.ClickException) -> int:
    """As click says it, but what quotes an argument has no control characters."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    context = getattr(error, "ctx", None)
    if context is not None:
        help_name = context.help_option_names[0]
        say(*context.get_usage().split("\n"), err=True)
        say(f"Try '{context.command_path} {help_name}' for help.", err=True)
    message = " ".join(error.format_message().split("\n\t"))  # a list of choices
    say("", f"Error: {shortened(message)}", err=True)
    return error.exit_code

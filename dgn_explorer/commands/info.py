"""``dgn-explorer info``: what to put into a bug report."""

import importlib.metadata
import platform

import click

from dgn_explorer.commands.options import device_option, json_option
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.machine.logs import log_file
from dgn_explorer.machine.missing import missing_part
from dgn_explorer.machine.threads import MOST, choose_threads, known_threads, measure_again
from dgn_explorer.paths import config_folder, data_folder, log_folder
from dgn_explorer.version import __version__

_PACKAGES = ("torch", "torchvision", "PySide6-Essentials", "qasync", "h5py", "numpy", "pillow")


def versions() -> dict[str, str]:
    """Versions of the program, Python and the packages that matter."""
    found = {"dgn-explorer": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


@click.command("info")
@device_option
@click.option(
    "--use-threads",
    type=click.IntRange(1, MOST),
    default=None,
    help="Use so many CPU threads from now on. Another number rounds differently.",
)
@click.option(
    "--measure-threads",
    is_flag=True,
    help="Measure again how many CPU threads are fastest, best when nothing else runs.",
)
@json_option
def info_command(
    device: str | None, use_threads: int | None, measure_threads: bool, as_json: bool
) -> None:
    """Show versions, device and folders."""
    if use_threads is not None:
        choose_threads(use_threads)
    elif measure_threads:
        measure_again()
    folders = {"data": data_folder(), "config": config_folder(), "log": log_folder()}
    report = {
        "versions": versions(),
        "system": platform.platform(),
        "device": _device(device),
        "folders": {name: str(path) for name, path in folders.items()},
        "log": str(log_file()),
        "threads": _threads(),
    }
    if as_json:
        print_json(report)
        return
    say(f"{'system':20} {report['system']}")
    say(f"{'device':20} {report['device']}")
    say(f"{'CPU threads':20} {report['threads']}")
    for name, value in versions().items():
        say(f"{name:20} {value}")
    for name, path in folders.items():
        say(f"{name + ' folder':20} {path}")
    written = "" if log_file().exists() else " (not written yet)"
    say(f"{'log of the window':20} {log_file()}{written}")


def _threads() -> str:
    known = known_threads()
    return f"{known.threads}, {known.source}" if known is not None else "not measured yet"


def _device(wanted: str | None) -> str:
    """The device in words, or why there is none: a broken torch is what reports are about."""
    try:
        from dgn_explorer.machine.device import choose_device, describe
        from dgn_explorer.machine.threads import use_threads

        chosen = choose_device(wanted)
        use_threads(chosen)
        return describe(chosen)
    except Exception as error:
        problem = missing_part(error)
        if problem is None:
            raise
        return f"none. {problem}"

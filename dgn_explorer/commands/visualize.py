"""``dgn-explorer visualize``: images of units, from the store or by ascent."""

import dataclasses
import sys
import time
from pathlib import Path

import click

from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    print_json,
    prior_option,
)
from dgn_explorer.engine.messages import Finished, Frame, Opened
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.spec_text import parse_spec
from dgn_explorer.priors.info import FLOAT32
from dgn_explorer.synthesis.parameters import PRESETS, WITHOUT_PRIOR, Parameters
from dgn_explorer.synthesis.recipe import Recipe, Term
from dgn_explorer.synthesis.start import RANDOM


@click.command("visualize")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@network_option
@prior_option
@click.option(
    "--method", default="dgn-am", show_default=True, help="dgn-am, or pixels: without a prior."
)
@click.option("--preset", default="default", show_default=True, help="Set of parameters.")
@click.option("--steps", type=int, default=None, help="Ascent steps.  [default: the preset's]")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change one parameter."
)
@click.option(
    "--step-size",
    type=float,
    default=None,
    help="Size of the first step.  [default: found once for each network and prior]",
)
@click.option(
    "--init",
    "photo",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Start from a photograph instead of a random code.",
)
@click.option("--seed", "seeds", type=int, multiple=True, help="Seed; may be given several times.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the PNG files.  [default: the current one]",
)
@device_option
@click.option("--threads", type=click.IntRange(1, 256), default=None, help="CPU threads.")
@json_option
def visualize_command(
    addresses: tuple[str, ...],
    network: str,
    prior: str,
    method: str,
    preset: str,
    steps: int | None,
    settings: tuple[str, ...],
    step_size: float | None,
    photo: Path | None,
    seeds: tuple[int, ...],
    out: Path,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make the images that units want to see.

    ADDRESS is a class name (volcano), class:980, or layer:index[@row,col]. Results that are in the
    store are not computed again.
    """
    from dgn_explorer.commands.session import engine_session
    from dgn_explorer.commands.start_image import start_code
    from dgn_explorer.commands.step_size import gentler, with_step_size
    from dgn_explorer.results.png import file_name, save_png

    if step_size is not None:
        settings = (*settings, f"step_start={step_size}")
    parameters = choose_parameters(method, preset, steps, settings)
    automatic = preset == "default" and not any(s.startswith("step_start=") for s in settings)
    with engine_session(device, threads) as session:
        opened = session.open(network, prior)
        units = [opened.network.resolve(text) for text in addresses]  # all, before the first starts
        make_folder(out)
        if automatic:
            parameters = with_step_size(parameters, opened, network, prior, device)
        start = RANDOM if photo is None else start_code(photo, method, prior, device)
        if photo is not None and automatic:
            parameters = gentler(parameters)
        for unit in units:
            for seed in seeds or (0,):
                recipe = make_recipe(opened, unit, method, parameters, seed, start)
                progress = Progress(f"{unit} {opened.network.label(unit)}".strip())
                started = time.monotonic()
                finished = session.run(recipe, progress.show)
                if finished is None:
                    continue
                seconds = time.monotonic() - started
                name = file_name(network_name(opened), str(unit), opened.network.label(unit), seed)
                path = out / name
                save_png(path, finished.result.image, recipe)
                progress.end(finished, path)
                if as_json:
                    print_json(report(opened, unit, finished, seconds, path))


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


def make_recipe(
    opened: Opened,
    unit: UnitAddress,
    method: str,
    parameters: Parameters,
    seed: int,
    start: str = RANDOM,
) -> Recipe:
    """The recipe for one unit of what is open."""
    with_prior = method not in WITHOUT_PRIOR
    return Recipe(
        network=opened.network.name,
        network_fingerprint=opened.network.fingerprint,
        prior=opened.prior.name if with_prior else "",
        prior_fingerprint=opened.prior.fingerprint if with_prior else "",
        objective=(Term(unit),),
        method=method,
        parameters=parameters,
        seed=seed,
        start=start,
        numeric=opened.numeric if with_prior else FLOAT32,
    )


def network_name(opened: Opened) -> str:
    """The network's name, without its options, and without the folders if it is a path."""
    return Path(parse_spec(opened.network.name)[0]).name


def make_folder(folder: Path) -> None:
    """Make the folder for the files, with its parents; raises `DgnError` if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DgnError(
            f"The folder {str(folder)!r} cannot be made ({error.strerror}).",
            "Choose another one with --out.",
        ) from None


def report(
    opened: Opened, unit: UnitAddress, finished: Finished, seconds: float, path: Path
) -> dict[str, object]:
    """What ``--json`` prints for one image."""
    result = finished.result
    top1 = result.top[0][0] if result.top else None
    labels = opened.network.labels
    return {
        "address": str(unit),
        "label": opened.network.label(unit),
        "seed": result.recipe.seed,
        "steps": result.steps,
        "first_activation": float(result.trace[0]),
        "activation": result.activation,
        "top1": top1,
        "top1_label": labels[top1] if top1 is not None and top1 < len(labels) else "",
        "seconds": round(seconds, 3),
        "cached": finished.cached,
        "path": str(path),
    }


class Progress:
    """One line on stderr for each image; on a terminal it counts up while the ascent runs."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._live = sys.stderr.isatty()

    def show(self, frame: Frame) -> None:
        """Show a frame's numbers."""
        if self._live:
            text = (
                f"\r{self._title}: step {frame.step} of {frame.steps}, activation"
                f" {frame.trace[-1]:.2f}, {frame.seconds_left:.0f} s left "
            )
            click.echo(text, err=True, nl=False)

    def end(self, finished: Finished, path: Path) -> None:
        """Say how it ended."""
        result = finished.result
        source = "from the store" if finished.cached else f"in {result.seconds:.1f} s"
        start = "\r\x1b[K" if self._live else ""
        first, last = result.trace[0], result.trace[-1]
        click.echo(
            f"{start}{self._title}: activation {first:.2f} to {last:.2f} {source}, {path}", err=True
        )
        if finished.notice:
            click.echo(f"Not stored: {finished.notice}", err=True)

"""What the commands that make images share: recipes, progress, reports, folders."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dgn_explorer.commands.terminal import rewrite, say
from dgn_explorer.engine.messages import Failed, Finished, Frame, Opened
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.spec_text import parse_spec
from dgn_explorer.priors.info import FLOAT32
from dgn_explorer.synthesis.parameters import WITHOUT_PRIOR, Parameters
from dgn_explorer.synthesis.recipe import Recipe, Term
from dgn_explorer.synthesis.start import RANDOM

if TYPE_CHECKING:
    import numpy as np


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


def title_of(opened: Opened, recipe: Recipe) -> str:
    """What people call the image: the address and the class of its first unit."""
    unit = recipe.objective[0].unit
    return f"{unit} {opened.network.label(unit)}".strip()


def report(opened: Opened, unit: UnitAddress, finished: Finished, path: Path) -> dict[str, object]:
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
        "seconds": round(0.0 if finished.cached else result.seconds, 3),
        "cached": finished.cached,
        "path": str(path.absolute()),
    }


def write_image(path: Path, image: "np.ndarray", recipe: Recipe) -> Path:
    """Write a PNG with its recipe to ``path``, or beside it if another image lies there.

    Returns where it is; a line on stderr says so if it is not ``path``.
    """
    from dgn_explorer.export.png import free_path, save_png

    free = free_path(path, recipe)
    save_png(free, image, recipe)
    if free != path:
        say(f"{path} is another image, which stays: this one is {free.name}.", err=True)
    return free


class Progress:
    """One line on stderr for each image; on a terminal it counts up while the ascent runs."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._titles = titles
        self._live = sys.stderr.isatty()
        self._ended = 0

    def show(self, place: int, frame: Frame) -> None:
        """Show the numbers of a frame of the image at ``place``."""
        if self._live:
            many = f"{self._ended + 1} of {len(self._titles)}, " if len(self._titles) > 1 else ""
            rewrite(
                f"{many}{self._titles[place]}: step {frame.step} of {frame.steps},"
                f" activation {frame.trace[-1]:.2f}, {frame.seconds_left:.0f} s left "
            )

    def end(self, place: int, finished: Finished, path: Path) -> None:
        """Say how it ended."""
        result = finished.result
        source = "from the store" if finished.cached else f"in {result.seconds:.1f} s"
        first, last = result.trace[0], result.trace[-1]
        self._say(place, f"activation {first:.2f} to {last:.2f} {source}, {path}")
        if finished.notice:
            say(f"Not stored: {finished.notice}", err=True)

    def fail(self, place: int, failed: Failed) -> None:
        """Say what went wrong."""
        self._say(place, failed.message)

    def _say(self, place: int, text: str) -> None:
        self._ended += 1
        if self._live:
            rewrite("")
        say(f"{self._titles[place]}: {text}", err=True)

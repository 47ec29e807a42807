"""What the commands that make images share: making, progress, files, reports."""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dgn_explorer.api import Explorer
from dgn_explorer.commands.terminal import rewrite, say
from dgn_explorer.engine.messages import Failed, Finished, Frame
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.spec_text import parse_spec
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Order
from dgn_explorer.synthesis.combination import label_of
from dgn_explorer.synthesis.kinds import TEXTS
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Chain

Line = dict[str, object]
Name = Callable[[Recipe], str]  # of the image's file, with its suffix

if TYPE_CHECKING:
    import numpy as np


def network_name(explorer: Explorer) -> str:
    """The network's name, without its options, and without the folders if it is a path."""
    return Path(parse_spec(explorer.network.name)[0]).name


def make_folder(folder: Path) -> None:
    """Make the folder for the files, with its parents; raises `DgnError` if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DgnError(
            f"The folder {str(folder)!r} cannot be made ({error.strerror}).",
            "Choose another one with --out.",
        ) from None


def title_of(explorer: Explorer, recipe: Recipe) -> str:
    """What people call the image: the target, and the class of its unit or classes of its units."""
    label = label_of(explorer.network, recipe)
    text = recipe.target.text()
    return text if label == text else f"{text} {label}".strip()


def make_images(
    explorer: Explorer,
    recipes: Sequence[Recipe],
    out: Path,
    name: Name,
    more: Callable[[Record, int], Line] = lambda record, number: {},
    stop_after: int = 0,
) -> Iterator[Line]:
    """Make images, write them below ``out``, and yield what ``--json`` prints of each.

    ``more`` gives what a command adds to that of the image of this number of a record. Each stops
    after ``stop_after`` steps; 0 is for all of them.
    One that fails does not keep the others from being made; `DgnError` is raised at the end.
    """
    make_folder(out)
    progress = ProgressLine([title_of(explorer, recipe) for recipe in recipes])
    failed: list[Failed] = []
    for place, event in explorer.session.run(recipes, stop_after):
        if isinstance(event, Frame):
            progress.show(place, event)
        elif isinstance(event, Failed):
            progress.fail(place, event)
            failed.append(event)
        else:
            paths = _written(event.record, out / name(recipes[place]))
            progress.end(place, event, paths)
            for number, path in enumerate(paths):
                yield {**report(explorer, event, number, path), **more(event.record, number)}
    if len(failed) == 1:
        raise DgnError(failed[0].message, failed[0].hint)
    if failed:
        raise DgnError(
            f"{len(failed)} of {len(recipes)} images could not be made.",
            "What is wrong with each is said above; the others are there.",
        )


def _written(record: Record, path: Path) -> list[Path]:
    from dgn_explorer.export.png import paths_for

    targets = paths_for(path, record.count)
    return [
        write_image(target, image, record.recipe)
        for target, image in zip(targets, record.images, strict=True)
    ]


def report(explorer: Explorer, finished: Finished, number: int, path: Path) -> Line:
    """What ``--json`` prints for the image ``number`` of a record.

    ``address`` and ``label`` are those of this image, in a chain through several units too, and
    ``seconds`` is its share of the record's.
    """
    record = finished.record
    recipe, labels = record.recipe, explorer.network.labels
    target, label = recipe.target, record.label
    if isinstance(target, Chain):
        target = target.at(number)
        names = [explorer.network.label(unit) for unit in target.units]
        label = target.text(names) if any(names) else ""
    top = record.tops[number] if record.tops else ()
    top1 = top[0][0] if top else None
    return {
        "address": target.text(),
        "label": label,
        "seed": recipe.seed,
        "index": number,
        "steps": record.steps,
        "first_activation": _number(record.first_activation),
        "activation": _number(record.activation_of(number)),
        "top1": top1,
        "top1_label": labels[top1] if top1 is not None and top1 < len(labels) else "",
        "seconds": round(0.0 if finished.cached else record.provenance.seconds / record.count, 3),
        "cached": finished.cached,
        **_declared(record, number),
        "path": str(path.absolute()),
    }


def _number(value: float) -> float | None:
    """``value`` for JSON, which has no NaN."""
    return value if math.isfinite(value) else None


def _declared(record: Record, number: int) -> Line:
    """The image's number in every part that its method declares one in for each."""
    parts = [part for part in record.order.about.parts if part.each and part.ndim == 1]
    names = [part.name for part in parts if part.dtype != TEXTS and part.name in record.parts]
    return {name: record.array(name)[number].item() for name in names}


def write_image(path: Path, image: "np.ndarray", order: Order) -> Path:
    """Write a PNG with its order to ``path``, or beside it if another image lies there.

    Returns where it is; a line on stderr says so if it is not ``path``.
    """
    from dgn_explorer.export.png import free_path, save_png

    free = free_path(path, order)
    save_png(free, image, order)
    if free != path:
        say(f"{path} is another image, which stays: this one is {free.name}.", err=True)
    return free


class ProgressLine:
    """One line on stderr for each image; on a terminal it counts up while the ascent runs."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._titles = titles
        self._live = sys.stderr.isatty()
        self._ended = 0

    def show(self, place: int, frame: Frame) -> None:
        """Show the numbers of a frame of the image at ``place``."""
        if self._live:
            many = f"{self._ended + 1} of {len(self._titles)}, " if len(self._titles) > 1 else ""
            value = f", activation {frame.trace[-1]:.2f}" if len(frame.trace) else ""
            rewrite(
                f"{many}{self._titles[place]}: step {frame.step} of {frame.steps}"
                f"{value}, {frame.seconds_left:.0f} s left "
            )

    def end(self, place: int, finished: Finished, paths: Sequence[Path]) -> None:
        """Say how it ended."""
        record = finished.record
        source = "from the store" if finished.cached else f"in {record.provenance.seconds:.1f} s"
        where = str(paths[0]) if len(paths) == 1 else f"{len(paths)} images, {paths[0]} and so on"
        self._say(place, f"{_values(record)} {source}, {where}")
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


def _values(record: Record) -> str:
    """From the first step to the image, or from the lowest to the highest of several images."""
    found = [record.first_activation, record.activation]
    if record.count > 1:
        reached = [record.activation_of(number) for number in range(record.count)]
        found = [min(reached), max(reached)]
    known = [f"{value:.2f}" for value in found if not math.isnan(value)]
    return f"activation {' to '.join(known)}" if known else "made"

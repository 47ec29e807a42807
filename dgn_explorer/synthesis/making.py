"""`make`: from an order to a record. Engine, command line, evaluation, API and cluster use this."""

import datetime
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from dgn_explorer.results.record import DONE, STOPPED, Provenance, Record
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.combination import label_of
from dgn_explorer.synthesis.draft import Clock, Timed
from dgn_explorer.synthesis.kinds import top_parts
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise
from dgn_explorer.synthesis.verdict import activations_of_images, classes_of_images
from dgn_explorer.version import __version__


def make(order: Order, bench: Bench) -> Generator[Progress[Record], None, Record]:
    """Compute ``order`` with what ``bench`` holds; close the generator to cancel.

    Yields after every step; the `partial` of a `Progress` is the record of what is done so far.
    Raises `DgnError` if it fails for a reason that a user can do something about.
    """
    (record,) = yield from make_together((order,), bench)
    return record


def make_together(
    orders: Sequence[Order], bench: Bench
) -> Generator[Progress[Record], None, tuple[Record, ...]]:
    """As `make`, for recipes that one run can compute at once (see `Method.together`)."""
    clock, drafts = Clock(), dict[str, Timed]()

    def draft(recipe: Recipe) -> Timed:
        drafts[recipe.key] = Timed(bench.draft(recipe), lambda: clock.seconds / len(orders))
        return drafts[recipe.key]

    def seconds(order: Order) -> float:
        """Of this run and of those whose work it has gone on from."""
        before = drafts[order.key].before if order.key in drafts else 0.0
        return before + clock.seconds / len(orders)

    work = computing(orders, replace(bench, draft=draft))
    with closing(work):
        while True:
            try:
                with clock:
                    progress: Progress[Made] = next(work)
            except StopIteration as end:
                return _records(orders, end.value, bench, seconds, DONE)
            yield _with_records(progress, orders, bench, seconds)


def computing(
    orders: Sequence[Order], bench: Bench
) -> Generator[Progress[Made], None, tuple[Made, ...]]:
    """The bare algorithm of ``orders``, whose `Made` have no provenance and no verdict yet."""
    about = orders[0].about
    run = about.load()
    return run(bench, tuple(orders)) if about.together else _alone(run(bench, orders[0]))


def finish(work: Generator[object, None, Any]) -> Any:
    """Run ``work`` to its end and return what it comes to."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def _alone(
    work: Generator[Progress[Made], None, Made],
) -> Generator[Progress[Made], None, tuple[Made, ...]]:
    return ((yield from work),)


def _with_records(
    progress: Progress[Made],
    orders: Sequence[Order],
    bench: Bench,
    seconds: Callable[[Order], float],
) -> Progress[Record]:
    kept = progress.partial
    partial = None
    if kept is not None:

        def partial(place: int) -> Record:
            return _records(orders[place : place + 1], [kept(place)], bench, seconds, STOPPED)[0]

    return replace(progress, partial=partial)  # type: ignore[arg-type,return-value]


def _records(
    orders: Sequence[Order],
    made: Sequence[Made],
    bench: Bench,
    seconds: Callable[[Order], float],
    state: str,
) -> tuple[Record, ...]:
    where = Provenance(
        seconds=0.0,
        device=str(bench.device),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        versions=versions(),
    )
    if isinstance(orders[0], Recipe):
        made = _looked_at(orders, made, bench)
    return tuple(
        Record(
            order,
            one.parts,
            one.trace,
            state,
            replace(where, seconds=seconds(order)),
            _label(order, bench),
        )
        for order, one in zip(orders, made, strict=True)
    )


def _looked_at(orders: Sequence[Order], made: Sequence[Made], bench: Bench) -> list[Made]:
    """With what the network makes of the finished 8-bit images: its classes, and the activation.

    The last value of a single image's trace becomes that of the image that is kept, not of the cut
    that the ascent saw last; methods that make several images give ``activations`` themselves, and
    the classes too where looking at all of them at once would take long.
    """
    if all("top_classes" in one.parts for one in made):
        return list(made)
    images = [np.asarray(one.parts["images"]) for one in made]
    tops = classes_of_images(bench.network, np.concatenate(images), bench.prior)
    single = [
        isinstance(order, Recipe)
        and isinstance(order.target, Maximise)
        and len(image) == 1
        and "activations" not in one.parts
        for order, one, image in zip(orders, made, images, strict=True)
    ]
    reached: list[float] = []
    if all(single):
        recipes = [order for order in orders if isinstance(order, Recipe)]
        found = activations_of_images(bench.network, bench.prior, recipes, np.concatenate(images))
        reached = found.tolist()
    finished, at = [], 0
    for place, (one, image) in enumerate(zip(made, images, strict=True)):
        trace = one.trace
        if reached:
            trace = trace.copy()
            trace[-1] = reached[place]
        parts = {**one.parts, **top_parts(tuple(tops[at : at + len(image)]))}
        finished.append(Made(parts, trace))
        at += len(image)
    return finished


def _label(order: Order, bench: Bench) -> str:
    return "" if isinstance(order, Survey) else label_of(bench.network.info, order)


def versions() -> dict[str, str]:
    """What decides the last bits of a result besides its recipe and the device."""
    return {
        "dgn-explorer": __version__,
        "torch": torch.__version__,
        "threads": str(torch.get_num_threads()),
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }

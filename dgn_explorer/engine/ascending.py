"""One ascent for one or several jobs: its frames, its end, and what a cancelled job keeps."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from dgn_explorer.engine.halting import until_cancelled
from dgn_explorer.engine.messages import Frame
from dgn_explorer.engine.queue import Job
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.runners import RUNNERS
from dgn_explorer.synthesis.step import Step
from dgn_explorer.synthesis.trace import Trace
from dgn_explorer.synthesis.verdict import Classes, activations_of_images, classes_of_images

FRAME_INTERVAL_S = 1 / 30


@dataclass(frozen=True)
class Made:
    """What a job has come to: image (H, W, 3) uint8, code (K,) and trace (steps,) float32.

    The trace ends with the image's own activation, and ``top`` are the image's classes.
    ``seconds`` is the job's share of the time; ``complete`` if it ran to the end.
    """

    job: Job
    image: np.ndarray
    code: np.ndarray
    trace: np.ndarray
    top: Classes
    seconds: float
    complete: bool


def ascend(
    jobs: list[Job],
    network: Network,
    prior: Prior | None,
    start: np.ndarray | None,
    show: Callable[[Frame], None],
    between: Callable[[], None],
) -> Iterator[Made]:
    """Ascend for ``jobs`` at once, which share everything but their units and seeds.

    Yields each when it has ended: a cancelled one after the step that runs, the others together;
    nothing for those that were cancelled before the first step. Calls ``between`` after every step.
    """
    left = list(enumerate(jobs))
    trace: Trace | None = None
    last: Step | None = None
    started = time.monotonic()
    next_frame = 0.0
    turn = 0  # the jobs take turns in being shown
    recipes = [job.recipe for job in jobs]
    with closing(RUNNERS[recipes[0].method](network, prior, recipes, start)) as steps:
        for step in until_cancelled(steps, lambda: all(job.cancel.is_set() for job in jobs)):
            last = step
            trace = trace or Trace(step.total, len(jobs), step.activations.device)
            trace.add(step.activations)
            stopped = [(row, job) for row, job in left if job.cancel.is_set()]
            if 0 < len(stopped) < len(left):
                yield from _made(stopped, step, trace, network, prior, started)
                left = [one for one in left if one not in stopped]
            now = time.monotonic()
            if now >= next_frame:
                next_frame = now + FRAME_INTERVAL_S
                row, job = left[turn % len(left)]
                turn += 1
                seconds_left = (now - started) / (step.index + 1) * (step.total - step.index - 1)
                image, so_far = step.preview(row), trace.of(row)
                show(Frame(job.number, step.index + 1, step.total, image, so_far, seconds_left))
            between()
    if last is not None and trace is not None:
        yield from _made(left, last, trace, network, prior, started)


def _made(
    rows: list[tuple[int, Job]],
    step: Step,
    trace: Trace,
    network: Network,
    prior: Prior | None,
    started: float,
) -> Iterator[Made]:
    images, codes = step.images(), step.codes()
    places = [row for row, _ in rows]
    recipes = [job.recipe for _, job in rows]
    reached = activations_of_images(network, prior, recipes, images[places]).tolist()
    tops = classes_of_images(network, images[places], prior)
    seconds = (time.monotonic() - started) / len(images)
    complete = step.index + 1 == step.total
    for (row, job), value, top in zip(rows, reached, tops, strict=True):
        values = trace.of(row)
        values[-1] = value  # of the image that is kept, not of the cut that the ascent saw last
        yield Made(job, images[row], codes[row], values, top, seconds, complete)

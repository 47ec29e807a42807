"""One ascent for one or several jobs: its frames, its end, and what a cancelled job keeps."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch

from dgn_explorer.engine.halting import until_cancelled
from dgn_explorer.engine.messages import Frame
from dgn_explorer.engine.queue import Job
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.runners import RUNNERS
from dgn_explorer.synthesis.step import Step

FRAME_INTERVAL_S = 1 / 30


@dataclass(frozen=True)
class Made:
    """What a job has come to: image (H, W, 3) uint8, code (K,) and trace (steps,) float32.

    ``seconds`` is the job's share of the time; ``complete`` if it ran to the end.
    """

    job: Job
    image: np.ndarray
    code: np.ndarray
    trace: np.ndarray
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
    activations: list[torch.Tensor] = []
    last: Step | None = None
    started = time.monotonic()
    next_frame = 0.0
    turn = 0  # the jobs take turns in being shown
    recipes = [job.recipe for job in jobs]
    with closing(RUNNERS[recipes[0].method](network, prior, recipes, start)) as steps:
        for step in until_cancelled(steps, lambda: all(job.cancel.is_set() for job in jobs)):
            last = step
            activations.append(step.activations)
            stopped = [(row, job) for row, job in left if job.cancel.is_set()]
            if 0 < len(stopped) < len(left):
                yield from _made(stopped, step, activations, started, len(jobs))
                left = [one for one in left if one not in stopped]
            now = time.monotonic()
            if now >= next_frame:
                next_frame = now + FRAME_INTERVAL_S
                row, job = left[turn % len(left)]
                turn += 1
                seconds_left = (now - started) / (step.index + 1) * (step.total - step.index - 1)
                trace = _traces(activations)[:, row]
                image = step.preview()[row]
                show(Frame(job.number, step.index + 1, step.total, image, trace, seconds_left))
            between()
    if last is not None:
        yield from _made(left, last, activations, started, len(jobs))


def _made(
    rows: list[tuple[int, Job]],
    step: Step,
    activations: list[torch.Tensor],
    started: float,
    together: int,
) -> Iterator[Made]:
    images, codes, traces = step.images(), step.codes(), _traces(activations)
    seconds = (time.monotonic() - started) / together
    complete = step.index + 1 == step.total
    for row, job in rows:
        yield Made(job, images[row], codes[row], traces[:, row], seconds, complete)


def _traces(activations: list[torch.Tensor]) -> np.ndarray:
    return torch.stack(activations).float().cpu().numpy()

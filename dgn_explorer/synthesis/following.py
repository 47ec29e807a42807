"""From the steps of an ascent to the `Progress` and the `Made` that every method gives."""

from collections.abc import Generator
from contextlib import closing

from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.step import Step
from dgn_explorer.synthesis.trace import Trace


def follow(steps: Generator[Step, None, None]) -> Generator[Progress[Made], None, tuple[Made, ...]]:
    """Report every step of an ascent of N images; returns what each has come to.

    A `Progress` is to be asked before the next step is computed.
    """
    trace: Trace | None = None
    last: Step | None = None
    with closing(steps):
        for step in steps:
            last = step
            trace = trace or Trace(step.total, len(step.activations), step.activations.device)
            trace.add(step.activations)
            yield _progress(step, trace)
    assert last is not None and trace is not None
    return tuple(_made(last, trace))


def _progress(step: Step, trace: Trace) -> Progress[Made]:
    return Progress(
        step.index + 1,
        step.total,
        picture=step.preview,
        trace=trace.of,
        partial=lambda place: _made(step, trace)[place],
    )


def _made(step: Step, trace: Trace) -> list[Made]:
    images, codes = step.images(), step.codes()
    return [
        Made({"images": images[n : n + 1], "codes": codes[n : n + 1]}, trace.of(n))
        for n in range(len(images))
    ]

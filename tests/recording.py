"""Recordings without a GPU: what was recorded runs again, on the tensors of its first run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from torch import Tensor

from dgn_explorer.machine import graphs
from dgn_explorer.machine.graphs import Function
from dgn_explorer.synthesis.methods.dgn_am import passes
from tests import device


def record_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> list[Function]:
    """Let passes on a CPU be recorded as on a GPU; returns the list of what has been.

    As a graph does, a replay computes what the first function computes, with everything that it
    did not take as a tensor, and leaves the results where it left the first ones.
    """
    recorded: list[Function] = []

    def capture(
        function: Function, inputs: Sequence[Tensor]
    ) -> tuple[tuple[Tensor, ...], Callable[[], None]]:
        recorded.append(function)
        outputs = function(*inputs)

        def replay() -> None:
            for kept, new in zip(outputs, function(*inputs), strict=True):
                kept.copy_(new)

        return outputs, replay

    monkeypatch.setattr(graphs, "records", lambda device: True)
    monkeypatch.setattr(graphs, "capture", capture)
    return recorded


@contextmanager
def as_it_is(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ascents inside are made as on a CPU, without recordings."""
    with monkeypatch.context() as plainly:
        plainly.setattr(passes, "static", lambda device: False)
        plainly.setattr(graphs, "records", lambda device: False)
        yield


def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on ascents are made of recordings, on whatever device there is."""
    monkeypatch.setattr(passes, "static", lambda device: True)
    if not device.DEVICE.startswith("cuda"):
        record_on_a_cpu(monkeypatch)

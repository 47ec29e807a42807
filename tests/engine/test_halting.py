"""Cancelling in the middle of a pass."""

import threading
from collections.abc import Generator

import pytest
import torch
from torch import nn
from torch.nn.modules import module as torch_modules

from dgn_explorer.engine.halting import until_cancelled
from dgn_explorer.synthesis.ascent import make_step
from dgn_explorer.synthesis.step import Step


class Counting(nn.Module):
    """Sets ``cancel`` in call number ``at`` and counts its calls."""

    def __init__(self, cancel: threading.Event, at: int) -> None:
        super().__init__()
        self.cancel, self.at, self.calls = cancel, at, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.calls == self.at:
            self.cancel.set()
        return x


def steps_of(net: nn.Module, total: int, closed: list[bool]) -> Generator[Step, None, None]:
    try:
        for i in range(total):
            x = net(torch.zeros(1, 3))
            yield make_step(i, total, x.sum(1), x, x)
    finally:
        closed.append(True)


@pytest.mark.parametrize(("at", "steps", "calls"), [(1, 0, 1), (5, 1, 5), (6, 2, 6), (99, 4, 12)])
def test_no_module_runs_after_the_cancel(at: int, steps: int, calls: int) -> None:
    cancel = threading.Event()
    counting = Counting(cancel, at)
    net = nn.Sequential(counting, counting, counting)  # a step calls it three times
    closed: list[bool] = []
    seen = list(until_cancelled(steps_of(net, 4, closed), cancel.is_set))
    assert [step.index for step in seen] == list(range(steps))
    assert counting.calls == calls
    assert closed == [True]
    assert not torch_modules._global_forward_pre_hooks


def test_between_two_steps_others_run_freely() -> None:
    cancel = threading.Event()
    net = nn.Identity()
    for _ in until_cancelled(steps_of(net, 3, []), cancel.is_set):
        cancel.set()
        assert net(torch.ones(1)).item() == 1  # an interactive job in the middle of a batch job

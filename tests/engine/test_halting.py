"""The driver: cancelling in the middle of a pass, and making room between two steps."""

import threading
from collections.abc import Generator

import pytest
import torch
from torch import nn
from torch.nn.modules import module as torch_modules

from dgn_explorer.engine.driver import drive
from dgn_explorer.synthesis.progress import Progress


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


def steps_of(
    net: nn.Module, total: int, closed: list[bool]
) -> Generator[Progress[None], None, str]:
    try:
        for i in range(total):
            net(torch.zeros(1, 3))
            yield Progress(i + 1, total)
        return "whole"
    finally:
        closed.append(True)


def nothing() -> None:
    pass


@pytest.mark.parametrize(("at", "steps", "calls"), [(1, 0, 1), (5, 1, 5), (6, 2, 6), (99, 4, 12)])
def test_no_module_runs_after_the_cancel(at: int, steps: int, calls: int) -> None:
    cancel = threading.Event()
    counting = Counting(cancel, at)
    net = nn.Sequential(counting, counting, counting)  # a step calls it three times
    closed: list[bool] = []
    seen: list[int] = []
    outcome = drive(steps_of(net, 4, closed), cancel.is_set, lambda p: seen.append(p.done), nothing)
    assert seen == list(range(1, steps + 1))
    assert outcome == ("whole" if steps == 4 else None)
    assert counting.calls == calls
    assert closed == [True]
    assert not torch_modules._global_forward_pre_hooks


def test_between_two_steps_others_run_freely() -> None:
    cancel = threading.Event()
    net = nn.Identity()

    def make_room() -> None:
        cancel.set()
        assert net(torch.ones(1)).item() == 1  # an interactive job in the middle of a batch job

    assert drive(steps_of(net, 3, []), cancel.is_set, lambda p: None, make_room) is None


def test_what_is_whole_is_not_cancelled_any_more() -> None:
    cancel = threading.Event()
    outcome = drive(steps_of(nn.Identity(), 1, []), cancel.is_set, lambda p: cancel.set(), nothing)
    assert outcome == "whole"

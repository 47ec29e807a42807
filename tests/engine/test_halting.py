"""The driver: cancelling in the middle of a pass, and making room between two steps."""

import threading
import time
from collections.abc import Generator

import pytest
import torch
from torch import nn
from torch.nn.modules import module as torch_modules

from dgn_explorer.engine.driver import drive
from dgn_explorer.engine.halting import _LOOK_S, halting
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


class Back(nn.Module):
    """Takes longer than a look; counts its passes back, and sets ``cancel`` in number ``at``."""

    def __init__(self, cancel: threading.Event, at: int) -> None:
        super().__init__()
        self.cancel, self.at, self.passes = cancel, at, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        time.sleep(2 * _LOOK_S)
        if x.requires_grad:
            x.register_hook(self._back)
        return x * 2

    def _back(self, gradient: torch.Tensor) -> None:
        self.passes += 1
        if self.passes == self.at:
            self.cancel.set()


def test_the_pass_back_is_left_as_well() -> None:
    cancel = threading.Event()
    back = Back(cancel, at=4)
    net = nn.Sequential(back, back, back)  # three passes back a step

    def steps() -> Generator[Progress[None], None, str]:
        for i in range(4):
            x = torch.ones(1, requires_grad=True) * 1
            net(x).sum().backward()
            yield Progress(i + 1, 4)
        return "whole"

    seen: list[int] = []
    assert drive(steps(), cancel.is_set, lambda p: seen.append(p.done), nothing) is None
    assert (seen, back.passes) == ([1], 4)
    assert not torch_modules._global_forward_pre_hooks


def test_hooks_of_the_pass_back_change_no_gradient() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.Conv2d(8, 8, 3), nn.ReLU())
    x = torch.randn(1, 3, 12, 12, requires_grad=True)

    def gradient() -> torch.Tensor:
        return torch.autograd.grad(net(x).sum(), x)[0]

    bare = gradient()
    with halting(lambda: False):
        hooked = gradient()
    assert torch.equal(bare, hooked)


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

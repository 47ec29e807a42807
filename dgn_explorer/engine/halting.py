"""Cancelling in the middle of a step: a pass through a large network may take a while."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook

_LOOK_S = 0.008  # a look on the way back for so much of the way there


class _Halted(BaseException):
    """Leaves a forward pass; a BaseException, so that no network can swallow it."""


@contextmanager
def halting(cancelled: Callable[[], bool]) -> Iterator[None]:
    """Leave the block once ``cancelled`` says so, between any two modules of a pass.

    On a CPU the pass back is left as well, where the gradient comes by a module's input: at one
    module every few milliseconds, as a hook at each would slow the step down. The hook lives only
    in the block, so that other work that runs between two steps is not halted by it. Passes that
    never call a module end with their step.
    """
    next_look = 0.0

    def look(module: nn.Module, inputs: Any) -> None:
        nonlocal next_look
        if cancelled():
            raise _Halted
        now = time.perf_counter()
        if now >= next_look and inputs and _comes_back(inputs[0]):
            next_look = now + _LOOK_S
            inputs[0].register_hook(look_back)

    def look_back(gradient: Tensor) -> None:
        if cancelled():
            raise _Halted

    hook = register_module_forward_pre_hook(look)
    try:
        yield
    except _Halted:
        pass
    finally:
        hook.remove()


def _comes_back(value: Any) -> bool:
    """Whether a gradient for ``value`` is wanted, and comes on this thread."""
    on_cpu = isinstance(value, Tensor) and value.device.type == "cpu"
    return on_cpu and value.requires_grad and torch.is_grad_enabled()

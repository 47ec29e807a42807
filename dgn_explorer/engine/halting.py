"""Cancelling in the middle of a step: a pass through a large network may take a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook


class _Halted(BaseException):
    """Leaves a forward pass; a BaseException, so that no network can swallow it."""


@contextmanager
def halting(cancelled: Callable[[], bool]) -> Iterator[None]:
    """Leave the block once ``cancelled`` says so, between any two modules of a pass.

    The hook that looks for it lives only in the block, so that other work that runs between two
    steps is not halted by it. Passes that never call a module end with their step.
    """

    def look(module: nn.Module, inputs: Any) -> None:
        if cancelled():
            raise _Halted

    hook = register_module_forward_pre_hook(look)
    try:
        yield
    except _Halted:
        pass
    finally:
        hook.remove()

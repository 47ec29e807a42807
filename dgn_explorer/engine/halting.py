"""Cancelling in the middle of a step: a pass through a large network may take a while."""

import threading
from collections.abc import Generator, Iterator
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from dgn_explorer.synthesis.step import Step


class _Halted(BaseException):
    """Leaves a forward pass; a BaseException, so that no network can swallow it."""


def until_cancelled(steps: Generator[Step, None, None], cancel: threading.Event) -> Iterator[Step]:
    """The ``steps`` until they end or ``cancel`` is set, between any two modules of a pass.

    The hook that looks for it lives only while a step is computed, so that another job that runs
    between two steps is not halted by it. Passes that never call a module end with their step.
    """

    def look(module: nn.Module, inputs: Any) -> None:
        if cancel.is_set():
            raise _Halted

    while not cancel.is_set():
        hook = register_module_forward_pre_hook(look)
        try:
            step = next(steps)
        except (StopIteration, _Halted):
            return
        finally:
            hook.remove()
        yield step

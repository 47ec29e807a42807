"""What a network keeps from one pass to the next, besides its weights.

A module may keep something of an image: a mean that is taken once, a mask, a counter. After the
passes that show what a network gives *as it came*, that is put back, so that the passes which are
compared with them start from the same state; whatever came of another image then shows.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin

# torch's own, which only change by being replaced
_TORCHS = frozenset({"_parameters", "_modules", "_buffers", "training", "_graph", "_code"})


class KeptState:
    """A module's attributes and buffers at one moment.

    Its own attributes, lists, dictionaries and sets of it, and buffers; not what lies deeper.
    """

    def __init__(self, module: nn.Module) -> None:
        self._modules = [
            (child, dict(_attributes(child)), _buffers(child))
            for child in module.modules()
            if not isinstance(child, LazyModuleMixin)  # the first pass makes its weights
        ]
        self._inside = {
            id(value): (value, value.copy())
            for _, attributes, _ in self._modules
            for value in attributes.values()
            if type(value) in (list, dict, set)
        }

    def restore(self) -> None:
        """Put it back."""
        for child, attributes, buffers in self._modules:
            for name in [name for name, _ in _attributes(child) if name not in attributes]:
                del child.__dict__[name]
            child.__dict__.update(attributes)
            for name in [name for name in child._buffers if name not in buffers]:
                del child._buffers[name]
            for name, value in buffers.items():
                child._buffers[name] = _put_back(child._buffers.get(name), value)
        for value, before in self._inside.values():
            value.clear()
            value.extend(before) if isinstance(value, list) else value.update(before)


def _attributes(module: nn.Module) -> Iterator[tuple[str, Any]]:
    for name, value in module.__dict__.items():
        if name not in _TORCHS and "hooks" not in name:
            yield name, value


def _buffers(module: nn.Module) -> dict[str, Tensor | None]:
    return {k: None if v is None else v.detach().clone() for k, v in module._buffers.items()}


def _put_back(now: Tensor | None, before: Tensor | None) -> Tensor | None:
    if now is None or before is None or now.shape != before.shape:
        return before
    if not torch.equal(now, before.to(now.dtype)):
        with torch.no_grad(), suppress(RuntimeError):  # an expanded tensor cannot be written to
            now.copy_(before)  # it may have become float32, which it stays
    return now

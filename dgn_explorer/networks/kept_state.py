"""What a network keeps from one pass to the next, besides its weights.

A module may keep something of an image: a mean that is taken once, a mask, a counter. After the
passes that show what a network gives *as it came*, that is put back, so that the passes which are
compared with them start from the same state; whatever came of another image then shows.
"""

from collections.abc import Iterator
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin

# The first pass makes the weights of lazy modules, and scripts keep their state in C++
_OTHERS = (LazyModuleMixin, torch.jit.ScriptModule)
# torch's own attributes, which only change by being replaced
_TORCHS = frozenset({"_parameters", "_modules", "_buffers", "training", "_graph", "_code"})


class KeptState:
    """A module's attributes and buffers at one moment.

    Its attributes, those of plain objects that they are, lists, dictionaries and sets of both, and
    buffers; not what lies deeper, nor what stands outside of the network.
    """

    def __init__(self, module: nn.Module) -> None:
        modules = [child for child in module.modules() if not isinstance(child, _OTHERS)]
        self._buffers = [(child, _buffers(child)) for child in modules]
        self._holders: dict[int, tuple[Any, dict[str, Any]]] = {
            id(child): (child, dict(_attributes(child))) for child in modules
        }
        for _, attributes in list(self._holders.values()):
            for value in attributes.values():
                if _is_plain(value):
                    self._holders.setdefault(id(value), (value, dict(_attributes(value))))
        self._inside = {
            id(value): (value, value.copy())
            for _, attributes in self._holders.values()
            for value in attributes.values()
            if type(value) in (list, dict, set)
        }

    def restore(self) -> None:
        """Put it back."""
        for holder, attributes in self._holders.values():
            for name in [name for name, _ in _attributes(holder) if name not in attributes]:
                del holder.__dict__[name]
            holder.__dict__.update(attributes)
        for child, buffers in self._buffers:
            for name in [name for name in child._buffers if name not in buffers]:
                del child._buffers[name]
            for name, value in buffers.items():
                child._buffers[name] = _put_back(child._buffers.get(name), value)
        for value, before in self._inside.values():
            value.clear()
            value.extend(before) if isinstance(value, list) else value.update(before)


def _is_plain(value: Any) -> bool:
    """Whether it is an object of a class of Python's, with attributes to keep something in."""
    torchs = (nn.Module, Tensor, type, ModuleType, FunctionType)
    return hasattr(value, "__dict__") and not isinstance(value, torchs)


def _attributes(holder: Any) -> Iterator[tuple[str, Any]]:
    for name, value in holder.__dict__.items():
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

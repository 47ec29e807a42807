"""The layer tree, and reading activations from it.

A unit's activation is read *before* the ReLU that follows it, so that a dead unit still has a
gradient (the published DGN-AM code maximises pre-ReLU values too). One traced forward pass finds,
for every module, whether what it returns came out of an activation module; if so, the activation's
input is read instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from dgn_explorer.networks.info import LayerInfo

_ACTIVATIONS = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Hardswish,
    nn.Hardsigmoid,
    nn.Sigmoid,
    nn.Tanh,
    nn.Mish,
    nn.PReLU,
)
_PASS_THROUGH = (nn.Dropout, nn.Dropout2d, nn.Identity, nn.Flatten)


@dataclass(frozen=True)
class ReadPoint:
    """Where a layer's activation is: the ``call``-th run of ``module``, its input or its output."""

    module: str
    call: int
    side: str  # "input" or "output"


class _Reached(BaseException):  # noqa: N818 - no error: everything asked for has been read
    """Stops a forward pass; a BaseException, so that no network can swallow it."""


def trace(module: nn.Module, example: Tensor) -> tuple[tuple[LayerInfo, ...], dict[str, ReadPoint]]:
    """List the layers of ``module`` in the order they finish, from one pass over ``example``.

    ``example`` is (1, C, H, W), preprocessed. Layers are the modules that return one tensor of
    shape (1, C) or (1, C, H, W), without activations and modules that pass their input on.
    """
    calls: dict[str, int] = {}
    infos: dict[str, LayerInfo] = {}
    points: dict[str, ReadPoint] = {}
    produced: dict[int, ReadPoint] = {}  # id of an activation's output -> where its input is read
    alive: list[Tensor] = []  # keeps those ids unique during the pass

    def record(path: str, child: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        call = calls.get(path, 0)
        calls[path] = call + 1
        if not isinstance(output, Tensor) or output.shape[0] != 1 or output.ndim not in (2, 4):
            return
        if isinstance(child, _ACTIVATIONS):
            produced[id(output)] = ReadPoint(path, call, "input")
            alive.append(output)
        elif path and not isinstance(child, _PASS_THROUGH) and path not in points:
            spatial = (output.shape[2], output.shape[3]) if output.ndim == 4 else None
            infos[path] = LayerInfo(path, type(child).__name__, output.shape[1], spatial)
            points[path] = produced.get(id(output), ReadPoint(path, call, "output"))

    handles = [
        child.register_forward_hook(
            lambda child, inputs, output, path=path: record(path, child, inputs, output)
        )
        for path, child in module.named_modules()
    ]
    try:
        with torch.no_grad():
            module(example)
    finally:
        for handle in handles:
            handle.remove()
    return tuple(infos.values()), points


class ActivationReader:
    """Runs a module up to the last of some read points; its hooks live as long as the ``with``.

    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> with ActivationReader(net, [ReadPoint("0", 0, "output")]) as read:
    ...     [tuple(a.shape) for a in read(torch.zeros(5, 4))]
    [(5, 3)]
    """

    def __init__(self, module: nn.Module, points: Iterable[ReadPoint]) -> None:
        self._module = module
        self._points = list(points)
        self._found: dict[ReadPoint, Tensor] = {}
        self._calls: dict[tuple[str, str], int] = {}
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> "ActivationReader":
        for name, side in {(point.module, point.side) for point in self._points}:
            child = self._module.get_submodule(name)
            if side == "input":
                hook: Any = lambda _, inputs, key=(name, side): self._keep(key, inputs[0])  # noqa: E731
                self._handles.append(child.register_forward_pre_hook(hook))
            else:
                hook = lambda _, inputs, output, key=(name, side): self._keep(key, output)  # noqa: E731
                self._handles.append(child.register_forward_hook(hook))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._found.clear()

    def __call__(self, x: Tensor) -> list[Tensor]:
        """Activations (N, C) or (N, C, H, W), one for each read point, for the input ``x``."""
        self._found.clear()
        self._calls.clear()
        try:
            self._module(x)
        except _Reached:
            pass
        return [self._found[point] for point in self._points]

    def _keep(self, key: tuple[str, str], value: Tensor) -> None:
        call = self._calls.get(key, 0)
        self._calls[key] = call + 1
        point = ReadPoint(key[0], call, key[1])
        if point in self._points:
            self._found[point] = value
            if len(self._found) == len(set(self._points)):
                raise _Reached

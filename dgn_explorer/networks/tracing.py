"""Finding the layers of a network from one forward pass.

A unit's activation is read *before* the ReLU that follows it, so that a dead unit still has a
gradient (the published DGN-AM code maximises pre-ReLU values too). The pass finds, for every
module, whether what it returns came out of an activation; if so, the activation's input is read.
"""

from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.networks.info import LayerInfo
from dgn_explorer.networks.reading import (
    ActivationFunctions,
    ReadPoint,
    channels_first,
    first_tensor,
)

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
_PASS_THROUGH = (
    nn.Dropout,
    nn.Dropout2d,
    nn.Flatten,
    nn.Identity,
    nn.ReflectionPad2d,
    nn.ReplicationPad2d,
    nn.ZeroPad2d,
)


class _Trace:
    """What one pass has shown so far."""

    def __init__(self) -> None:
        self.infos: dict[str, LayerInfo] = {}
        self.points: dict[str, ReadPoint] = {}
        self.result: str = ""  # the layer that made the network's own output
        self._calls: dict[str, int] = {}
        self._produced: dict[int, ReadPoint] = {}  # id of an activation's output -> its input
        self._sources: dict[int, int] = {}  # id of an activation's output -> id of its input
        self._makers: dict[int, str] = {}  # id of an output -> the first layer that returned it
        self._alive: list[Tensor] = []  # keeps those ids unique during the pass

    def activation(self, call: int, source: Tensor, output: Any) -> None:
        """An activation function ran."""
        if isinstance(output, Tensor):
            self._produced[id(output)] = ReadPoint("", call, "activation")
            self._sources[id(output)] = id(source)
            self._alive += [source, output]

    def module(self, path: str, child: nn.Module, inputs: tuple[Any, ...], returned: Any) -> None:
        """A module has finished."""
        call = self._calls.get(path, 0)
        self._calls[path] = call + 1
        output = first_tensor(returned)
        if output is None:
            return
        self._alive.append(output)
        source = inputs[0] if inputs and isinstance(inputs[0], Tensor) else None
        if source is not None:
            self._alive.append(source)
            # All it does is one activation: read its input by a hook, which costs less than a mode
            alone = id(output) in self._sources and self._sources[id(output)] == id(source)
            if isinstance(child, _ACTIVATIONS) or (alone and not list(child.children())):
                self._produced[id(output)] = ReadPoint(path, call, "input")
                return
        passed_on = output is source or isinstance(child, _PASS_THROUGH)
        if not path:
            self.result = self._makers.get(id(output), "")
        elif not passed_on and path not in self.points and output.is_floating_point():
            self._add(path, child, call, output)

    def _add(self, path: str, child: nn.Module, call: int, output: Tensor) -> None:
        layout = _layout(child, output)
        if layout is None:
            return
        shape = channels_first(output, layout).shape
        self.infos[path] = LayerInfo(
            path=path,
            kind=getattr(child, "original_name", type(child).__name__),
            channels=shape[1],
            spatial=(shape[2], shape[3]) if len(shape) == 4 else None,
            pooled=layout == "tokens",
        )
        point = self._produced.get(id(output), ReadPoint(path, call, "output"))
        self.points[path] = ReadPoint(point.module, point.call, point.side, layout)
        self._makers.setdefault(id(output), path)


def trace(module: nn.Module, example: Tensor) -> tuple[tuple[LayerInfo, ...], dict[str, ReadPoint]]:
    """List the layers of ``module`` in the order they finish, from one pass over ``example``.

    ``example`` is (1, C, H, W), preprocessed. Layers are the modules that return one tensor of
    shape (1, C), (1, C, H, W), (1, H, W, C) or (1, tokens, C), without activations and modules
    that pass their input on.
    """
    layers, points, _ = trace_with_result(module, example)
    return layers, points


def trace_with_result(
    module: nn.Module, example: Tensor
) -> tuple[tuple[LayerInfo, ...], dict[str, ReadPoint], str]:
    """As `trace`, and the path of the layer whose output the network returns, or ``""``."""
    seen = _Trace()
    handles = [
        child.register_forward_hook(
            lambda child, inputs, output, path=path: seen.module(path, child, inputs, output)
        )
        for path, child in module.named_modules()
    ]
    try:
        with torch.no_grad(), ActivationFunctions(seen.activation):
            module(example)
    finally:
        for handle in handles:
            handle.remove()
    return tuple(seen.infos.values()), seen.points, seen.result


def _layout(child: nn.Module, output: Tensor) -> str | None:
    """How units lie in ``output`` (1, ...), or None if it has none that we know."""
    if output.shape[0] != 1 or 0 in output.shape:
        return None
    if output.ndim == 2:
        return "channels_first"
    if output.ndim == 3:
        return "tokens"
    if output.ndim != 4:
        return None
    _, first, second, third = output.shape
    if isinstance(child, nn.Linear):
        return "channels_last"
    # Inputs are square, and so are maps: (1, 7, 7, 768) can only have its channels last
    return "channels_last" if first == second != third else "channels_first"

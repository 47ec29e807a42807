"""Finding the layers of a network from one forward pass.

A unit's activation is read *before* the ReLU that follows it, so that a dead unit still has a
gradient (the published DGN-AM code maximises pre-ReLU values too). The pass finds, for every
module, whether what it returns came out of an activation; if so, the activation's input is read.
Every module is listed, or listed as not readable with the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from dgn_explorer.networks.axes import Axes
from dgn_explorer.networks.axis_products import Roles
from dgn_explorer.networks.info import LayerInfo
from dgn_explorer.networks.reading import (
    ActivationFunctions,
    ReadPoint,
    channels_first,
    first_tensor,
)

MOST_RUNS = 32  # of one module that are listed

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
    nn.Dropout1d,
    nn.Dropout2d,
    nn.AlphaDropout,
    nn.FeatureAlphaDropout,
    nn.Flatten,
    nn.Identity,
    nn.ReflectionPad2d,
    nn.ReplicationPad2d,
    nn.ZeroPad2d,
)
_SILENT = "It does not run by itself on an image."
_SCRIPT = "It is a part in TorchScript, whose layers cannot be read inside another network."
_NEVER_RUN = (nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)
_UNITS_SECOND = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
)


@dataclass(frozen=True)
class Traced:
    """The layers of a network and where each is read, in the order they finish.

    ``unreadable`` are modules whose units cannot be shown; their `LayerInfo.unreadable` says why.
    ``result`` is the path of the layer whose output the network returns, or ``""``; ``alike`` are
    those whose output has the shape of the network's, which may be their scaled or normed scores.
    """

    layers: tuple[LayerInfo, ...]
    points: dict[str, ReadPoint]
    unreadable: tuple[LayerInfo, ...] = ()
    result: str = ""
    alike: tuple[str, ...] = ()

    def without(self, reasons: dict[str, str]) -> "Traced":
        """The same, with the layers ``reasons`` (path -> why) as not readable."""
        moved = [replace(x, unreadable=reasons[x.path]) for x in self.layers if x.path in reasons]
        return Traced(
            tuple(x for x in self.layers if x.path not in reasons),
            {path: point for path, point in self.points.items() if path not in reasons},
            (*self.unreadable, *moved),
            "" if self.result in reasons else self.result,
            tuple(path for path in self.alike if path not in reasons),
        )


def trace(module: nn.Module, example: Tensor) -> tuple[tuple[LayerInfo, ...], dict[str, ReadPoint]]:
    """List the layers of ``module`` in the order they finish, from one pass over ``example``.

    ``example`` is (1, C, H, W), preprocessed. Layers are the modules that return a tensor with one
    axis of units and up to two of positions, without activations and modules that pass their input
    on. Of several tensors (a tuple or dict), the layer is ``logits`` or the first. The second run
    of a module is the layer ``path#2``.
    """
    traced = trace_all(module, example)
    return traced.layers, traced.points


def trace_all(module: nn.Module, example: Tensor) -> Traced:
    """As `trace`, with what cannot be read, and the layer whose output the network returns."""
    return traced_pass(module, example)[0]


def traced_pass(module: nn.Module, example: Tensor) -> tuple[Traced, Any]:
    """As `trace_all`, and what the network returned in that pass."""
    with torch.no_grad(), Axes(example) as axes:
        seen = _Trace(axes)
        handles = []
        for path, child in module.named_modules():
            if isinstance(child, torch.jit.ScriptModule):  # it takes no hooks
                continue
            handles += [
                child.register_forward_pre_hook(
                    lambda child, inputs, path=path: seen.begin(path, inputs)
                ),
                child.register_forward_hook(
                    lambda child, inputs, output, path=path: seen.end(path, child, inputs, output)
                ),
            ]
        try:
            with ActivationFunctions(seen.activation):
                output = module(example * 1)  # a copy: it may work in place on its input
        finally:
            for handle in handles:
                handle.remove()
    seen.mark_changed()
    seen.add_silent(module)
    layers = tuple(seen.infos.values())
    return Traced(layers, seen.points, tuple(seen.closed), seen.result, seen.alike), output


@dataclass(frozen=True)
class _State:
    """A tensor as it is at one moment: in-place functions count its version up."""

    tensor: Tensor
    version: int

    @staticmethod
    def of(tensor: Tensor) -> "_State":
        return _State(tensor, -1 if tensor.is_inference() else tensor._version)

    def same(self, other: "_State | None") -> bool:
        return other is not None and self.tensor is other.tensor and self.version == other.version


@dataclass
class _Trace:
    """What one pass has shown so far."""

    axes: Axes
    infos: dict[str, LayerInfo] = field(default_factory=dict)
    points: dict[str, ReadPoint] = field(default_factory=dict)
    closed: list[LayerInfo] = field(default_factory=list)
    result: str = ""  # the layer that made the network's own output
    alike: tuple[str, ...] = ()
    _runs: dict[str, int] = field(default_factory=dict)
    _begun: list[_State | None] = field(default_factory=list)
    # What an activation made -> (its version, where its input is, its input)
    _produced: Any = field(default_factory=WeakTensorKeyDictionary)
    _made: list[tuple[_State, str]] = field(default_factory=list)  # outputs and their first layers
    _read: dict[str, _State] = field(default_factory=dict)  # what each layer reads

    def activation(self, call: int, source: Tensor, output: Any) -> None:
        """An activation function is about to run (``output`` is None), or has run."""
        if output is None:
            self._begun.append(_State.of(source))
            return
        begun = self._begun.pop()
        if isinstance(output, Tensor):
            self._produced[output] = _State.of(output), ReadPoint("", call, "activation"), begun

    def begin(self, path: str, inputs: tuple[Any, ...]) -> None:
        """A module is about to run."""
        first = inputs[0] if inputs and isinstance(inputs[0], Tensor) else None
        self._begun.append(None if first is None else _State.of(first))

    def end(self, path: str, child: nn.Module, inputs: tuple[Any, ...], returned: Any) -> None:
        """A module has finished."""
        source = self._begun.pop()
        call = self._runs.get(path, 0)
        self._runs[path] = call + 1
        output = first_tensor(returned)
        if output is None:
            self._close(path, child, call, "It returns no tensor.")
            return
        state = _State.of(output)
        made = self._activated(state)
        if made is not None and source is not None:
            alone = source.same(made[2]) and not list(child.children())
            if type(child) in _ACTIVATIONS or alone:
                # All it does is one activation: read its input by a hook, which costs less than a
                # mode
                self._produced[output] = state, ReadPoint(path, call, "input"), source
                return
        if not path:
            self.result = next((name for one, name in self._made if one.same(state)), "")
            shape = output.shape
            self.alike = tuple(x for x in self.infos if self._read[x].tensor.shape == shape)
        elif not state.same(source) and type(child) not in _PASS_THROUGH:
            self._add(path, child, call, state, made)

    def mark_changed(self) -> None:
        """Layers whose tensor was changed after they were read keep a copy."""
        for path, state in self._read.items():
            if not _State.of(state.tensor).same(state) or state.tensor.is_inference():
                self.points[path] = replace(self.points[path], copied=True)

    def add_silent(self, module: nn.Module) -> None:
        """Modules with weights that did not run: the outermost of them."""
        names = {id(child): path for path, child in module.named_modules()}
        quiet: list[str] = []
        for path, child in module.named_modules(remove_duplicate=False):
            first = names[id(child)]
            if first != path:
                if not first.startswith(f"{path}.") and self._runs.get(first) and path:
                    self._close(path, child, 0, f"It is the same module as {first}.")
                continue
            ran = any(name == path or name.startswith(f"{path}.") for name in self._runs)
            inside = any(path.startswith(f"{name}.") for name in quiet)
            holds = next(child.parameters(), None) is not None
            if path and not ran and not inside and holds and not isinstance(child, _NEVER_RUN):
                quiet.append(path)
                script = isinstance(child, torch.jit.ScriptModule)
                self._close(path, child, 0, _SCRIPT if script else _SILENT)

    def _activated(self, state: _State) -> tuple[_State, ReadPoint, _State] | None:
        found: tuple[_State, ReadPoint, _State] | None = self._produced.get(state.tensor)
        return found if found is not None and found[0].version == state.version else None

    def _add(
        self,
        path: str,
        child: nn.Module,
        call: int,
        state: _State,
        made: tuple[_State, ReadPoint, _State] | None,
    ) -> None:
        output = state.tensor
        axes = _order(child, output, self.axes[output])
        if isinstance(axes, str):
            self._made.append((state, run_name(path, call)))
            self._close(path, child, call, axes)
            return
        if call >= MOST_RUNS:
            self._close(path, child, call, f"It runs more than {MOST_RUNS} times.")
            return
        name = run_name(path, call)
        shape = channels_first(output, axes).shape
        self.infos[name] = LayerInfo(
            path=name,
            kind=_kind(child),
            channels=shape[1],
            spatial=(shape[2], shape[3]) if len(shape) == 4 else None,
            pooled=len(axes or shape) == 3,
        )
        point, read = (made[1], made[2]) if made else (ReadPoint(path, call, "output"), state)
        self.points[name] = replace(point, axes=axes)
        self._read[name] = read
        self._made.append((state, name))

    def _close(self, path: str, child: nn.Module, call: int, reason: str) -> None:
        if path and call <= MOST_RUNS:
            name = run_name(path, call)
            self.closed.append(LayerInfo(name, _kind(child), 0, None, unreadable=reason))


def run_name(path: str, call: int) -> str:
    """The layer's name of the ``call``-th run (from 0) of a module.

    >>> run_name("conv", 0), run_name("conv", 1)
    ('conv', 'conv#2')
    """
    return f"{path}#{call + 1}" if call else path


def _kind(child: nn.Module) -> str:
    return str(getattr(child, "original_name", type(child).__name__))


def _order(child: nn.Module, output: Tensor, roles: Roles | None) -> tuple[int, ...] | str:
    """The order of axes that gives (N, C, ...), or why ``output`` has no units to show."""
    shape = "x".join(map(str, output.shape))
    if not output.is_floating_point():
        return f"It returns {str(output.dtype).removeprefix('torch.')} values, not activations."
    if 0 in output.shape or output.ndim == 0:
        return f"It returns {shape or 'one number'}: no units."
    roles = roles if roles is not None and "?" not in roles else _guessed(child, output, roles)
    if roles is None:
        lost = "units" if output.shape[0] == 1 and roles is None else "images"
        return f"It returns {shape}: which axis holds the {lost} is not known."
    if "F" in roles:
        return f"It returns {shape}: images and positions share an axis."
    if "G" in roles:
        return f"It returns {shape}: images and units share an axis."
    units = [axis for axis, role in enumerate(roles) if role in "CD"]
    if len(units) != 1:
        several = "its units lie along several axes" if units else "no axis holds units"
        return f"It returns {shape}: {several}."
    if roles.count("N") > 1 or len(roles) - 1 - roles.count("N") > 2:
        return f"It returns {shape}: more than two axes of positions."
    # Where the axis of images was squeezed away, it is put back in front
    shift = 0 if "N" in roles else 1
    images = roles.index("N") if "N" in roles else 0
    places = [axis + shift for axis, role in enumerate(roles) if role == "P"]
    order = (images, units[0] + shift, *places)
    alike = order == tuple(range(len(order))) and not shift
    return () if alike and len(order) != 3 else order


def _guessed(child: nn.Module, output: Tensor, roles: Roles | None) -> Roles | None:
    """Of a tensor made by functions that nothing is known of: from the module and the shape."""
    if output.shape[0] != 1 or output.ndim not in (2, 3, 4):
        return None
    single = roles is not None and sum(r in "CD" for r in roles) == 1
    if roles is not None and single and roles[0] in "N?" and not {"F", "G", "N"} & set(roles[1:]):
        return ("N", *("C" if r in "CD" else "P" for r in roles[1:]))
    first: Iterable[str] = ("N", "C")
    if output.ndim == 2:
        return tuple(first)
    if isinstance(child, _UNITS_SECOND):
        return (*first, *("P" for _ in output.shape[2:]))
    last = ("N", *("P" for _ in output.shape[2:]), "C")
    if isinstance(child, nn.Linear | nn.LayerNorm):
        return last
    # Inputs are square, and so are maps: (1, 7, 7, 768) can only have its channels last
    one, two = (output.shape[i] == output.shape[i + 1] for i in (1, -2))
    if output.ndim == 3 or one == two:
        return None
    return last if one else ("N", "C", "P", "P")

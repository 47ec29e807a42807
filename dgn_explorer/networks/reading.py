"""Reading activations: where a layer's activation is, and running a network just that far."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

# Functions that networks call without a module around them. In-place forms end in "_".
_ACTIVATION_FUNCTIONS = frozenset(
    {
        *("celu", "elu", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "mish"),
        *("prelu", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "tanh", "threshold"),
    }
)
_CLAMPS = frozenset({"clamp", "clamp_min", "clip"})  # a ReLU if the lower limit is 0


@dataclass(frozen=True)
class ReadPoint:
    """Where a layer's activation is.

    ``side`` is ``input`` or ``output``: of the ``call``-th run of ``module``; or ``activation``:
    the input of the ``call``-th activation function of the whole pass (``module`` is empty).
    ``layout`` is how the tensor lies there: ``channels_first`` (N, C[, H, W]), ``channels_last``
    (N, H, W, C) or ``tokens`` (N, T, C).
    """

    module: str
    call: int
    side: str
    layout: str = "channels_first"


class Reached(BaseException):
    """Stops a forward pass; a BaseException, so that no network can swallow it."""


def first_tensor(output: Any) -> Tensor | None:
    """The tensor in a module's output: itself, ``logits`` of a mapping, or the first inside.

    >>> import torch
    >>> first_tensor((torch.zeros(2), None)).shape
    torch.Size([2])
    """
    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping):
        return first_tensor(output["logits"] if "logits" in output else tuple(output.values()))
    if isinstance(output, tuple | list):
        return next((x for x in map(first_tensor, output) if x is not None), None)
    return None


def channels_first(value: Tensor, layout: str) -> Tensor:
    """Bring (N, C[, H, W]), (N, H, W, C) or (N, T, C) to (N, C) or (N, C, H, W); T becomes H."""
    if layout == "channels_last":
        return value.permute(0, 3, 1, 2)
    if layout == "tokens":
        return value.permute(0, 2, 1).unsqueeze(3)
    return value


class ActivationFunctions(TorchFunctionMode):
    """Reports every activation function of a forward pass, also those called without a module.

    Hooks cannot see ``F.relu(a + b)``; torch's function mode can.
    """

    def __init__(self, report: Callable[[int, Tensor, Any], None]) -> None:
        """``report`` gets the number of the call, its input, and its output or None before it."""
        super().__init__()
        self._report = report
        self._calls = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if not _is_activation(func, args, kwargs):
            return func(*args, **kwargs)
        source = args[0] if args else kwargs["input"]
        call, self._calls = self._calls, self._calls + 1
        self._report(call, source, None)
        output = func(*args, **kwargs)
        self._report(call, source, output)
        return output


def _is_activation(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    name = getattr(func, "__name__", "").split(".")[0].removesuffix("_")
    if name in _CLAMPS:
        low = args[1] if len(args) > 1 else kwargs.get("min")
        return isinstance(low, int | float) and low == 0
    return name in _ACTIVATION_FUNCTIONS and isinstance(
        args[0] if args else kwargs.get("input"), Tensor
    )


class ActivationReader:
    """Runs a module up to the last of some read points.

    Hooks live only during a call, so that two readers of one module never meet, however their
    users take turns (an interactive ascent runs in the middle of a paused batch); registering
    them costs microseconds.

    >>> import torch
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> read = ActivationReader(net, [ReadPoint("0", 0, "output")])
    >>> [tuple(a.shape) for a in read(torch.zeros(5, 4))]
    [(5, 3)]
    """

    def __init__(self, module: nn.Module, points: Iterable[ReadPoint]) -> None:
        self._module = module
        self._points = list(points)

    def __call__(self, x: Tensor) -> list[Tensor]:
        """Activations (N, C) or (N, C, H, W), one for each read point, for the input ``x``."""
        found = _Found(self._points)
        with ExitStack() as hooks:
            for name, side in {(point.module, point.side) for point in self._points}:
                if side == "activation":
                    hooks.enter_context(ActivationFunctions(found.keep_source))
                    continue
                child = self._module.get_submodule(name)
                if side == "input":
                    handle = child.register_forward_pre_hook(partial(found.keep_input, name))
                else:
                    handle = child.register_forward_hook(partial(found.keep_output, name))
                hooks.callback(handle.remove)
            with suppress(Reached):
                self._module(x)
        return [channels_first(found[point], point.layout) for point in self._points]


class _Found:
    """What one forward pass has read so far; raises `Reached` when that is everything."""

    def __init__(self, points: Iterable[ReadPoint]) -> None:
        self._wanted = {(point.module, point.call, point.side) for point in points}
        self._values: dict[tuple[str, int, str], Tensor] = {}
        self._calls: Counter[tuple[str, str]] = Counter()

    def __getitem__(self, point: ReadPoint) -> Tensor:
        return self._values[point.module, point.call, point.side]

    def keep_input(self, name: str, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._keep(name, "input", inputs[0])

    def keep_output(
        self, name: str, module: nn.Module, inputs: tuple[Any, ...], output: Any
    ) -> Tensor | None:
        value = first_tensor(output)
        if value is None or not self._keep(name, "output", value):
            return None
        # The pass goes on: without a copy, a ReLU that works in place would overwrite what was read
        return value.clone() if value is output else None

    def keep_source(self, call: int, source: Tensor, output: Any) -> None:
        if output is None:
            self._store(("", call, "activation"), source)

    def _keep(self, name: str, side: str, value: Tensor) -> bool:
        call = self._calls[name, side]
        self._calls[name, side] += 1
        return self._store((name, call, side), value)

    def _store(self, point: tuple[str, int, str], value: Tensor) -> bool:
        if point not in self._wanted:
            return False
        self._values[point] = value
        if len(self._values) == len(self._wanted):
            raise Reached
        return True

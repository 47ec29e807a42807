"""Reading activations: where a layer's activation is, and running a network just that far."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.pass_memory import checked_pass

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
    ``axes`` is the order of the tensor's axes that gives (N, C), (N, C, T) or (N, C, H, W); empty
    where they lie so. ``copied`` says that the network goes on to change the tensor in place, so
    that a copy is kept.
    """

    module: str
    call: int
    side: str
    axes: tuple[int, ...] = ()
    copied: bool = False


class Reached(BaseException):
    """Stops a forward pass; a BaseException, so that no network can swallow it."""


def first_tensor(output: Any) -> Tensor | None:
    """The tensor in a module's output: itself, its ``logits``, or the first inside.

    Outputs may be tensors, mappings, sequences, dataclasses, and objects with ``logits``.

    >>> import torch
    >>> first_tensor((torch.zeros(2), None)).shape
    torch.Size([2])
    """
    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping):
        return first_tensor(output["logits"] if "logits" in output else tuple(output.values()))
    if (logits := getattr(output, "logits", None)) is not None:
        return first_tensor(logits)
    if dataclasses.is_dataclass(output):
        return first_tensor([getattr(output, x.name) for x in dataclasses.fields(output)])
    if isinstance(output, tuple | list):
        return next((x for x in map(first_tensor, output) if x is not None), None)
    return None


def channels_first(value: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Bring a layer's tensor to (N, C) or (N, C, H, W) in float32; T of (N, C, T) becomes H.

    A network that squeezes its tensors drops the axis of a single image: it is put back.

    >>> import torch
    >>> channels_first(torch.zeros(1, 9, 5), (0, 2, 1)).shape
    torch.Size([1, 5, 9, 1])
    """
    if value.ndim == len(axes) - 1:
        value = value.unsqueeze(0)
    if axes:
        value = value.permute(axes)
    if value.ndim == 3:
        value = value.unsqueeze(3)
    return value.float()


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
        if not is_activation(func, args, kwargs):
            return func(*args, **kwargs)
        source = args[0] if args else kwargs["input"]
        call, self._calls = self._calls, self._calls + 1
        self._report(call, source, None)
        output = func(*args, **kwargs)
        self._report(call, source, output)
        return output


def is_activation(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether a call that torch's function mode sees is one of an activation function."""
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
        self._all = frozenset(self._points)

    def __call__(self, x: Tensor) -> list[Tensor]:
        """Activations (N, C) or (N, C, H, W), one for each read point, for the input ``x``."""
        return self._run(x, whole=False)[0]

    def to_the_end(self, x: Tensor) -> tuple[list[Tensor], Any]:
        """As a call, and what the module returns."""
        return self._run(x, whole=True)

    def _run(self, x: Tensor, whole: bool) -> tuple[list[Tensor], Any]:
        found = _Found(self._points, whole)
        output = None
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
            with checked_pass(self._module, x, (self._all, whole)), suppress(Reached):
                output = self._module(x)
        return [channels_first(found[point], point.axes) for point in self._points], output


_Place = tuple[str, int, str]


class _Found:
    """What one forward pass has read so far; raises `Reached` when that is all that is wanted."""

    def __init__(self, points: Iterable[ReadPoint], whole: bool) -> None:
        self._copied: dict[_Place, bool] = {}
        for point in points:
            place = (point.module, point.call, point.side)
            self._copied[place] = point.copied or self._copied.get(place, False)
        self._whole = whole
        self._values: dict[_Place, Tensor] = {}
        self._calls: Counter[tuple[str, str]] = Counter()

    def __getitem__(self, point: ReadPoint) -> Tensor:
        try:
            return self._values[point.module, point.call, point.side]
        except KeyError:
            raise DgnError(
                f"A layer did not run in this pass ({point.module or 'activation'}, run"
                f" {point.call + 1}): the network takes another way for this image or batch.",
                "Read another layer, or one image at a time.",
            ) from None

    def keep_input(self, name: str, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        # a call by keyword counts, but has no input here; the trace reads it elsewhere
        self._keep(name, "input", inputs[0] if inputs else None)

    def keep_output(
        self, name: str, module: nn.Module, inputs: tuple[Any, ...], output: Any
    ) -> None:
        self._keep(name, "output", first_tensor(output))

    def keep_source(self, call: int, source: Tensor, output: Any) -> None:
        if output is None:
            self._store(("", call, "activation"), source)

    def _keep(self, name: str, side: str, value: Any) -> None:
        call = self._calls[name, side]
        self._calls[name, side] += 1
        self._store((name, call, side), value)

    def _store(self, place: _Place, value: Any) -> None:
        if place not in self._copied or not isinstance(value, Tensor):
            return
        self._values[place] = value.clone() if self._copied[place] else value
        if len(self._values) == len(self._copied) and not self._whole:
            raise Reached

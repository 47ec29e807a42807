"""Grad-CAM: which parts of a layer's maps speak for the unit (Selvaraju et al. 2017)."""

from collections import Counter
from contextlib import ExitStack
from typing import Any

import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.reading import ReadPoint, channels_first, first_tensor, is_activation
from dgn_explorer.studies.saliency.scene import Attribution, Forward, Scene

_CHANNELS_LAST = (0, 3, 1, 2)
_GATES = ("sigmoid", "hardsigmoid")  # what they put out is multiplied with maps


def grad_cam(scene: Scene, layer: str) -> Forward:
    """ReLU of the layer's maps, added up by their mean gradients, enlarged bilinearly.

    Without a ``layer`` it is the last map that an activation function puts out before the unit's
    own layer: the maps of what comes before that function have signs that the network never uses.
    Not normalised. Raises `DgnError` if there is no map.
    """
    rgb = scene.watched()
    values, source, axes = _named(scene, rgb, layer) if layer else _last(scene, rgb)
    maps, size = channels_first(source.detach(), axes), scene.rgb.shape[-1]

    def finish(found: Tensor) -> Attribution:
        weights = channels_first(found, axes).mean((2, 3), keepdim=True)
        coarse = (weights * maps).sum(1, keepdim=True).relu()
        fine = F.interpolate(coarse, (size, size), mode="bilinear", align_corners=False)
        return Attribution(fine[0, 0])

    return Forward(scene, values, source, finish)


def _last(scene: Scene, rgb: Tensor) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """The unit's layer, the last map before it, and the order of its axes."""
    with _Maps() as found:
        values = scene.values(rgb)
    for value, version, axes in reversed(found.maps):
        if value._version == version:
            return values, value, axes
    raise DgnError(
        f"{scene.network.info.name} has no maps behind an activation function before"
        f" {scene.unit.layer}.",
        "Name a layer with maps for Grad-CAM, or choose gradient.",
    )


def _named(scene: Scene, rgb: Tensor, layer: str) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    info = scene.network.info.layer(layer)
    if info.spatial is None or info.spatial == (1, 1):
        raise DgnError(f"{info.path} has no maps.", "Name a layer with maps for Grad-CAM.")
    point = scene.network.read_points[info.path]
    held = _Held(scene, point)
    values = held.run(rgb)
    if held.value is None or held.value._version != held.version or info.path == scene.unit.layer:
        raise DgnError(
            f"{info.path} does not come before {scene.unit.layer}, or cannot be held there.",
            "Name another layer, before the unit's own.",
        )
    return values, held.value, point.axes


class _Maps(TorchFunctionMode):
    """Keeps the last two maps that activation functions put out, with version and axes."""

    def __init__(self) -> None:
        super().__init__()
        self.maps: list[tuple[Tensor, int, tuple[int, ...]]] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        gate = getattr(func, "__name__", "").split(".")[0].removesuffix("_") in _GATES
        if gate or not is_activation(func, args, kwargs):
            return output
        if isinstance(output, Tensor) and output.ndim == 4:
            _, one, two, three = output.shape
            # a square photograph has square maps, which tells the axis of the channels
            if two == three > 1:
                self.maps = [*self.maps[-1:], (output, output._version, ())]
            elif one == two > 1:
                self.maps = [*self.maps[-1:], (output, output._version, _CHANNELS_LAST)]
        return output


class _Held:
    """Keeps a layer's own tensor in a pass, and lets the network go on with a copy of it."""

    def __init__(self, scene: Scene, point: ReadPoint) -> None:
        self._scene, self._point = scene, point
        self._calls: Counter[str] = Counter()
        self.value: Tensor | None = None
        self.version = 0

    def run(self, rgb: Tensor) -> Tensor:
        """What the unit's layer puts out."""
        point = self._point
        with ExitStack() as hooks:
            if point.side == "activation":
                hooks.enter_context(_Sources(self, point.call))
            else:
                child = self._scene.network.module.get_submodule(point.module)
                if point.side == "input":
                    handle = child.register_forward_pre_hook(self._before)
                else:
                    handle = child.register_forward_hook(self._after)
                hooks.callback(handle.remove)
            return self._scene.values(rgb)

    def keep(self, value: Tensor) -> None:
        """This is the layer's tensor."""
        self.value, self.version = value, value._version

    def _due(self) -> bool:
        self._calls["run"] += 1
        return self._calls["run"] - 1 == self._point.call

    def _before(self, module: Any, inputs: tuple[Any, ...]) -> Any:
        if not self._due() or not isinstance(inputs[0], Tensor):
            return None
        self.keep(inputs[0])
        return inputs[0].clone(), *inputs[1:]

    def _after(self, module: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        value = first_tensor(output) if self._due() else None
        if value is None:
            return None
        self.keep(value)
        return value.clone() if value is output else None


class _Sources(TorchFunctionMode):
    """Keeps the input of the ``call``-th activation function."""

    def __init__(self, held: _Held, call: int) -> None:
        super().__init__()
        self._held, self._left = held, call

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if is_activation(func, args, kwargs):
            if self._left == 0:
                self._held.keep(args[0] if args else kwargs["input"])
            self._left -= 1
        return func(*args, **kwargs)

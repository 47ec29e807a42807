"""Guided backprop and DeconvNet: another way back through every ReLU.

Networks call their ReLUs as modules or as bare functions (``F.relu6(x)``); hooks on modules miss
the latter, and what came out would silently be the plain gradient. Torch's function mode sees both.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from dgn_explorer.errors import DgnError
from dgn_explorer.studies.saliency.scene import Attribution, Forward, Scene

_MAX_POOLS = frozenset(
    f"max_pool{axes}d{ending}" for axes in (1, 2, 3) for ending in ("", "_with_indices")
)
_INPLACE = {"relu": 1, "relu6": 1, "hardtanh": 3, "threshold": 3}  # which argument says so
_MISSING = object()


def guided(scene: Scene, layer: str) -> Forward:
    """Gradients pass a ReLU where it was open and they are positive (Springenberg et al. 2015)."""
    return _through(scene, guided=True)


def deconvnet(scene: Scene, layer: str) -> Forward:
    """The unit's signal, 1, back through transposed filters (Zeiler & Fergus 2014).

    ReLUs let what is positive pass, open or not. Where it goes in an image is decided by the
    switches of max-pooling alone, which are those of the photograph: without max-pooling the map
    would be the same for any photograph, so `DgnError` is raised.
    """
    return _through(scene, guided=False)


def _through(scene: Scene, guided: bool) -> Forward:
    rgb = scene.watched()
    with Rectifiers(guided) as rule:
        values = scene.values(rgb)
    name, info = "Guided backprop" if guided else "DeconvNet", scene.network.info
    if not rule.rectifiers:
        raise DgnError(
            f"{name} changes the way back through ReLUs, and {info.name} has none that can be"
            f" reached before {scene.unit.layer}.",
            "Choose gradient, integrated or grad-cam.",
        )
    if not guided and not rule.max_pools:
        raise DgnError(
            f"DeconvNet cannot tell places apart in {info.name}: it has no max-pooling before"
            f" {scene.unit.layer}, so the map would be a grid that is the same for any photograph.",
            "Choose guided instead.",
        )
    return Forward(scene, values, rgb, Attribution.of_colours)


class Rectifiers(TorchFunctionMode):
    """Gives every ReLU of a forward pass the way back of guided backprop or DeconvNet.

    ReLUs are ``relu``, ``relu6``, and ``hardtanh``, ``clamp`` or ``threshold`` from 0 on. Other
    activation functions keep their own gradient. ``rectifiers`` and ``max_pools`` count.
    """

    def __init__(self, guided: bool) -> None:
        super().__init__()
        self._guided = guided
        self.rectifiers = self.max_pools = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").split(".")[0]
        self.max_pools += name in _MAX_POOLS
        plain = name.removesuffix("_")
        top = _top(plain, args, kwargs)
        if top is None:
            return func(*args, **kwargs)
        self.rectifiers += 1
        source: Tensor = args[0] if args else kwargs["input"]
        output: Tensor = _Rule.apply(source, top, self._guided)  # type: ignore[no-untyped-call]
        place = _INPLACE.get(plain)
        in_place = name != plain or (place and _argument(args, kwargs, place, "inplace") is True)
        return source.copy_(output) if in_place else output


class _Rule(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, top: float, guided: bool) -> Tensor:
        # the mask and not x is kept, because a network may go on to change x in place
        ctx.open = (x > 0) & (x < top) if guided else None
        return x.clamp(0, None if math.isinf(top) else top)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        positive = gradient.clamp_min(0)
        return (positive if ctx.open is None else positive * ctx.open), None, None


def _top(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> float | None:
    """Where the ReLU called ``name`` is cut off above; None for what is no ReLU."""
    if not isinstance(args[0] if args else kwargs.get("input"), Tensor):
        return None
    if name in ("relu", "relu6"):
        return math.inf if name == "relu" else 6.0
    low: Any = _MISSING
    high: Any = None
    if name == "hardtanh":
        low = _argument(args, kwargs, 1, "min_val")
        high = _argument(args, kwargs, 2, "max_val")
        high = 1.0 if high is _MISSING else high
    elif name in ("clamp", "clip"):
        low, high = _argument(args, kwargs, 1, "min"), _argument(args, kwargs, 2, "max")
    elif name == "clamp_min":
        low = _argument(args, kwargs, 1, "min")
    elif name == "threshold" and _argument(args, kwargs, 2, "value") == 0:
        low = _argument(args, kwargs, 1, "threshold")
    if not isinstance(low, int | float) or low != 0:
        return None
    if high is None or high is _MISSING:
        return math.inf
    return float(high) if isinstance(high, int | float) and high > 0 else None


def _argument(args: tuple[Any, ...], kwargs: Mapping[str, Any], place: int, name: str) -> Any:
    return args[place] if len(args) > place else kwargs.get(name, _MISSING)

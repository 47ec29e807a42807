"""A network entered at one of its layers: what lies above it, fed with values of that layer.

The modules below are replaced by what they gave once, so that a pass costs what lies above. All
weights are shared with the network, in which nothing changes.
"""

import copy
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.networks.network import Network
from dgn_explorer.networks.pass_memory import checked_pass, watch_like
from dgn_explorer.networks.preprocessing import Preprocessing
from dgn_explorer.networks.reading import ReadPoint, first_tensor


def entered(network: Network, layer: str, size: int) -> Network | None:
    """``network`` as one that takes values (N, F) of ``layer``, flattened, instead of images.

    ``size`` is that of images, in pixels, for which the layer gives that many values. None if it
    cannot be entered there, which is tried with two images of noise: where the layer is read
    between modules, where something goes round it to what lies above, in programs without modules.

    >>> from dgn_explorer.networks.opening import open_network
    >>> found = entered(open_network("lite0", torch.device("cpu")), "blocks.15", 128)
    >>> tuple(found.module(torch.zeros(2, 320 * 4 * 4)).shape)
    (2, 1000)
    """
    point = network.read_points[layer]
    if point.axes or point.call or not point.module:
        return None
    try:
        grey, noise = (network.preprocessing(image) for image in _tried(size, network.device))
        module = watch_like(_Entered(network.module, point, grey), network.module)
        there = _run(network.module, point, noise)
        given, wanted = (first_tensor(x) for x in (module(there.values.flatten(1)), there.output))
    except Exception:  # each kind of network has its own words for parts that do not fit
        return None
    if given is None or wanted is None or not _same(given, wanted):
        return None
    return replace(network, module=module, preprocessing=_NO_IMAGE)


class _AsItIs(Preprocessing):
    """None: values of a layer are no image."""

    def __call__(self, rgb: Tensor) -> Tensor:
        return rgb


_NO_IMAGE = _AsItIs(mean=(0.0,) * 3, std=(1.0,) * 3)


class _Entered(nn.Module):
    """A module with a tree of its own, in which one child gives what it is fed with."""

    _root: nn.Module
    _fed: "_Fed"

    def __init__(self, module: nn.Module, point: ReadPoint, image: Tensor) -> None:
        super().__init__()
        found = _run(module, point, image)
        layer = module.get_submodule(point.module)
        fed = _Fed(layer if point.side == "input" else None)
        below = {name: _Kept(value) for name, value in found.below.items()}
        root = _exchanged(module, {**below, point.module: fed})
        self._image, self._shape = image, found.values.shape[1:]
        self._modules = root._modules  # under the names that read points have, and no others:
        self.__dict__.update(_root=root, _fed=fed)

    def forward(self, values: Tensor) -> Any:
        """What the network gives for ``values`` (N, F) of the layer."""
        self._fed.values = values.reshape(len(values), *self._shape)  # other numbers are refused
        return self._root(self._image)


class _Fed(nn.Module):
    """In the place of the layer: gives what it is fed with, or what ``after`` makes of that."""

    def __init__(self, after: nn.Module | None) -> None:
        super().__init__()
        self.after, self.values = after, torch.empty(0)

    def forward(self, *given: Any) -> Any:
        return self.values if self.after is None else self.after(self.values)


class _Kept(nn.Module):
    """In the place of a module below the layer: gives what that gave for one image."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = value

    def forward(self, *given: Any) -> Tensor:
        return self.value.clone()  # what follows may work in place


@dataclass(frozen=True)
class _Pass:
    """The layer's ``values``, what modules ``below`` it gave, and the network's ``output``."""

    values: Tensor
    below: Mapping[str, Tensor]
    output: Any


@torch.no_grad()
def _run(module: nn.Module, point: ReadPoint, image: Tensor) -> _Pass:
    calls: list[tuple[str, Any]] = []

    def note(name: str, part: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        before = name == point.module and point.side == "input"
        value = inputs[0] if before else output
        calls.append((name, value.clone() if isinstance(value, Tensor) else value))

    with ExitStack() as hooks, checked_pass(module, image):
        for name in _around(module, point.module):
            handle = module.get_submodule(name).register_forward_hook(partial(note, name))
            hooks.callback(handle.remove)
        output = module(image)
    names = [name for name, _ in calls]
    layer = names.index(point.module)
    once = [i for i in range(layer) if names.count(names[i]) == 1]
    return _Pass(calls[layer][1], {names[i]: calls[i][1] for i in once}, output)


def _around(module: nn.Module, layer: str) -> Iterator[str]:
    """The paths of ``layer`` and of all modules beside it or beside what it lies in."""
    path = ""
    for name in layer.split("."):
        yield from (f"{path}{x}" for x, _ in module.get_submodule(path[:-1]).named_children())
        path = f"{path}{name}."


def _exchanged(module: nn.Module, parts: Mapping[str, nn.Module], path: str = "") -> nn.Module:
    """A copy of ``module`` with ``parts`` in the place of its own; all others are shared."""
    made = copy.copy(module)
    made._modules = dict(module._modules)
    for name, child in module._modules.items():
        inside = f"{path}{name}."
        if path + name in parts:
            made._modules[name] = parts[path + name]
        elif child is not None and any(part.startswith(inside) for part in parts):
            made._modules[name] = _exchanged(child, parts, inside)
    return made


def _tried(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """A grey image, and two of noise."""
    noise = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    return torch.full((1, 3, size, size), 0.5, device=device), noise.to(device)


def _same(given: Tensor, wanted: Tensor) -> bool:
    """Whether ``given`` and ``wanted`` (2, ...) are the same, and those of two images differ."""
    if given.shape != wanted.shape or torch.equal(wanted[0], wanted[1]):
        return False
    far = (given - wanted).abs().max()
    return bool(far <= 1e-3 * (wanted[0] - wanted[1]).abs().max())

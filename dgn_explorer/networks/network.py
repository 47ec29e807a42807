"""`Network`: a frozen module with its preprocessing, layers and labels."""

import copy
import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.machine.graphs import Graphs
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.networks.packed import pack, unpack
from dgn_explorer.networks.pass_memory import checked_pass, watch_like
from dgn_explorer.networks.preprocessing import Preprocessing
from dgn_explorer.networks.reading import ReadPoint, first_tensor

__all__ = [
    "Network",
    "Preprocessing",
    "fingerprint",
    "freeze",
    "number_type",
    "own_types",
    "resize",
]


@dataclass(frozen=True)
class Network:
    """A network ready for ascent: in eval mode and frozen.

    ``read_points`` says for every layer path where its activation is read (see `layers`).
    """

    info: NetworkInfo
    module: nn.Module
    preprocessing: Preprocessing
    read_points: dict[str, ReadPoint]

    @cached_property
    def half_module(self) -> nn.Module:
        """The module with weights in bfloat16, for inputs in bfloat16."""
        copied = watch_like(copy.deepcopy(self.module), self.module)
        return pack(copied.bfloat16())

    @cached_property
    def graphs(self) -> Graphs:
        """The recorded passes through this network."""
        return Graphs(self.device)

    @property
    def device(self) -> torch.device:
        """Where the parameters live."""
        tensors = chain(self.module.parameters(), self.module.buffers())
        return next((tensor.device for tensor in tensors), torch.device("cpu"))

    def logits(self, rgb: Tensor, size: int | None = None) -> Tensor:
        """Class scores (N, classes) for ``rgb`` (N, 3, H, W) in [0, 1], resized to ``size``.

        ``size`` is in pixels; the default is the network's native input size. Scores that are
        still maps are averaged over their positions.
        """
        x = resize(rgb, size or self.info.input_size)
        x = self.preprocessing(x)
        with checked_pass(self.module, x):
            output = first_tensor(self.module(x))
        if output is None:
            raise TypeError(f"{self.info.name} returned no tensor")
        output = output.float()
        if output.ndim == 1:  # the axis of a single image was squeezed away
            output = output[None]
        return output.mean((2, 3)) if output.ndim == 4 else output


def resize(rgb: Tensor, size: int) -> Tensor:
    """Resize (N, 3, H, W) to ``size`` x ``size`` pixels, bilinear, antialiased when shrinking."""
    if rgb.shape[-2:] == (size, size):
        return rgb
    shrinks = rgb.shape[-1] > size
    return F.interpolate(rgb, (size, size), mode="bilinear", align_corners=False, antialias=shrinks)


def freeze(
    module: nn.Module,
    *,
    channels_last: bool = True,
    packed: bool = True,
    in_place: bool = True,
    types: bool = True,
) -> nn.Module:
    """Eval mode, no gradients for weights, float32; on request channels_last and packed weights.

    Functions that work in place stay so: they may be part of what the network computes. It can be
    called again with less. ``in_place`` is False to let modules that can do so work on a copy.
    ``types`` is False to leave half and double as they are; then the network's input is brought to
    its type.
    """
    module.eval().requires_grad_(False)
    unpack(module)
    for child in module.modules():
        if not in_place and getattr(child, "inplace", False):
            child.inplace = False  # type: ignore[assignment]
    if types and _other_types(module):
        module.float()
    elif not types:
        module.register_forward_pre_hook(_cast, prepend=True)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    for tensor in chain(module.parameters(), module.buffers()):
        if tensor.ndim == 4:  # torch's own way stumbles over constants of five axes
            tensor.data = tensor.data.contiguous(memory_format=layout)
    return pack(module) if packed else module


@dataclass(frozen=True)
class OwnTypes:
    """Weights as a network came with them, where they are not float32."""

    changed: tuple[tuple[dict[str, Tensor | None], str, Tensor, Tensor], ...]

    def restore(self) -> None:
        """Put them back."""
        for store, name, tensor, data in self.changed:
            tensor.data = data
            store[name] = tensor


def own_types(module: nn.Module) -> OwnTypes:
    """The weights of ``module`` that are floating-point numbers other than float32."""
    return OwnTypes(tuple(_other_types(module)))


def _other_types(
    module: nn.Module,
) -> list[tuple[dict[str, Tensor | None], str, Tensor, Tensor]]:
    found = []
    for child in module.modules():
        for store in (child._parameters, child._buffers):
            for name, tensor in store.items():
                if tensor is None or tensor.dtype == torch.float32:
                    continue
                if tensor.is_floating_point():
                    found.append((store, name, tensor, tensor.data))
    return found  # type: ignore[return-value]


def number_type(module: nn.Module) -> torch.dtype:
    """The type of a network's first floating-point weight; float32 if it has none."""
    tensors = chain(module.parameters(), module.buffers())
    return next((x.dtype for x in tensors if x.is_floating_point()), torch.float32)


def _cast(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(x.to(number_type(module)) for x in inputs)


def fingerprint(module: nn.Module) -> str:
    """SHA-256 over names, shapes, types and bytes of all parameters and buffers."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        # bytes, not numpy's own view: numpy has no bfloat16
        flat = tensor.detach().cpu().contiguous().flatten()
        if flat.numel():
            digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()

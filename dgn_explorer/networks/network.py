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
from dgn_explorer.networks.packed import pack
from dgn_explorer.networks.preprocessing import Preprocessing
from dgn_explorer.networks.reading import ReadPoint, first_tensor

__all__ = ["Network", "Preprocessing", "fingerprint", "freeze", "resize"]


@dataclass(frozen=True)
class Network:
    """A network ready for ascent: eval mode, frozen, channels_last.

    ``read_points`` says for every layer path where its activation is read (see `layers`).
    """

    info: NetworkInfo
    module: nn.Module
    preprocessing: Preprocessing
    read_points: dict[str, ReadPoint]

    @cached_property
    def half_module(self) -> nn.Module:
        """The module with weights in bfloat16, for inputs in bfloat16."""
        return pack(copy.deepcopy(self.module).bfloat16())

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
        output = first_tensor(self.module(self.preprocessing(x)))
        if output is None:
            raise TypeError(f"{self.info.name} returned no tensor")
        return output.mean((2, 3)) if output.ndim == 4 else output


def resize(rgb: Tensor, size: int) -> Tensor:
    """Resize (N, 3, H, W) to ``size`` x ``size`` pixels, bilinear, antialiased when shrinking."""
    if rgb.shape[-2:] == (size, size):
        return rgb
    shrinks = rgb.shape[-1] > size
    return F.interpolate(rgb, (size, size), mode="bilinear", align_corners=False, antialias=shrinks)


def freeze(module: nn.Module) -> nn.Module:
    """Eval mode, no parameter gradients, no in-place activation, channels_last, packed."""
    module.eval().requires_grad_(False)
    for child in module.modules():
        if getattr(child, "inplace", False):
            # It would overwrite the activation we read
            child.inplace = False  # type: ignore[assignment]
    return pack(module.to(memory_format=torch.channels_last))  # type: ignore[call-overload]


def fingerprint(module: nn.Module) -> str:
    """SHA-256 over names, shapes, types and bytes of all parameters and buffers."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        # bytes, not numpy's own view: numpy has no bfloat16
        flat = tensor.detach().cpu().contiguous().flatten()
        digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()

"""Modules of a network's nodes: torch's own where a node owns weights, else one for all."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.networks.programs.onnx.convolutions import turned_padding
from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.table import operator
from dgn_explorer.networks.programs.onnx.windows import same_padding, torch_pads, windows

# As attributes they were until opset 12, and so fingerprints have counted them ever since
_AXES_AS_ATTRIBUTE = frozenset({"ReduceSum", "Unsqueeze"})
Known = Mapping[int, Tensor]  # inputs of a node, by their number, that no image changes

_CONV: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_TURNED: dict[int, Any] = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
_BATCH_NORM: dict[int, Any] = {
    2: nn.BatchNorm1d,
    3: nn.BatchNorm1d,
    4: nn.BatchNorm2d,
    5: nn.BatchNorm3d,
}
_INSTANCE_NORM: dict[int, Any] = {3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d, 5: nn.InstanceNorm3d}


class Operation(nn.Module):
    """A node that owns no weights: called with the values of its inputs."""

    def __init__(self, node: Node) -> None:
        """Raises `DgnError` for an operator that is not in the table."""
        super().__init__()
        self.node = node
        self.function = operator(node).function
        self.original_name = node.op
        if isinstance(node["value"], Tensor):
            self.register_buffer("value", node["value"])  # goes with the module to its device

    def forward(self, *inputs: Any) -> Any:
        """What the operator gives: a tensor, or a tuple of them."""
        return self.function(self.node, *inputs)


class Constant(nn.Module):
    """A node that gives the same in every pass."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.original_name = "Constant"
        self.register_buffer("value", value)

    def forward(self) -> Any:
        """The value."""
        return self.value


class Pad(nn.Module):
    """A fixed padding with zeros before a convolution that is not the same on both sides."""

    def __init__(self, pads: list[int]) -> None:
        super().__init__()
        self.pads = pads

    def forward(self, x: Tensor) -> Tensor:
        """The padded image."""
        return F.pad(x, self.pads)


class SamePad(nn.Module):
    """Padding with zeros by which a convolution's result has the image's size over the stride."""

    def __init__(self, conv: nn.Conv2d, upper: bool) -> None:
        super().__init__()
        self.how = (conv.kernel_size, conv.stride, conv.dilation)
        self.upper = upper

    def forward(self, x: Tensor) -> Tensor:
        """The padded image."""
        return F.pad(x, torch_pads(*same_padding(*self.how, x.shape[2:], self.upper)))


def build(node: Node, known: Known, rank: int) -> tuple[nn.Module, tuple[int, ...]]:
    """The module of a node, and the numbers of the inputs that it is called with.

    ``rank`` is that of its first input. The weights among ``known`` become the module's own.
    """
    builder = _BUILDERS.get(node.op)
    operator(node)
    made = builder(node, known, rank) if builder is not None else None
    if made is not None:
        made.eval()
        return made, (0,)
    if node.op in _AXES_AS_ATTRIBUTE and len(node.inputs) > 1 and 1 in known:
        axes = tuple(int(a) for a in known[1].reshape(-1).tolist())
        return Operation(replace(node, attributes={**node.attributes, "axes": axes})), (0,)
    return Operation(node), tuple(range(len(node.inputs)))


def _all_known(node: Node, known: Known) -> bool:
    """Whether all inputs but the first are there, and one tensor of floats is given out."""
    wanted = [i for i, name in enumerate(node.inputs) if name and i > 0]
    whole = all(i in known and known[i].is_floating_point() for i in wanted)
    return bool(wanted) and whole and not any(node.outputs[1:])


def _fill(module: nn.Module, **tensors: Tensor | None) -> nn.Module:
    for name, tensor in tensors.items():
        if tensor is not None:
            getattr(module, name).data = tensor
    return module


def _conv(node: Node, known: Known, rank: int) -> nn.Module | None:
    weight = known.get(1)
    if weight is None or not _all_known(node, known) or weight.ndim - 2 not in _CONV:
        return None
    bias, at = known.get(2), windows(node, weight.shape[2:], None)
    groups = node["group"]
    conv = _CONV[weight.ndim - 2](
        weight.shape[1] * groups,
        weight.shape[0],
        tuple(weight.shape[2:]),
        stride=tuple(node["strides"] or [1] * (weight.ndim - 2)),
        padding=at.before if at is not None and at.symmetric else 0,
        dilation=tuple(node["dilations"] or [1] * (weight.ndim - 2)),
        groups=groups,
        bias=bias is not None,
        device="meta",
    ).to_empty(device="cpu")
    _fill(conv, weight=weight, bias=bias)
    if at is None:
        return nn.Sequential(SamePad(conv, node["auto_pad"] == "SAME_UPPER"), conv)
    if not at.symmetric:
        return nn.Sequential(Pad(torch_pads(at.before, at.after)), conv)
    return conv  # type: ignore[no-any-return]


def _conv_transpose(node: Node, known: Known, rank: int) -> nn.Module | None:
    weight = known.get(1)
    if weight is None or not _all_known(node, known) or weight.ndim - 2 not in _TURNED:
        return None
    if node["output_shape"] is not None or node["auto_pad"] not in ("NOTSET", "VALID", None):
        return None
    axes = weight.ndim - 2
    before, after = turned_padding(node, [1] * axes, [1] * axes)
    extra = tuple(node["output_padding"] or [0] * axes)
    strides, dilations = (
        tuple(node["strides"] or [1] * axes),
        tuple(node["dilations"] or [1] * axes),
    )
    fits = all(e < max(s, d) for e, s, d in zip(extra, strides, dilations, strict=True))
    if before != after or min(before) < 0 or not fits:
        return None
    bias, groups = known.get(2), node["group"]
    conv = _TURNED[axes](
        weight.shape[0],
        weight.shape[1] * groups,
        tuple(weight.shape[2:]),
        stride=strides,
        padding=tuple(before),
        output_padding=extra,
        groups=groups,
        bias=bias is not None,
        dilation=dilations,
        device="meta",
    ).to_empty(device="cpu")
    return _fill(conv, weight=weight, bias=bias)


def _linear(node: Node, known: Known, rank: int) -> nn.Module | None:
    weight, bias = known.get(1), known.get(2)
    if weight is None or not _all_known(node, known) or node["transA"]:
        return None
    if bias is not None and bias.ndim != 1:
        return None
    weight = weight if node["transB"] else weight.t()
    if bias is not None and bias.numel() != weight.shape[0]:
        return None
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias is not None, device="meta")
    linear.to_empty(device="cpu")
    return _fill(
        linear,
        weight=weight * node["alpha"],
        bias=None if bias is None else bias * node["beta"],
    )


def _batch_norm(node: Node, known: Known, rank: int) -> nn.Module | None:
    if not _all_known(node, known) or rank not in _BATCH_NORM or node["training_mode"]:
        return None
    if node["spatial"] == 0:
        return None
    norm = _BATCH_NORM[rank](known[1].numel(), eps=node["epsilon"], momentum=1 - node["momentum"])
    return _fill(norm, weight=known[1], bias=known[2], running_mean=known[3], running_var=known[4])


def _instance_norm(node: Node, known: Known, rank: int) -> nn.Module | None:
    if not _all_known(node, known) or rank not in _INSTANCE_NORM:
        return None
    norm = _INSTANCE_NORM[rank](known[1].numel(), eps=node["epsilon"], affine=True)
    return _fill(norm, weight=known[1], bias=known[2])


def _layer_norm(node: Node, known: Known, rank: int) -> nn.Module | None:
    if not _all_known(node, known) or known[1].ndim != rank - node["axis"] % rank:
        return None
    bias = known.get(2, torch.zeros_like(known[1]))
    if bias.shape != known[1].shape:
        return None
    norm = nn.LayerNorm(tuple(known[1].shape), eps=node["epsilon"])
    return _fill(norm, weight=known[1], bias=bias)


def _clip(node: Node, known: Known, rank: int) -> nn.Module | None:
    """The usual limits have modules of their own, which are read as activations."""
    given = [i for i in (1, 2) if i < len(node.inputs) and node.inputs[i]]
    if not all(i in known for i in given) or node.type(0) not in (0, 1, 10, 11, 16):
        return None
    limits = [known[i].item() if i in given else node[name] for i, name in ((1, "min"), (2, "max"))]
    if limits == [0, None]:
        return nn.ReLU()
    if limits == [0, 6]:
        return nn.ReLU6()
    return Clip(*limits)


class Clip(nn.Module):
    """Values between two limits, either of which may be missing."""

    def __init__(self, low: float | None, high: float | None) -> None:
        super().__init__()
        self.low, self.high = low, high

    def forward(self, x: Tensor) -> Tensor:
        """The input within the limits."""
        return x if self.low is None and self.high is None else torch.clamp(x, self.low, self.high)


def _flatten(node: Node, known: Known, rank: int) -> nn.Module | None:
    return nn.Flatten(1) if node["axis"] == 1 and rank > 1 else None


def _plain(module: Callable[[Node], nn.Module]) -> Callable[[Node, Known, int], nn.Module]:
    return lambda node, known, rank: module(node)


_BUILDERS: dict[str, Callable[[Node, Known, int], nn.Module | None]] = {
    "BatchNormalization": _batch_norm,
    "Clip": _clip,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Elu": _plain(lambda node: nn.ELU(node["alpha"])),
    "Flatten": _flatten,
    "Gemm": _linear,
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "LeakyRelu": _plain(lambda node: nn.LeakyReLU(node["alpha"])),
    "Relu": _plain(lambda node: nn.ReLU()),
    "Sigmoid": _plain(lambda node: nn.Sigmoid()),
    "Tanh": _plain(lambda node: nn.Tanh()),
}

"""Convolutions with frozen weights, made fast on a CPU.

oneDNN computes with weights in an order of its own. Torch brings them into it in every call, which
for the small maps at the end of a network takes longer than the convolution; here it is done once.
The gradient with respect to the input is a convolution too, with the kernel turned round, and its
weights are kept likewise. The operators are those that torch's own compiler emits for a frozen
network (``torch/_inductor/fx_passes/mkldnn_fusion.py``).
"""

import platform
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MOST_SHAPES = 4  # of input that a convolution keeps weights for


def pack(module: nn.Module) -> nn.Module:
    """Let every convolution of the frozen ``module`` keep its weights in oneDNN's order.

    It does so where a gradient for its input is wanted. Modules, weights, hooks and what is
    computed stay as they are. In other arithmetic or under autocast, and where gradients of the
    weights are wanted, torch computes as it always does; so it does on another device, where
    convolutions that came from a CPU are plain ones again. Returns ``module``.
    """
    for child in module.modules():
        if not (
            isinstance(child, nn.Conv2d)
            # a network's own kind of convolution computes something else
            and type(child)._conv_forward is nn.Conv2d._conv_forward
            and isinstance(child.padding, tuple)
            and child.padding_mode == "zeros"
        ):
            continue
        if child.weight.device.type == "cpu":
            child._conv_forward = PackedConvolution(child)  # type: ignore[assignment]
        elif isinstance(child.__dict__.get("_conv_forward"), PackedConvolution):
            del child._conv_forward
    return module


def unpack(module: nn.Module) -> nn.Module:
    """Undo `pack`. Returns ``module``."""
    for child in module.modules():
        if isinstance(child.__dict__.get("_conv_forward"), PackedConvolution):
            del child._conv_forward
    return module


class PackedConvolution:
    """Computes what ``conv`` does; called like `torch.nn.Conv2d._conv_forward`."""

    def __init__(self, conv: nn.Conv2d) -> None:
        assert isinstance(conv.padding, tuple)
        self._conv, self._settings = conv, _settings(conv)
        self._padding, self._stride = list(conv.padding), list(conv.stride)
        self._dilation, self._groups = list(conv.dilation), conv.groups
        sizes = zip(conv.dilation, conv.kernel_size, strict=True)
        self._reach = [d * (k - 1) for d, k in sizes]  # the kernel's extent less 1
        self._turned_padding = [r - p for r, p in zip(self._reach, self._padding, strict=True)]
        alone = conv.groups == conv.in_channels == conv.out_channels
        # a gradient spread out by a stride is mostly zeros: only cheap where channels do not mix
        self._turns = min(self._turned_padding) >= 0 and (alone or self._stride == [1, 1])
        self._forward, self._backward = _Kept(), _Kept()

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve ``x`` (N, cin, H, W). Raises as torch does if the shapes do not fit."""
        if not self._usable(x, weight):
            return F.conv2d(x, weight, bias, *_settings(self._conv))
        y: Tensor = _Convolve.apply(x, weight, bias, self)  # type: ignore[no-untyped-call]
        return y

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution, with weights in order."""
        how = (self._padding, self._stride, self._dilation, self._groups)
        packed = self._forward(x, weight, lambda: _reorder(weight, *how, list(x.shape)))
        return _convolve(x, packed, bias, *how, "none", [], "")

    def input_gradient(self, gradient: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """The gradient for ``x``, given that for the output."""
        if not self._turns:
            how = (self._stride, self._padding, self._dilation, False, [0, 0], self._groups)
            wanted = [True, False, False]
            found: Tensor = torch.ops.aten.convolution_backward(
                gradient, x, weight, None, *how, wanted
            )[0]
            return found
        gradient = self._spread(gradient, x)
        how_turned = (self._turned_padding, [1, 1], self._dilation, self._groups)
        shape = list(gradient.shape)
        packed = self._backward(
            gradient, weight, lambda: _reorder(self._turned(weight), *how_turned, shape)
        )
        return _convolve(gradient, packed, None, *how_turned, "none", [], "")

    def _usable(self, x: Tensor, weight: Tensor) -> bool:
        if not (x.requires_grad and torch.is_grad_enabled()):
            return False  # a single look, not an ascent: bringing weights in order would not pay
        if x.device.type != "cpu" or x.dtype != weight.dtype or x.dtype not in _arithmetic():
            return False
        if weight.requires_grad or torch.is_autocast_enabled("cpu") or x.numel() == 0:
            return False
        if self._settings != _settings(self._conv):
            return False  # a network may set its padding anew for every image
        return x.ndim == 4 and x.shape[1] == weight.shape[1] * self._groups

    def _spread(self, gradient: Tensor, x: Tensor) -> Tensor:
        """Zeros between the values, as many as the stride has left out."""
        if self._stride == [1, 1]:
            return gradient
        zipped = zip(x.shape[2:], self._padding, self._reach, strict=True)
        height, width = (size + 2 * padding - reach for size, padding, reach in zipped)
        n, channels = gradient.shape[:2]
        wide = gradient.new_zeros(n, height, width, channels).permute(0, 3, 1, 2)
        wide[:, :, :: self._stride[0], :: self._stride[1]] = gradient
        return wide

    def _turned(self, weight: Tensor) -> Tensor:
        """Kernels turned round, and input and output channels of each group exchanged."""
        cout, cin, height, width = weight.shape
        n = self._groups
        groups = weight.flip(2, 3).reshape(n, cout // n, cin, height, width).transpose(1, 2)
        turned = groups.reshape(n * cin, cout // n, height, width)
        return turned.contiguous(memory_format=torch.channels_last)


class _Kept:
    """Weights in oneDNN's order for the shapes of input seen last; a copy of it is empty."""

    def __init__(self) -> None:
        self._packed: OrderedDict[tuple[Any, ...], tuple[Tensor, Tensor]] = OrderedDict()

    def __deepcopy__(self, memo: object) -> "_Kept":
        return _Kept()

    def __call__(self, x: Tensor, weight: Tensor, pack: Callable[[], Tensor]) -> Tensor:
        key = (x.shape, x.dtype, weight.data_ptr(), weight._version)
        found = self._packed.get(key)
        if found is None:
            with torch.no_grad():
                # the weights too: while they are kept, no others can lie at their address
                found = self._packed[key] = pack(), weight.detach()
            if len(self._packed) > MOST_SHAPES:
                self._packed.popitem(last=False)
        return found[0]


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, convolution: PackedConvolution
    ) -> Tensor:
        ctx.convolution = convolution
        ctx.save_for_backward(x, weight)
        return convolution.forward(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        return ctx.convolution.input_gradient(gradient, *ctx.saved_tensors), None, None, None


@cache
def _arithmetic() -> tuple[torch.dtype, ...]:
    """The types that oneDNN computes with here; none on processors where this was never tried."""
    there = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if not there or platform.machine() not in ("x86_64", "AMD64"):
        return ()
    try:
        half = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        _ = torch.ops.mkldnn._reorder_convolution_weight, torch.ops.mkldnn._convolution_pointwise
    except AttributeError:  # another version of torch
        return ()
    return (torch.float32, torch.bfloat16) if half else (torch.float32,)


def _settings(conv: nn.Conv2d) -> tuple[Any, ...]:
    return conv.stride, conv.padding, conv.dilation, conv.groups


def _reorder(*arguments: Any) -> Tensor:
    packed: Tensor = torch.ops.mkldnn._reorder_convolution_weight(*arguments)
    return packed


def _convolve(*arguments: Any) -> Tensor:
    y: Tensor = torch.ops.mkldnn._convolution_pointwise(*arguments)
    return y

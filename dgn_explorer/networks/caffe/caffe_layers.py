"""One torch module for each Caffe layer, from its parameters in the prototxt."""

import math
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.caffe import caffe_modules as own
from dgn_explorer.networks.caffe.prototxt import Message

# The enum names of old prototxt files (V1LayerParameter.LayerType)
_V1_NAMES = {
    "ABSVAL": "AbsVal",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HINGE_LOSS": "HingeLoss",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SPLIT": "Split",
    "TANH": "TanH",
    "ACCURACY": "Accuracy",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
}
Builder = Callable[[Message, Sequence[Tensor], int], nn.Module]


def layer_type(layer: Message) -> str:
    """The type of a layer under its present name."""
    name = layer.text("type")
    return _V1_NAMES.get(name, name)


def build_layer(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    """Build a layer for inputs shaped as ``bottoms`` (tensors without data).

    Raises `DgnError` for a type that is not known, ValueError or RuntimeError for parameters that
    torch refuses.
    """
    kind = layer_type(layer)
    if kind not in _BUILDERS:
        raise DgnError(
            f"Layer {layer.text('name')!r} is of the type {kind!r}, which is not supported.",
            f"Supported are {', '.join(sorted(_BUILDERS))}.",
        )
    return _BUILDERS[kind](layer, bottoms, tops)


def _pair(p: Message, name: str, short: str, default: int) -> tuple[int, int]:
    """A size for height and width: ``name`` once or twice, or ``short_h`` and ``short_w``."""
    values = p.integers(name) or [default]
    height, width = values[0], values[min(1, len(values) - 1)]
    return p.integer(f"{short}_h", height), p.integer(f"{short}_w", width)


def _kernel(p: Message, name: str) -> tuple[int, int]:
    kernel = _pair(p, "kernel_size", "kernel", 0)
    if min(kernel) < 1:
        raise ValueError(f"{name} has no kernel_size")
    return kernel


def _convolution(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("convolution_param")
    turned = layer_type(layer) == "Deconvolution"
    if p.integer("axis", 1) != 1:
        raise ValueError(f"{layer.text('name')} has an axis other than 1")
    dilation = p.integers("dilation") or [1]
    conv: type[nn.Conv2d] | type[nn.ConvTranspose2d] = nn.ConvTranspose2d if turned else nn.Conv2d
    return conv(
        bottoms[0].shape[1],
        _outputs(p, layer),
        _kernel(p, layer.text("name")),
        stride=_pair(p, "stride", "stride", 1),
        padding=_pair(p, "pad", "pad", 0),
        dilation=(dilation[0], dilation[-1]),
        groups=p.integer("group", bottoms[0].shape[1] if "Depthwise" in layer_type(layer) else 1),
        bias=p.flag("bias_term", True),
    )


def _outputs(p: Message, layer: Message) -> int:
    outputs = p.integer("num_output", 0)
    if outputs < 1:
        raise ValueError(f"{layer.text('name')} has no num_output")
    return outputs


def _inner_product(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("inner_product_param")
    if p.integer("axis", 1) != 1:
        raise ValueError(f"{layer.text('name')} has an axis other than 1")
    inputs = bottoms[0].flatten(1).shape[1]
    return own.InnerProduct(
        inputs, _outputs(p, layer), p.flag("bias_term", True), p.flag("transpose", False)
    )


def _pooling(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("pooling_param")
    given = str(p.fields.get("pool", ["MAX"])[-1])
    method = {"0": "MAX", "1": "AVE"}.get(given, given)
    if method not in ("MAX", "AVE"):
        raise ValueError(f"{layer.text('name')} pools by {method}")
    if p.flag("global_pooling", False):
        return nn.AdaptiveMaxPool2d(1) if method == "MAX" else nn.AdaptiveAvgPool2d(1)
    kernel = _kernel(p, layer.text("name"))
    stride = _pair(p, "stride", "stride", 1)
    padding = _pair(p, "pad", "pad", 0)
    # Caffe rounds the output size up, unless a newer file says otherwise
    up = p.text("round_mode", "CEIL") == "CEIL" and p.flag("ceil_mode", True)
    if method == "MAX":
        return nn.MaxPool2d(kernel, stride, padding, ceil_mode=up)
    return nn.AvgPool2d(kernel, stride, padding, ceil_mode=up, count_include_pad=True)


def _lrn(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("lrn_param")
    size, alpha, beta = p.integer("local_size", 5), p.number("alpha", 1.0), p.number("beta", 0.75)
    if size < 1 or size % 2 == 0:
        raise ValueError(f"{layer.text('name')} has the even local_size {size}")
    region = str(p.fields.get("norm_region", ["ACROSS_CHANNELS"])[-1])
    if region in ("WITHIN_CHANNEL", "1"):
        return own.WithinChannelNorm(size, alpha, beta)
    return nn.LocalResponseNorm(size, alpha, beta, p.number("k", 1.0))


def _relu(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    slope = layer.message("relu_param").number("negative_slope", 0.0)
    return nn.LeakyReLU(slope) if slope else nn.ReLU()


def _prelu(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    shared = layer.message("prelu_param").flag("channel_shared", False)
    return nn.PReLU(1 if shared else bottoms[0].shape[1])


def _batch_norm(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("batch_norm_param")
    kind = nn.BatchNorm2d if bottoms[0].ndim == 4 else nn.BatchNorm1d
    stored = p.flag("use_global_stats", True)  # false: those of the batch, after training too
    channels, eps = bottoms[0].shape[1], p.number("eps", 1e-5)
    return kind(channels, eps=eps, affine=False, track_running_stats=stored)


def _scale(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    only_bias = layer_type(layer) == "Bias"
    p = layer.message("bias_param" if only_bias else "scale_param")
    axis = p.integer("axis", 1) % bottoms[0].ndim
    axes = p.integer("num_axes", 1)
    end = bottoms[0].ndim if axes == -1 else axis + axes
    shape = tuple(bottoms[0].shape[axis:end])
    with_bias = only_bias or p.flag("bias_term", False)
    if len(bottoms) > 1:
        if with_bias and not only_bias:
            raise ValueError(f"{layer.text('name')} has two inputs and a bias_term")
        return own.Spread(axis, "SUM" if only_bias else "PROD")
    return own.Scale(shape, axis, not only_bias, with_bias)


def _eltwise(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("eltwise_param")
    given = str(p.fields.get("operation", ["SUM"])[-1])
    operation = {"0": "PROD", "1": "SUM", "2": "MAX"}.get(given, given)
    weights = p.numbers("coeff")
    weighted = operation != "SUM" or len(weights) != len(bottoms)
    if operation not in ("PROD", "SUM", "MAX") or (weights and weighted):
        raise ValueError(
            f"{layer.text('name')} has the operation {given} and {len(weights)} weights"
        )
    if len({x.shape for x in bottoms}) > 1:
        shapes = " and ".join(str(tuple(x.shape)) for x in bottoms)
        raise ValueError(f"{layer.text('name')} joins blobs of the shapes {shapes}")
    return own.Eltwise(operation, weights)


def _concat(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("concat_param")
    return own.Concat(p.integer("axis", p.integer("concat_dim", 1)))


def _slice(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("slice_param")
    axis, points = p.integer("axis", p.integer("slice_dim", 1)), p.integers("slice_point")
    if points and len(points) != tops - 1:
        raise ValueError(f"{layer.text('name')} has {len(points)} slice points for {tops} tops")
    size = bottoms[0].shape[axis]
    if not points and size % tops:
        raise ValueError(f"{layer.text('name')} cuts {size} into {tops} equal parts")
    return own.Slice(axis, points, tops)


def _reshape(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("reshape_param")
    dims = p.message("shape").integers("dim")
    count = bottoms[0].ndim
    axis = p.integer("axis", 0)
    first = axis if axis >= 0 else count + 1 + axis
    axes = p.integer("num_axes", -1)
    end = count if axes == -1 else first + axes
    if not 0 <= first <= end <= count or (first == 0 and (len(dims) < 2 or end == 0)):
        raise ValueError(f"{layer.text('name')} has no shape")
    return own.Reshape(dims, first, end)


def _crop(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("crop_param")
    axis, offsets = p.integer("axis", 2) % bottoms[0].ndim, p.integers("offset")
    if len(offsets) > 1 and len(offsets) != bottoms[0].ndim - axis:
        raise ValueError(f"{layer.text('name')} has {len(offsets)} offsets")
    return own.Crop(axis, offsets)


def _power(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("power_param")
    return own.Power(p.number("power", 1.0), p.number("scale", 1.0), p.number("shift", 0.0))


def _exp(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    return own.Exp(*_base_scale_shift(layer, "exp_param"))


def _log(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    return own.Log(*_base_scale_shift(layer, "log_param"))


def _base_scale_shift(layer: Message, name: str) -> tuple[float, float, float]:
    p = layer.message(name)
    base = p.number("base", -1.0)
    if base == -1:  # so Caffe writes e
        base = math.e
    if not 0 < base < math.inf:
        raise ValueError(f"{layer.text('name')} has the base {base}")
    return base, p.number("scale", 1.0), p.number("shift", 0.0)


def _elu(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    return nn.ELU(layer.message("elu_param").number("alpha", 1.0))


def _softmax(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    return nn.Softmax(layer.message("softmax_param").integer("axis", 1))


def _flatten(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    p = layer.message("flatten_param")
    return nn.Flatten(p.integer("axis", 1), p.integer("end_axis", -1))


def _permute(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    return own.Permute(layer.message("permute_param").integers("order"))


def _split(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    return own.Split(tops)


def _simple(kind: type[nn.Module]) -> Builder:
    return lambda layer, bottoms, tops: kind()


def _elementwise(layer: Message, bottoms: Sequence[Tensor], tops: int) -> nn.Module:
    return own.Elementwise(layer_type(layer))


_BUILDERS: dict[str, Builder] = {
    "AbsVal": _elementwise,
    "BNLL": _elementwise,
    "BatchNorm": _batch_norm,
    "Bias": _scale,
    "Concat": _concat,
    "Convolution": _convolution,
    "ConvolutionDepthwise": _convolution,
    "Crop": _crop,
    "Deconvolution": _convolution,
    "DepthwiseConvolution": _convolution,
    "Dropout": _simple(nn.Identity),
    "ELU": _elu,
    "Eltwise": _eltwise,
    "Exp": _exp,
    "Flatten": _flatten,
    "InnerProduct": _inner_product,
    "LRN": _lrn,
    "Log": _log,
    "PReLU": _prelu,
    "Permute": _permute,
    "Pooling": _pooling,
    "Power": _power,
    "ReLU": _relu,
    "ReLU6": _simple(nn.ReLU6),
    "Reshape": _reshape,
    "Scale": _scale,
    "Sigmoid": _simple(nn.Sigmoid),
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "TanH": _simple(nn.Tanh),
}

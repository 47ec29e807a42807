"""The table of ONNX operators: what computes each, and for which of its versions.

A version is the opset in which an operator got another meaning or other types; a node has the
newest version that its model's opset knows. What stands here is checked by the single-operator
tests of the onnx package; everything else is refused by name and opset.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from dgn_explorer.networks.programs.onnx import (
    attention,
    casting,
    convolutions,
    indexing,
    normalising,
    pooling,
    quantised,
    reductions,
    resizing,
    sampling,
    sequences,
    shapes,
)
from dgn_explorer.networks.programs.onnx import elementwise as math
from dgn_explorer.networks.programs.onnx.node import Node

Function = Callable[..., Any]


@dataclass(frozen=True)
class Operator:
    """``function(node, *inputs)`` computes it. ``sizes`` are small inputs, read as numbers."""

    function: Function
    versions: tuple[int, ...]
    sizes: tuple[int, ...] = ()


def operator(node: Node) -> Operator:
    """The row of a node; raises `DgnError` with name and opset if there is none."""
    found = OPERATORS.get(node.op)
    if found is None or node.version not in found.versions:
        raise node.refused("is not supported")
    return found


def _row(function: Function, *versions: int, sizes: tuple[int, ...] = ()) -> Operator:
    return Operator(function, versions, sizes)


OPERATORS: dict[str, Operator] = {
    "Abs": _row(math.each(torch.abs), 6, 13),
    "Acos": _row(math.each(torch.acos), 7, 22),
    "Acosh": _row(math.each(torch.acosh), 9, 22),
    "Add": _row(math.pair(torch.add), 7, 13, 14),
    "AffineGrid": _row(sampling.affine_grid, 20, sizes=(1,)),
    "And": _row(math.compare(torch.logical_and), 7),
    "ArgMax": _row(indexing.arg_max, 1, 11, 12, 13),
    "ArgMin": _row(indexing.arg_min, 1, 11, 12, 13),
    "Asin": _row(math.each(torch.asin), 7, 22),
    "Asinh": _row(math.each(torch.asinh), 9, 22),
    "Atan": _row(math.each(torch.atan), 7, 22),
    "Atanh": _row(math.each(torch.atanh), 9, 22),
    "Attention": _row(attention.attention, 23, 24, 25),
    "AveragePool": _row(pooling.average_pool, 7, 10, 11, 19, 22),
    "BatchNormalization": _row(normalising.batch_norm, 7, 9, 14, 15),
    "BitCast": _row(casting.bit_cast, 26),
    "BitShift": _row(math.shift, 11, 28),
    "BitwiseAnd": _row(math.pair(torch.bitwise_and), 18),
    "BitwiseNot": _row(math.each(torch.bitwise_not), 18),
    "BitwiseOr": _row(math.pair(torch.bitwise_or), 18),
    "BitwiseXor": _row(math.pair(torch.bitwise_xor), 18),
    "Cast": _row(casting.cast, 6, 9, 13, 19, 21, 23, 24, 25, 28),
    "CastLike": _row(casting.cast_like, 15, 19, 21, 23, 24, 25),
    "CausalConvWithState": _row(attention.causal_conv, 27),
    "Ceil": _row(math.each(torch.ceil), 6, 13),
    "Celu": _row(math.celu, 12, 28),
    "CenterCropPad": _row(shapes.center_crop_pad, 18, sizes=(1,)),
    "Clip": _row(math.clip, 6, 11, 12, 13, sizes=(1, 2)),
    "Col2Im": _row(shapes.col2im, 18, sizes=(1, 2)),
    "Compress": _row(indexing.compress, 9, 11, 28),
    "Concat": _row(shapes.concat, 4, 11, 13),
    "ConcatFromSequence": _row(sequences.concat_from_sequence, 11),
    "ConstantOfShape": _row(shapes.constant_of_shape, 9, 20, 21, 23, 24, 25, sizes=(0,)),
    "Conv": _row(convolutions.conv, 1, 11, 22),
    "ConvInteger": _row(quantised.conv_integer, 10),
    "ConvTranspose": _row(convolutions.conv_transpose, 1, 11, 22),
    "Cos": _row(math.each(torch.cos), 7, 22),
    "Cosh": _row(math.each(torch.cosh), 9, 22),
    "CumProd": _row(indexing.running_product, 26, sizes=(1,)),
    "CumSum": _row(indexing.running_sum, 11, 14, sizes=(1,)),
    "DeformConv": _row(convolutions.deform_conv, 19, 22),
    "DepthToSpace": _row(shapes.depth_to_space, 1, 11, 13, 28),
    "DequantizeLinear": _row(quantised.dequantize, 10, 13, 19, 21, 23, 24, 25, 28),
    "Det": _row(convolutions.determinant, 11, 22),
    "Div": _row(math.pair(math.divide), 7, 13, 14),
    "Dropout": _row(math.dropout, 7, 10, 12, 13, 22, sizes=(1, 2)),
    "DynamicQuantizeLinear": _row(quantised.dynamic_quantize, 11),
    "Einsum": _row(convolutions.einsum, 12, 28),
    "Elu": _row(math.elu, 6, 22),
    "Equal": _row(math.compare(torch.eq), 7, 11, 13, 19),
    "Erf": _row(math.each(torch.erf), 9, 13),
    "Exp": _row(math.each(torch.exp), 6, 13),
    "Expand": _row(shapes.expand, 8, 13, sizes=(1,)),
    "EyeLike": _row(shapes.eye_like, 9, 22),
    "Flatten": _row(shapes.flatten, 1, 9, 11, 13, 21, 23, 24, 25),
    "Floor": _row(math.each(torch.floor), 6, 13),
    "Gather": _row(indexing.gather, 1, 11, 13),
    "GatherElements": _row(indexing.gather_elements, 11, 13),
    "GatherND": _row(indexing.gather_nd, 11, 12, 13),
    "Gelu": _row(math.gelu, 20),
    "Gemm": _row(convolutions.gemm, 7, 9, 11, 13),
    "GlobalAveragePool": _row(pooling.global_average_pool, 1, 22),
    "GlobalLpPool": _row(pooling.global_lp_pool, 2, 22),
    "GlobalMaxPool": _row(pooling.global_max_pool, 1, 22),
    "Greater": _row(math.compare(torch.gt), 7, 9, 13),
    "GreaterOrEqual": _row(math.compare(torch.ge), 12, 16),
    "GridSample": _row(sampling.grid_sample, 16, 20, 22),
    "GroupNormalization": _row(normalising.group_norm, 18, 21),
    "HardSigmoid": _row(math.hard_sigmoid, 6, 22),
    "HardSwish": _row(math.each(F.hardswish), 14, 22),
    "Hardmax": _row(math.hardmax, 1, 11, 13),
    "Identity": _row(math.same, 1, 13, 14, 16, 19, 21, 23, 24, 25),
    "InstanceNormalization": _row(normalising.instance_norm, 6, 22),
    "IsInf": _row(math.is_inf, 10, 20),
    "IsNaN": _row(math.check(torch.isnan), 9, 13, 20),
    "LRN": _row(normalising.local_response_norm, 1, 13),
    "LayerNormalization": _row(normalising.layer_norm, 17),
    "LeakyRelu": _row(math.leaky_relu, 6, 16),
    "Less": _row(math.compare(torch.lt), 7, 9, 13),
    "LessOrEqual": _row(math.compare(torch.le), 12, 16),
    "LinearAttention": _row(attention.linear_attention, 27),
    "Log": _row(math.each(torch.log), 6, 13),
    "LogSoftmax": _row(math.log_softmax, 1, 11, 13),
    "LpNormalization": _row(normalising.lp_norm, 1, 22),
    "LpPool": _row(pooling.lp_pool, 2, 11, 18, 22),
    "MatMul": _row(convolutions.matmul, 1, 9, 13),
    "MatMulInteger": _row(quantised.matmul_integer, 10),
    "Max": _row(math.several(torch.maximum), 6, 8, 12, 13),
    "MaxPool": _row(pooling.max_pool, 1, 8, 10, 11, 12, 22),
    "MaxUnpool": _row(pooling.max_unpool, 9, 11, 22, sizes=(2,)),
    "Mean": _row(math.mean, 6, 8, 13),
    "MeanVarianceNormalization": _row(normalising.mean_variance_norm, 9, 13),
    "Min": _row(math.several(torch.minimum), 6, 8, 12, 13),
    "Mish": _row(math.each(F.mish), 18, 22),
    "Mod": _row(math.mod, 10, 13, 28),
    "Mul": _row(math.pair(torch.mul), 7, 13, 14),
    "Neg": _row(math.each(torch.neg), 6, 13),
    "NonMaxSuppression": _row(sampling.non_max_suppression, 10, 11, sizes=(2, 3, 4)),
    "NonZero": _row(indexing.non_zero, 9, 13),
    "Not": _row(math.each(torch.logical_not), 1),
    "OneHot": _row(indexing.one_hot, 9, 11, 28, sizes=(1,)),
    "Or": _row(math.compare(torch.logical_or), 7),
    "PRelu": _row(math.prelu, 7, 9, 16),
    "Pad": _row(shapes.pad, 2, 11, 13, 18, 19, 21, 23, 24, 25, sizes=(1, 2, 3)),
    "Pow": _row(math.power, 7, 12, 13, 15),
    "QLinearConv": _row(quantised.qlinear_conv, 10),
    "QLinearMatMul": _row(quantised.qlinear_matmul, 10, 21),
    "QuantizeLinear": _row(quantised.quantize, 10, 13, 19, 21, 23, 24, 25, 28),
    "RMSNormalization": _row(normalising.rms_norm, 23),
    "Range": _row(shapes.ranges, 11, 27),
    "Reciprocal": _row(math.each(torch.reciprocal), 6, 13),
    "ReduceL1": _row(reductions.reduce_l1, 1, 11, 13, 18, sizes=(1,)),
    "ReduceL2": _row(reductions.reduce_l2, 1, 11, 13, 18, sizes=(1,)),
    "ReduceLogSum": _row(reductions.reduce_log_sum, 1, 11, 13, 18, 28, sizes=(1,)),
    "ReduceLogSumExp": _row(reductions.reduce_log_sum_exp, 1, 11, 13, 18, 28, sizes=(1,)),
    "ReduceMax": _row(reductions.reduce_max, 1, 11, 12, 13, 18, 20, sizes=(1,)),
    "ReduceMean": _row(reductions.reduce_mean, 1, 11, 13, 18, sizes=(1,)),
    "ReduceMin": _row(reductions.reduce_min, 1, 11, 12, 13, 18, 20, sizes=(1,)),
    "ReduceProd": _row(reductions.reduce_prod, 1, 11, 13, 18, sizes=(1,)),
    "ReduceSum": _row(reductions.reduce_sum, 1, 11, 13, sizes=(1,)),
    "ReduceSumSquare": _row(reductions.reduce_sum_square, 1, 11, 13, 18, sizes=(1,)),
    "Relu": _row(math.each(F.relu), 6, 13, 14),
    "Reshape": _row(shapes.reshape, 5, 13, 14, 19, 21, 23, 24, 25, sizes=(1,)),
    "Resize": _row(resizing.resize, 10, 11, 13, 18, 19, sizes=(1, 2, 3)),
    "ReverseSequence": _row(shapes.reverse_sequence, 10, 28),
    "RoiAlign": _row(sampling.roi_align, 10, 16, 22),
    "RotaryEmbedding": _row(attention.rotary_embedding, 23),
    "Round": _row(math.each(torch.round), 11, 22),
    "Scatter": _row(indexing.scatter_elements, 9, 11),
    "ScatterElements": _row(indexing.scatter_elements, 11, 13, 16, 18),
    "ScatterND": _row(indexing.scatter_nd, 11, 13, 16, 18),
    "Selu": _row(math.selu, 6, 22),
    "SequenceAt": _row(sequences.sequence_at, 11, sizes=(1,)),
    "SequenceConstruct": _row(sequences.sequence, 11),
    "SequenceLength": _row(sequences.sequence_length, 11),
    "Shape": _row(shapes.shape, 1, 13, 15, 19, 21, 23, 24, 25),
    "Shrink": _row(math.shrink, 9),
    "Sigmoid": _row(math.each(torch.sigmoid), 6, 13),
    "Sign": _row(math.each(torch.sign), 9, 13),
    "Sin": _row(math.each(torch.sin), 7, 22),
    "Sinh": _row(math.each(torch.sinh), 9, 22),
    "Size": _row(shapes.size, 1, 13, 19, 21, 23, 24, 25),
    "Slice": _row(shapes.slices, 1, 10, 11, 13, sizes=(1, 2, 3, 4)),
    "Softmax": _row(math.softmax, 1, 11, 13),
    "Softplus": _row(math.each(F.softplus), 1, 22),
    "Softsign": _row(math.each(F.softsign), 1, 22),
    "SpaceToDepth": _row(shapes.space_to_depth, 1, 13, 28),
    "Split": _row(shapes.split, 2, 11, 13, 18, sizes=(1,)),
    "SplitToSequence": _row(sequences.split_to_sequence, 11, 24),
    "Sqrt": _row(math.each(torch.sqrt), 6, 13),
    "Squeeze": _row(shapes.squeeze, 1, 11, 13, 21, 23, 24, 25, sizes=(1,)),
    "Sub": _row(math.pair(torch.sub), 7, 13, 14),
    "Sum": _row(math.several(torch.add), 6, 8, 13),
    "SwiGLU": _row(math.swiglu, 28),
    "Swish": _row(math.swish, 24),
    "Tan": _row(math.each(torch.tan), 7, 22),
    "Tanh": _row(math.each(torch.tanh), 6, 13),
    "TensorScatter": _row(indexing.tensor_scatter, 24),
    "ThresholdedRelu": _row(math.thresholded_relu, 10, 22),
    "Tile": _row(shapes.tile, 6, 13, sizes=(1,)),
    "TopK": _row(indexing.top_k, 1, 10, 11, 24, sizes=(1,)),
    "Transpose": _row(shapes.transpose, 1, 13, 21, 23, 24, 25),
    "Trilu": _row(shapes.trilu, 14, sizes=(1,)),
    "Unique": _row(indexing.unique, 11, 28),
    "Unsqueeze": _row(shapes.unsqueeze, 1, 11, 13, 21, 23, 24, 25, sizes=(1,)),
    "Upsample": _row(resizing.upsample, 7, 9, 10, sizes=(1,)),
    "Where": _row(math.where, 9, 16),
    "Xor": _row(math.compare(torch.logical_xor), 7),
}

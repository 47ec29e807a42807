"""Networks that take half or double precision, in single precision."""

from typing import Any

from dgn_explorer.networks.programs.onnx.files import all_tensors

_OTHERS = frozenset({10, 11, 16})  # float16, float64, bfloat16
_TYPE_ATTRIBUTES = frozenset({"to", "dtype", "output_dtype", "softmax_precision"})


def in_single(model: Any) -> None:
    """Change ``model`` (a ModelProto) so that it takes, holds and computes float32, if it did not.

    Half precision has too few small numbers for the gradients of an ascent, and pixels are not
    known to more than single precision.
    """
    if all(value.type.tensor_type.elem_type not in _OTHERS for value in model.graph.input):
        return
    for tensor in all_tensors(model.graph):
        _tensor(tensor)
    _graph(model.graph)


def _tensor(tensor: Any) -> None:
    from onnx import numpy_helper

    if tensor.data_type in _OTHERS:
        array = numpy_helper.to_array(tensor).astype("float32")
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def _graph(graph: Any) -> None:
    for value in (*graph.input, *graph.output, *graph.value_info):
        described = value.type.tensor_type
        if described.elem_type in _OTHERS:
            described.elem_type = 1
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name in _TYPE_ATTRIBUTES and attribute.i in _OTHERS:
                attribute.i = 1
            if attribute.HasField("g"):
                _graph(attribute.g)

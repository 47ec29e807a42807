"""Asking others for the scores: onnxruntime where it is installed, else onnx's own evaluator."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.onnx.conversion import Converted
from dgn_explorer.networks.reading import first_tensor

_MOST_PRODUCTS = 3e8  # of one pass; onnx's own evaluator takes about a second for so many
# It gives old versions of Softmax and BatchNormalization their newest meaning, and sums LRN
# otherwise than the standard and onnxruntime
_REFERENCE_OPSET = 15
_NOT_BY_REFERENCE = frozenset({"LRN"})
_CLOSE = {1: 1e-3, 11: 1e-3, 10: 3e-2, 16: 1e-1}
_QUANTISED = frozenset({"QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul"})
_CLOSE_QUANTISED = 5e-2  # a number that lies between two steps may fall to either

Evaluator = Callable[[Any], Any]


def require_same_scores(
    model: Any, converted: Converted, image: Tensor, channels_last: bool, path: Path
) -> str:
    """Raise `DgnError` if others compute other scores for ``image`` (1, C, H, W) in [0, 1].

    ``model`` is the file's, untouched. Gives the name of who was asked, "" if nobody could be.
    """
    kind = next(iter(_inputs(model))).type.tensor_type.elem_type
    for name, make in (("onnxruntime", _onnxruntime), ("onnx.reference", _reference)):
        evaluate = make(model, image)
        if evaluate is None:
            continue
        try:
            right = evaluate(_array(image.permute(0, 2, 3, 1) if channels_last else image, kind))
        except Exception:  # they refuse what they do not know, each with errors of its own
            continue
        _compare(converted, image, torch.from_numpy(right), _tolerance(model, kind), name, path)
        return name
    return ""


def _inputs(model: Any) -> Any:
    weights = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in weights]


def _array(image: Tensor, kind: int) -> Any:
    from onnx.helper import tensor_dtype_to_np_dtype

    return image.numpy().astype(tensor_dtype_to_np_dtype(kind))


def _tolerance(model: Any, kind: int) -> float:
    steps = any(node.op_type in _QUANTISED for node in model.graph.node)
    return max(_CLOSE[kind], _CLOSE_QUANTISED if steps else 0.0)


def _compare(
    converted: Converted, image: Tensor, right: Tensor, tolerance: float, name: str, path: Path
) -> None:
    with torch.no_grad():
        own = first_tensor(converted.module(image))
        if converted.softmax is not None:
            own = first_tensor(converted.softmax(own))
    if own is None or own.shape != right.shape:
        shape = None if own is None else tuple(own.shape)
        raise _different(path, name, f"the shape {shape} for {tuple(right.shape)}")
    if not right.is_floating_point() or not right.numel():
        return
    difference = (own.double() - right.double()).abs().nan_to_num(math.inf)
    both_nan = own.isnan() & right.isnan()
    worst = float(difference.masked_fill(both_nan, 0.0).max())
    if worst > tolerance * float(right.double().abs().nan_to_num(0.0).max()) + 1e-6:
        raise _different(path, name, f"scores that differ by {worst:.3g}")


def _different(path: Path, name: str, what: str) -> DgnError:
    return DgnError(
        f"{path} does not compute here what {name} computes: it gives {what}.",
        "Please report the file; its weights may be opened with --arch meanwhile.",
    )


def _onnxruntime(model: Any, image: Tensor) -> Evaluator | None:
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception:  # an operator or an opset that it does not know, or more than 2 GiB
        return None
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: x})[0]


def _reference(model: Any, image: Tensor) -> Evaluator | None:
    opsets = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    if min(opsets, default=0) < _REFERENCE_OPSET:
        return None
    if any(node.op_type in _NOT_BY_REFERENCE for node in model.graph.node):
        return None
    pixels = image.shape[2] * image.shape[3]
    # a convolution's kernel visits at most every pixel
    products = sum(
        math.prod(tensor.dims) * (pixels if len(tensor.dims) == 4 else 1)
        for tensor in model.graph.initializer
    )
    if products > _MOST_PRODUCTS:
        return None
    from onnx.reference import ReferenceEvaluator

    try:
        evaluator: Any = ReferenceEvaluator(model)
    except Exception:  # an operator that it does not know
        return None
    name = str(_inputs(model)[0].name)
    return lambda x: evaluator.run(None, {name: x})[0]

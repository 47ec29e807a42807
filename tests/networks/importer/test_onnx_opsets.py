"""Operators whose meaning changed: in their old versions against onnxruntime or onnx.reference."""

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx.reference import ReferenceEvaluator  # noqa: E402

from tests.networks.onnx_table import differs, run  # noqa: E402

H, T = onnx.helper, onnx.TensorProto
X = np.random.default_rng(0).standard_normal((2, 3, 4, 6)).astype(np.float32)
VECTOR = np.array([0.5, 1.0, 1.5], np.float32)
KERNEL = np.random.default_rng(3).standard_normal((3, 2, 3, 3)).astype(np.float32)
TWO = {"strides": [2, 2]}
OLD: list[tuple[int, str, dict[str, Any], list[np.ndarray], int]] = [
    (7, "Softmax", {"axis": 2}, [X], 1),
    (11, "LogSoftmax", {}, [X], 1),
    (11, "Hardmax", {"axis": 1}, [X], 1),
    (7, "ReduceMean", {"axes": [1, 2]}, [X], 1),
    (11, "ReduceL2", {"axes": [-1], "keepdims": 0}, [X], 1),
    (12, "ReduceSum", {"axes": [0]}, [X], 1),
    (17, "ReduceMax", {"axes": [3]}, [X], 1),
    (11, "Squeeze", {"axes": [0]}, [X[:1]], 1),
    (11, "Unsqueeze", {"axes": [0, -1]}, [X], 1),
    (9, "Slice", {"starts": [1, -3], "ends": [9, -1], "axes": [1, 3]}, [X], 1),
    (7, "Split", {"axis": 3, "split": [2, 4]}, [X], 2),
    (12, "Split", {"axis": 3}, [X], 3),
    (7, "Clip", {"min": -0.5, "max": 0.25}, [X], 1),
    (7, "BatchNormalization", {}, [X, VECTOR, VECTOR, VECTOR, VECTOR], 1),
    (9, "BatchNormalization", {}, [X, VECTOR, VECTOR, VECTOR, VECTOR], 1),
    (9, "Pad", {"pads": [0, 0, 1, 2, 0, 0, 0, 1], "value": 3.0}, [X], 1),
    (9, "Pad", {"pads": [0, 0, 1, 2, 0, 0, 0, 1], "mode": "reflect"}, [X], 1),
    (7, "Gemm", {"transB": 1}, [X[0, 0], X[0, 1], np.zeros((1, 4), np.float32)], 1),
    (7, "Flatten", {"axis": 2}, [X], 1),
    (11, "ArgMax", {"axis": 3}, [X], 1),
    (7, "GlobalAveragePool", {}, [X], 1),
    (7, "MaxPool", {"kernel_shape": [2, 3], "pads": [0, 1, 1, 1]}, [X], 1),
    (10, "AveragePool", {"kernel_shape": [2, 2], "strides": [2, 2]}, [X], 1),
    (7, "LRN", {"size": 3}, [X], 1),
    (7, "PRelu", {}, [X, VECTOR.reshape(3, 1, 1)], 1),
    (9, "ConvTranspose", {**TWO, "output_padding": [1, 1], "pads": [1, 0, 1, 0]}, [X, KERNEL], 1),
    (11, "ConvTranspose", {**TWO, "auto_pad": "SAME_LOWER"}, [X, KERNEL], 1),
    (8, "MaxPool", {"kernel_shape": [2, 2], "auto_pad": "SAME_LOWER"}, [X], 1),
    (10, "MaxPool", {**TWO, "kernel_shape": [3, 2], "dilations": [1, 2], "ceil_mode": 1}, [X], 1),
    (7, "HardSigmoid", {"alpha": 0.3, "beta": 0.1}, [X], 1),
    (7, "Selu", {"alpha": 1.3, "gamma": 0.7}, [X], 1),
    (7, "LpPool", {"kernel_shape": [2, 2], "p": 3}, [X], 1),
    (7, "InstanceNormalization", {"epsilon": 0.1}, [X, VECTOR, VECTOR], 1),
    (10, "Slice", {}, [X, *map(np.array, ([-1, 1], [-100, 9], [2, 3], [-2, 3]))], 1),
    (11, "Pad", {"mode": "reflect"}, [X, np.array([0, 0, 1, 2, 0, 0, 3, 1])], 1),
    (12, "Pow", {}, [np.abs(X), np.array(0.5, np.float32)], 1),
]

TYPES = {"f": T.FLOAT, "l": T.INT64, "q": T.INT64}

# onnx.reference gives their newest meaning to old versions, or (LRN) another sum than onnxruntime
NOT_BY_REFERENCE = ("BatchNormalization", "Hardmax", "LRN", "LogSoftmax", "Softmax")


def evaluated(model: Any, op: str, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    try:
        import onnxruntime
    except ImportError:
        if op in NOT_BY_REFERENCE:
            pytest.skip("only onnxruntime computes this version rightly")
        return ReferenceEvaluator(model).run(None, inputs)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, inputs)


def test_a_softmax_of_old_spans_all_axes_from_its_own():
    node = H.make_node("Softmax", ["x"], ["y"], axis=2)
    graph = H.make_graph(
        [node],
        "g",
        [H.make_tensor_value_info("x", T.FLOAT, X.shape)],
        [H.make_tensor_value_info("y", T.FLOAT, None)],
    )
    model = H.make_model(graph, opset_imports=[H.make_opsetid("", 12)], ir_version=8)
    (found,) = run(model, [X])
    rows = np.exp(X.reshape(6, 24))
    right = (rows / rows.sum(1, keepdims=True)).reshape(X.shape)
    assert differs(found, right, 1e-5, 1e-6) == ""


@pytest.mark.parametrize(("opset", "op", "attributes", "inputs", "outputs"), OLD)
@pytest.mark.parametrize("weights", [False, True])
def test_an_old_version_keeps_its_meaning(opset, op, attributes, inputs, outputs, weights):
    names, made = [f"i{i}" for i in range(len(inputs))], [f"o{i}" for i in range(outputs)]
    given = list(zip(names, inputs, strict=True))
    kind = T.INT64 if op == "ArgMax" else T.FLOAT
    graph = H.make_graph(
        [H.make_node(op, names, made, **attributes)],
        "g",
        [H.make_tensor_value_info(n, TYPES[x.dtype.char], x.shape) for n, x in given],
        [H.make_tensor_value_info(n, kind, None) for n in made],
    )
    model = H.make_model(graph, opset_imports=[H.make_opsetid("", opset)], ir_version=8)
    right = evaluated(model, op, dict(given))
    found = run(model, list(inputs), weights)
    assert [differs(a, b, 1e-4, 1e-5) for a, b in zip(found, right, strict=True)] == [""] * outputs

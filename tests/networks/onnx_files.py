"""A small ONNX network."""

from pathlib import Path

import pytest
import torch


def write_onnx(path: Path) -> Path:
    """A convolution and its mean, for a batch of one; skips the test without the onnx extra."""
    onnx = pytest.importorskip("onnx")
    h, t = onnx.helper, onnx.TensorProto
    weight = onnx.numpy_helper.from_array(torch.rand(4, 3, 3, 3).numpy(), "w")
    shape = onnx.numpy_helper.from_array(torch.tensor([1, -1]).numpy(), "s")
    graph = h.make_graph(
        [
            h.make_node("Conv", ["x", "w"], ["c"], name="conv"),
            h.make_node("Relu", ["c"], ["r"], name="relu"),
            h.make_node("GlobalAveragePool", ["r"], ["p"], name="pool"),
            h.make_node("Reshape", ["p", "s"], ["y"], name="flat"),
        ],
        "tiny",
        [h.make_tensor_value_info("x", t.FLOAT, [1, 3, 16, 16])],
        [h.make_tensor_value_info("y", t.FLOAT, [1, 4])],
        [weight, shape],
    )
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path

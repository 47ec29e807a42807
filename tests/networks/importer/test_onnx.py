"""ONNX networks of our own making: what people report to go wrong elsewhere."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network

onnx = pytest.importorskip("onnx")
H, N, T = onnx.helper, onnx.numpy_helper, onnx.TensorProto


def save(
    path: Path,
    nodes: list[Any],
    weights: dict[str, np.ndarray],
    opset: int = 13,
    size: int = 8,
    kind: int = T.FLOAT,
    batch: int | str = "n",
    rank: int = 4,
) -> Path:
    """A network from x (n, 3, size, size) to y."""
    graph = H.make_graph(
        nodes,
        "g",
        [H.make_tensor_value_info("x", kind, [batch, 3, size, size])],
        [H.make_tensor_value_info("y", kind, [None] * rank)],
        [N.from_array(value, name) for name, value in weights.items()],
    )
    model = H.make_model(graph, opset_imports=[H.make_opsetid("", opset)])
    model.ir_version = 8
    onnx.save(model, str(path))
    return path


def numbers(*shape: int) -> np.ndarray:
    return (np.random.default_rng(0).standard_normal(shape) * 0.3).astype(np.float32)


def image(size: int = 8, count: int = 1) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1))


def scores(path: Path, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return open_network(str(path)).module(x)


POOL = H.make_node("GlobalAveragePool", ["r"], ["y"])


def test_an_empty_region_counts_as_none(tmp_path):
    nodes = [
        H.make_node("Conv", ["x", "w"], ["a"], name="c1"),
        H.make_node("Resize", ["a", "roi", "s"], ["r"], mode="linear"),
        POOL,
    ]
    weights = {"w": numbers(4, 3, 3, 3), "roi": np.array([], np.float32)}
    weights["s"] = np.array([1, 1, 2, 2], np.float32)
    net = open_network(str(save(tmp_path / "n.onnx", nodes, weights, 11)))
    assert net.info.layers[0].path == "c1"


def places(n: int, scale: float, coordinates: str) -> np.ndarray:
    """The standard's formulas."""
    i, m = np.arange(int(n * scale)), int(n * scale)
    return {
        "half_pixel": (i + 0.5) / scale - 0.5,
        "pytorch_half_pixel": (i + 0.5) / scale - 0.5,
        "asymmetric": i / scale,
        "align_corners": i * (n - 1) / (m - 1),
    }[coordinates]


def resizing(n: int, scale: float, coordinates: str, mode: str, nearest: str) -> np.ndarray:
    """The matrix that resizes one axis."""
    at = places(n, scale, coordinates)
    made = np.zeros((len(at), n))
    for row, x in zip(made, at, strict=True):
        if mode == "linear":
            low = int(np.floor(x))
            row[min(max(low, 0), n - 1)] += 1 - (x - low)
            row[min(max(low + 1, 0), n - 1)] += x - low
        else:
            rounded = {
                "floor": np.floor(x),
                "ceil": np.ceil(x),
                "round_prefer_floor": np.ceil(x - 0.5),
                "round_prefer_ceil": np.floor(x + 0.5),
            }[nearest]
            row[int(min(max(rounded, 0), n - 1))] = 1
    return made


@pytest.mark.parametrize(
    "coordinates", ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"]
)
def test_every_way_to_resize_follows_the_standard(tmp_path, coordinates):
    modes = [("nearest", n) for n in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")]
    for mode, nearest in [("linear", "floor"), *modes]:
        for scale in (2.0, 0.5):
            matrix = resizing(8, scale, coordinates, mode, nearest)
            ramp = numbers(1, 1, len(matrix), len(matrix))
            how = {"coordinate_transformation_mode": coordinates, "nearest_mode": nearest}
            nodes = [
                H.make_node("Resize", ["x", "roi", "s"], ["u"], mode=mode, **how),
                H.make_node("Mul", ["u", "ramp"], ["r"]),
                POOL,
            ]
            weights = {"roi": np.zeros(8, np.float32), "ramp": ramp}
            weights["s"] = np.array([1, 1, scale, scale], np.float32)
            found = scores(save(tmp_path / "n.onnx", nodes, weights, 11), image())
            right = [(matrix @ c.numpy() @ matrix.T * ramp[0, 0]).mean() for c in image()[0]]
            assert np.allclose(found.reshape(3), right, 1e-4, 1e-5), (mode, nearest, scale)


@pytest.mark.parametrize("value", [-3.4e38, 2.0])
def test_old_paddings_have_their_value_in_an_attribute(tmp_path, value):
    nodes = [
        H.make_node("Pad", ["x"], ["p"], mode="constant", pads=[0, 0, 1, 1] * 2, value=value),
        H.make_node("MaxPool", ["p"], ["r"], kernel_shape=[3, 3], strides=[2, 2]),
        POOL,
    ]
    found = scores(save(tmp_path / "n.onnx", nodes, {}, 9), image())
    right = F.max_pool2d(F.pad(image(), (1, 1, 1, 1), value=value), 3, 2).mean((2, 3))
    assert torch.allclose(found.flatten(1), right)


@pytest.mark.parametrize("source", ["Constant", "Identity", "ConstantOfShape", "If"])
def test_weights_may_come_from_nodes(tmp_path, source):
    w = numbers(4, 3, 3, 3)
    weights = {}
    if source == "Constant":
        made = H.make_node("Constant", [], ["wc"], value=N.from_array(w))
    elif source == "Identity":
        made, weights = H.make_node("Identity", ["w"], ["wc"]), {"w": w}
    elif source == "ConstantOfShape":
        filled = H.make_tensor("v", T.FLOAT, [1], [0.1])
        made = H.make_node("ConstantOfShape", ["s"], ["wc"], value=filled)
        weights, w = {"s": np.array(w.shape)}, np.full_like(w, 0.1)
    else:
        branches = {
            name: H.make_graph(
                [H.make_node("Identity", [chosen], ["out"])],
                name,
                [],
                [H.make_tensor_value_info("out", T.FLOAT, w.shape)],
            )
            for name, chosen in (("then_branch", "w"), ("else_branch", "zero"))
        }
        made = H.make_node("If", ["c"], ["wc"], **branches)
        weights = {"c": np.array(True), "w": w, "zero": w * 0}
    nodes = [made, H.make_node("Conv", ["x", "wc"], ["r"], name="conv"), POOL]
    found = scores(save(tmp_path / "n.onnx", nodes, weights), image())
    right = F.conv2d(image(), torch.from_numpy(w)).mean((2, 3))
    assert torch.allclose(found.flatten(1), right, 1e-4, 1e-5)


def test_what_the_image_decides_is_refused(tmp_path):
    body = H.make_graph(
        [H.make_node("Identity", ["x"], ["out"])],
        "b",
        [],
        [H.make_tensor_value_info("out", T.FLOAT, None)],
    )
    nodes = [
        H.make_node("ReduceMax", ["x"], ["m"], keepdims=0),
        H.make_node("Cast", ["m"], ["c"], to=T.BOOL),
        H.make_node("If", ["c"], ["r"], then_branch=body, else_branch=body),
        POOL,
    ]
    with pytest.raises(DgnError, match=r"If of opset 13 has a condition that depends"):
        open_network(str(save(tmp_path / "n.onnx", nodes, {})))


def test_a_loop_is_written_out(tmp_path):
    body = H.make_graph(
        [H.make_node("Add", ["v", "v"], ["w"]), H.make_node("Identity", ["go"], ["on"])],
        "b",
        [
            H.make_tensor_value_info("i", T.INT64, []),
            H.make_tensor_value_info("go", T.BOOL, []),
            H.make_tensor_value_info("v", T.FLOAT, None),
        ],
        [H.make_tensor_value_info("on", T.BOOL, []), H.make_tensor_value_info("w", T.FLOAT, None)],
    )
    nodes = [H.make_node("Loop", ["m", "", "x"], ["r"], body=body), POOL]
    path = save(tmp_path / "n.onnx", nodes, {"m": np.array(3)})
    assert torch.allclose(scores(path, image()).flatten(1), image().mean((2, 3)) * 8)


@pytest.mark.parametrize("kind", [T.FLOAT16, T.DOUBLE])
def test_half_and_double_networks_run_in_single_precision(tmp_path, kind):
    w = numbers(4, 3, 3, 3).astype(H.tensor_dtype_to_np_dtype(kind))
    nodes = [H.make_node("Conv", ["x", "w"], ["r"], name="conv"), POOL]
    path = save(tmp_path / "n.onnx", nodes, {"w": w}, kind=kind)
    right = F.conv2d(image(), torch.from_numpy(w.astype(np.float32))).mean((2, 3))
    assert torch.allclose(scores(path, image()).flatten(1), right, 1e-4, 1e-5)


def test_a_quantised_network_has_a_gradient(tmp_path):
    nodes = [
        H.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        H.make_node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        H.make_node("DequantizeLinear", ["wq", "s", "zw"], ["w"]),
        H.make_node("Conv", ["d", "w"], ["r"], name="conv"),
        POOL,
    ]
    weights = {"s": np.float32(0.02).reshape(()), "z": np.uint8(3).reshape(())}
    weights["zw"] = np.int8(0).reshape(())
    weights["wq"] = (numbers(4, 3, 3, 3) * 50).astype(np.int8)
    net = open_network(str(save(tmp_path / "n.onnx", nodes, weights)))
    x = image().requires_grad_()
    stepped = (x.detach() / 0.02).round() * 0.02
    right = F.conv2d(stepped, torch.from_numpy(weights["wq"] * np.float32(0.02))).mean((2, 3))
    found = net.module(x).flatten(1)
    assert torch.allclose(found, right, 1e-3, 1e-4)
    found.sum().backward()
    assert x.grad is not None and x.grad.abs().sum() > 0


def test_a_batch_of_one_in_a_reshape_of_heads_is_freed(tmp_path):
    nodes = [
        H.make_node("Reshape", ["x", "a"], ["h"]),  # (heads of all images, pixels)
        H.make_node("Reshape", ["h", "b"], ["r"]),
        POOL,
    ]
    weights = {"a": np.array([-1, 64]), "b": np.array([1, 3, 8, 8])}
    path = save(tmp_path / "n.onnx", nodes, weights, batch=1)
    net = open_network(str(path))
    assert net.info.batch_limit is None
    found = net.module(image(count=2)).flatten(1)
    assert torch.allclose(found, image(count=2).mean((2, 3)))


def test_a_class_token_of_one_image_serves_a_batch(tmp_path):
    nodes = [H.make_node("Concat", ["x", "t"], ["r"], axis=2), POOL]
    path = save(tmp_path / "n.onnx", nodes, {"t": numbers(1, 3, 1, 8)}, batch=1)
    net = open_network(str(path))
    assert net.info.batch_limit is None
    token = torch.from_numpy(numbers(1, 3, 1, 8)).expand(2, -1, -1, -1)
    right = torch.cat([image(count=2), token], 2).mean((2, 3))
    assert torch.allclose(net.module(image(count=2)).flatten(1), right)


def test_constants_of_five_axes_are_left_as_they_lie(tmp_path):
    nodes = [
        H.make_node("Unsqueeze", ["x", "a"], ["u"]),
        H.make_node("Add", ["u", "five"], ["s"]),
        H.make_node("Squeeze", ["s", "a"], ["r"]),
        POOL,
    ]
    weights = {"a": np.array([1]), "five": numbers(1, 1, 3, 8, 8)}
    found = scores(save(tmp_path / "n.onnx", nodes, weights), image())
    right = (image() + torch.from_numpy(weights["five"][0])).mean((2, 3))
    assert torch.allclose(found.flatten(1), right, 1e-4, 1e-5)


def test_names_are_not_run(tmp_path):
    name = 'a"), __import__("os").mkdir("hacked"), ("'
    nodes = [
        H.make_node("Conv", ["x", "w"], ["c"], name=name),
        H.make_node("Relu", ["c"], ["r"], name="forward"),
        POOL,
    ]
    net = open_network(str(save(tmp_path / "n.onnx", nodes, {"w": numbers(4, 3, 3, 3)})))
    assert '"' not in net.info.layers[0].path
    assert not Path("hacked").exists()


def test_two_nodes_of_one_name_are_two_layers(tmp_path):
    nodes = [
        H.make_node("Conv", ["x", "w"], ["a"], name="c"),
        H.make_node("Conv", ["a", "v"], ["b"], name="c"),
        H.make_node("Conv", ["b", "v"], ["r"], name="c_1"),
        POOL,
    ]
    weights = {"w": numbers(4, 3, 3, 3), "v": numbers(4, 4, 1, 1)}
    net = open_network(str(save(tmp_path / "n.onnx", nodes, weights)))
    assert [x.path for x in net.info.layers][:3] == ["c", "c_1", "c_1_1"]


@pytest.mark.parametrize("opset", [6, 999])
def test_an_opset_that_is_not_known_is_named(tmp_path, opset):
    nodes = [H.make_node("Relu", ["x"], ["r"]), POOL]
    with pytest.raises(DgnError, match=f"opset {opset}"):
        open_network(str(save(tmp_path / "n.onnx", nodes, {}, opset)))


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 18, 21])
def test_one_network_of_every_opset(tmp_path, opset):
    nodes = [
        H.make_node("Conv", ["x", "w"], ["c"], name="conv", auto_pad="SAME_UPPER", strides=[2, 2]),
        H.make_node("Relu", ["c"], ["r"]),
        H.make_node("GlobalAveragePool", ["r"], ["p"]),
        H.make_node("Flatten", ["p"], ["f"]),
        H.make_node("Softmax", ["f"], ["y"], axis=1),
    ]
    path = save(tmp_path / "n.onnx", nodes, {"w": numbers(4, 3, 3, 3)}, opset, rank=2)
    padded = F.pad(image(), (0, 1, 0, 1))
    right = F.conv2d(padded, torch.from_numpy(numbers(4, 3, 3, 3)), stride=2).relu().mean((2, 3))
    assert torch.allclose(scores(path, image()), right, 1e-4, 1e-5)  # the softmax is off


def test_weights_beside_the_file(tmp_path):
    nodes = [H.make_node("Conv", ["x", "w"], ["r"], name="conv"), POOL]
    path = save(tmp_path / "n.onnx", nodes, {"w": numbers(16, 3, 3, 3)})
    right = scores(path, image())
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="w", size_threshold=0)
    assert torch.equal(scores(path, image()), right)
    (tmp_path / "w").unlink()
    with pytest.raises(DgnError, match="keeps weights in 'w'"):
        open_network(str(path))


@pytest.mark.parametrize("name", ["squeezenet", "shufflenet"])
def test_the_light_models_of_the_onnx_package_open(name, monkeypatch):
    folder = Path(onnx.__file__).parent / "backend/test/data/light"
    monkeypatch.setattr("dgn_explorer.networks.programs.onnx_loader.require_same_scores", none)
    assert open_network(f"{folder / f'light_{name}.onnx'} --size 224").info.layers


def none(*_: Any) -> str:
    return ""


def test_other_scores_elsewhere_are_refused(tmp_path, monkeypatch):
    from dgn_explorer.networks.programs.onnx import comparison

    def other(model: Any, image: torch.Tensor) -> Any:
        return lambda x: np.full((1, 3, 1, 1), 9.0, np.float32)

    monkeypatch.setattr(comparison, "_onnxruntime", other)
    nodes = [H.make_node("Relu", ["x"], ["r"]), POOL]
    with pytest.raises(DgnError, match=r"scores that differ by 8\."):
        open_network(str(save(tmp_path / "n.onnx", nodes, {})))


@pytest.mark.parametrize("sort", ["doubling", "itself", "deep"])
def test_functions_that_call_each_other_without_end(tmp_path: Path, sort: str) -> None:
    opsets = [H.make_opsetid("", 17), H.make_opsetid("d", 1)]

    def function(i: int, called: list[str]) -> Any:
        names = ["x", *(f"v{k}" for k in range(len(called) - 1)), "y"]
        nodes = [
            H.make_node(name, [names[k]], [names[k + 1]], domain="d" if name[0] == "f" else "")
            for k, name in enumerate(called)
        ]
        return H.make_function("d", f"f{i}", ["x"], ["y"], nodes, opsets)

    count = 3000 if sort == "deep" else 40
    below = [[f"f{i - 1}"] * (1 if sort == "deep" else 2) for i in range(1, count + 1)]
    first = ["f0"] if sort == "itself" else ["Relu"]
    functions = [function(i, called) for i, called in enumerate([first, *below])]
    value = [H.make_tensor_value_info(n, T.FLOAT, ["N", 3, 8, 8]) for n in "xy"]
    node = H.make_node(f"f{count}", ["x"], ["y"], domain="d")
    graph = H.make_graph([node], "g", value[:1], value[1:])
    path = tmp_path / "n.onnx"
    model = H.make_model(graph, opset_imports=opsets, functions=functions)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(DgnError, match="without end"):
        open_network(str(path))


def test_numbers_without_a_gradient_are_named(tmp_path):
    nodes = [H.make_node("Cast", ["x"], ["r"], to=T.FLOAT), POOL]
    with pytest.raises(DgnError, match="takes numbers of uint8, not float32"):
        open_network(str(save(tmp_path / "n.onnx", nodes, {}, kind=T.UINT8)))

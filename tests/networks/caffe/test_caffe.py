"""Caffe files without Caffe."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.caffe.caffe_files import read_caffemodel, read_mean
from dgn_explorer.networks.caffe.caffe_net import CaffeNet, classifier_path
from dgn_explorer.networks.caffe.prototxt import parse_prototxt
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from tests.networks.caffe_texts import alexnet, blob, block, caffemodel, googlenet, layer, pool

RANDOM = NetworkOptions(weights="random")
SMALL = (
    'name: "small"\n'
    + layer("data", "Input", [], input_param="shape { dim: 1 dim: 3 dim: 9 dim: 9 }")
    + layer("c", "Convolution", "data", convolution_param="num_output: 4 kernel_size: 3 group: 1")
    + layer("bn", "BatchNorm", "c", "c", batch_norm_param="use_global_stats: true")
    + layer("sc", "Scale", "c", "c", scale_param="bias_term: true")
    + layer("r", "ReLU", "c", "c")
    + pool("p", "c", "pool: AVE kernel_size: 3 stride: 2")
    + layer("ip", "InnerProduct", "p", inner_product_param="num_output: 5")
    + layer("prob", "Softmax", "ip")
)


def small_weights():
    torch.manual_seed(1)
    return {
        "c": [torch.randn(4, 3, 3, 3), torch.randn(4)],
        "bn": [torch.randn(4), torch.rand(4) + 1, torch.tensor([2.0])],
        "sc": [torch.randn(4), torch.randn(4)],
        "ip": [torch.randn(5, 36), torch.randn(5)],
    }


@pytest.fixture
def small(tmp_path):
    (tmp_path / "deploy.prototxt").write_text(SMALL)
    (tmp_path / "small.caffemodel").write_bytes(caffemodel(small_weights(), v1=False))
    return tmp_path


@pytest.mark.parametrize("v1", [False, True])
def test_weights_and_arithmetic(small, v1):
    (small / "small.caffemodel").write_bytes(caffemodel(small_weights(), v1))
    net = open_network(str(small / "deploy.prototxt"))
    w = small_weights()
    rgb = torch.rand(2, 3, 9, 9)
    x = rgb.flip(1) * 255 - torch.tensor([104.0, 117.0, 123.0]).view(1, 3, 1, 1)
    x = F.conv2d(x, *w["c"])
    mean, variance = (t.view(1, 4, 1, 1) / 2 for t in w["bn"][:2])
    x = (x - mean) / torch.sqrt(variance + 1e-5)
    x = x * w["sc"][0].view(1, 4, 1, 1) + w["sc"][1].view(1, 4, 1, 1)
    x = F.avg_pool2d(F.relu(x), 3, 2, ceil_mode=True)
    expected = x.flatten(1) @ w["ip"][0].T + w["ip"][1]
    assert torch.allclose(net.logits(rgb), expected, rtol=1e-4, atol=1e-3)
    assert net.info.output_layer == "ip"


@pytest.mark.parametrize(
    ("size", "given", "out"),
    [(13, "kernel_size: 3 stride: 2", 6), (14, "kernel_size: 3 stride: 2", 7),
     (112, "kernel_size: 3 stride: 2", 56), (14, "kernel_size: 3 stride: 2 round_mode: FLOOR", 6)],
)  # fmt: skip
def test_pooling_rounds_up(size, given, out):
    net = parse_prototxt('input: "data"' + pool("p", "data", f"pool: MAX {given}"))
    assert CaffeNet(net, (1, 1, size, size))(torch.zeros(1, 1, size, size)).shape[2:] == (out, out)


@pytest.mark.parametrize("lrn_first", [False, True])
def test_alexnet_and_caffenet_build(lrn_first):
    net = CaffeNet(parse_prototxt(alexnet(lrn_first)), (1, 3, 227, 227))
    shapes = {path: tuple(p.shape) for path, p in net.named_parameters()}
    assert shapes["conv2.weight"] == (256, 48, 5, 5)
    assert shapes["fc6.weight"] == (4096, 9216)
    assert sum(p.numel() for p in net.parameters()) == 60_965_224
    assert classifier_path(net) == "fc8"


def test_googlenet_runs(tmp_path):
    path = tmp_path / "googlenet.prototxt"
    path.write_text(googlenet())
    net = open_network(str(path), options=RANDOM)
    assert net.info.output_layer == "loss3/classifier"
    assert net.info.layer("inception_4e/output").spatial == (14, 14)
    assert net.info.layer("inception_5b/output").channels == 1024
    assert len(net.info.labels) == 1000


def test_a_layer_without_weights_is_named(small):
    weights = small_weights()
    del weights["ip"]
    (small / "small.caffemodel").write_bytes(caffemodel(weights, v1=False))
    with pytest.raises(DgnError, match="'ip'"):
        open_network(str(small / "deploy.prototxt"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('layer { name: "x"', "the end"),
        ("layer { name: }", "value should be"),
        ('input: "data" ' + layer("x", "Nonsense", "data"), "Nonsense"),
        ('input: "data" ' + layer("x", "ReLU", "nowhere"), "nowhere"),
        ("{" * 99, "name should be"),
        ("a { " * 999, "nested"),
        (SMALL.replace("num_output: 4", "num_output: 2000000000"), "cannot be run"),
        (SMALL.replace("dim: 9", "dim: 9999999"), "out of range"),
    ],
)
def test_mistakes_in_the_prototxt(tmp_path, text, said):
    path = tmp_path / "deploy.prototxt"
    path.write_text(text)
    with pytest.raises(DgnError, match=said):
        open_network(
            str(path), options=NetworkOptions(weights="random", size=None if "dim" in text else 9)
        )


def test_mean_files(tmp_path):
    image = torch.arange(3.0).view(3, 1, 1).expand(3, 4, 4)
    (tmp_path / "mean.binaryproto").write_bytes(blob(image, legacy=True))
    np.save(tmp_path / "mean.npy", image.numpy())
    assert read_mean(tmp_path / "mean.binaryproto") == (0.0, 1.0, 2.0)
    assert read_mean(tmp_path / "mean.npy") == (0.0, 1.0, 2.0)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_weights_are_refused_or_read(tmp_path_factory, data):
    good = bytearray(
        caffemodel({"c": [torch.ones(2, 3), torch.ones(2)]}, v1=data.draw(st.booleans()))
    )
    for _ in range(data.draw(st.integers(0, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.caffemodel"
    path.write_bytes(good[: data.draw(st.integers(0, len(good)))])
    try:
        blobs = read_caffemodel(path)
    except DgnError as error:
        assert error.hint
    else:
        assert all(len(b.flatten()) <= len(good) for blobs in blobs.values() for b in blobs)


def test_a_huge_length_costs_nothing(tmp_path):
    path = tmp_path / "x.caffemodel"
    path.write_bytes(block(100, b"")[:1] + b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
    with pytest.raises(DgnError, match="no protobuf"):
        read_caffemodel(path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_prototxt_is_refused_or_built(data):
    text = SMALL
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + data.draw(st.text("0129{}:\"'-ex \n#<[", max_size=4)) + text[end:]
    try:
        CaffeNet(parse_prototxt(text), (1, 3, 9, 9))
    except DgnError as error:
        assert error.hint

"""Caffe files that are easily read wrongly: what they say is done, or refused, or said."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.caffe.caffe_net import CaffeNet
from dgn_explorer.networks.caffe.prototxt import parse_prototxt
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from tests.networks.caffe_texts import caffemodel, layer

DATA = layer("data", "Input", [], input_param="shape { dim: 1 dim: 4 dim: 6 dim: 6 }")
CONV = "num_output: 4 kernel_size: 3 pad: 1"


def net(*layers: str) -> CaffeNet:
    module = CaffeNet(parse_prototxt(DATA + "".join(layers)), (1, 4, 6, 6))
    module.fill_randomly()
    return module


def x(count: int = 1) -> Tensor:
    return torch.rand(count, 4, 6, 6, generator=torch.Generator().manual_seed(2)) + 0.1


def two(kind: str, **params: str) -> list[str]:
    """A layer of two blobs: the image, and one number for each of its channels."""
    pooled = layer("p", "Pooling", "data", pooling_param="pool: AVE global_pooling: true")
    return [pooled, layer("e", kind, ["data", "p"], "y", **params)]


def cut(*tops: str, params: str = "") -> str:
    names = " ".join(f'top: "{top}"' for top in tops)
    return f'layer {{ name: "s" type: "Slice" bottom: "data" {names} slice_param {{ {params} }} }}'


@pytest.mark.parametrize(
    ("layers", "right"),
    [
        (two("Scale", scale_param="axis: 0"), lambda x: x * x.mean((2, 3), keepdim=True)),
        (two("Bias", bias_param="axis: 0"), lambda x: x + x.mean((2, 3), keepdim=True)),
        ([layer("e", "Eltwise", ["data", "data"], "y",
                eltwise_param="operation: SUM coeff: 1 coeff: -0.5")], lambda x: x * 0.5),
        ([layer("e", "Eltwise", ["data", "data"], "y", eltwise_param="operation: PROD")],
         lambda x: x * x),
        ([layer("e", "Flatten", "data", "y", flatten_param="axis: 2")], lambda x: x.flatten(2)),
        ([layer("e", "Flatten", "data", "y", flatten_param="axis: 1 end_axis: 2")],
         lambda x: x.flatten(1, 2)),
        ([layer("e", "Reshape", "data", "y",
                reshape_param="shape { dim: 2 dim: -1 } axis: 1 num_axes: 1")],
         lambda x: x.reshape(len(x), 2, 2, 6, 6)),
        ([layer("e", "Reshape", "data", "y", reshape_param="shape { dim: 0 dim: 2 dim: -1 }")],
         lambda x: x.reshape(len(x), 2, -1)),
        ([layer("e", "Reshape", "data", "y", reshape_param="shape { dim: 36 } axis: -3")],
         lambda x: x.flatten(2)),
        ([cut("a", "b", params="slice_point: 1"),
          layer("f", "Concat", ["b", "a"], "y")], lambda x: torch.cat([x[:, 1:], x[:, :1]], 1)),
        ([layer("p", "Pooling", "data", pooling_param="pool: MAX kernel_size: 2 stride: 2"),
          layer("e", "Crop", ["data", "p"], "y", crop_param="axis: 2 offset: 1 offset: 2")],
         lambda x: x[:, :, 1:4, 2:5]),
        ([layer("e", "BatchNorm", "data", "y", batch_norm_param="use_global_stats: false")],
         lambda x: F.batch_norm(x, None, None, training=True)),
        ([layer("e", "Power", "data", "y", power_param="power: 0.5 scale: 2 shift: 1")],
         lambda x: (1 + 2 * x).sqrt()),
        ([layer("e", "LRN", "data", "y", lrn_param="local_size: 3 alpha: 3 norm_region: 1")],
         lambda x: x * (1 + 3 * F.avg_pool2d(x * x, 3, 1, 1)).pow(-0.75)),
        # one blob, read before and after a layer that works in place on it: Caffe splits it
        ([layer("a", "Power", "data", "b", power_param="scale: -1"),
          layer("k", "Power", "b", "kept", power_param="scale: 2"),
          layer("r", "ReLU", "b", "b", relu_param="negative_slope: 0.5"),
          layer("e", "Eltwise", ["kept", "b"], "y")], lambda x: -2 * x - 0.5 * x),
    ],
)  # fmt: skip
def test_layers_do_what_their_parameters_say(
    layers: list[str], right: Callable[[Tensor], Tensor]
) -> None:
    module = net(*layers)
    found, wanted = module(x(2)), right(x(2))
    assert found.shape == wanted.shape and torch.allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([layer("e", "Eltwise", ["data", "data"], "y", eltwise_param="operation: MAX coeff: 2")],
         "operation MAX and 1 weights"),
        (two("Eltwise"), "joins blobs of the shapes"),
        ([cut("a", "b", "c")], "cuts 4 into 3"),
        ([cut("a", "b", params="slice_point: 1 slice_point: 2")], "2 slice points for 2 tops"),
        ([layer("e", "Reshape", "data", "y", reshape_param="shape { dim: 7 } axis: 1")],
         "cannot be built"),
        ([layer("c", "Convolution", "data", "y", convolution_param=CONV + " axis: 2")], "axis"),
        ([layer("p", "Pooling", "data", "y", pooling_param="pool: STOCHASTIC kernel_size: 2")],
         "STOCHASTIC"),
        ([layer("a", "ReLU", "data", "y"), layer("b", "TanH", "data", "y")], "another layer"),
        ([layer("p", "Pooling", "data", "p", pooling_param="pool: MAX kernel_size: 2 stride: 2"),
          layer("e", "Crop", ["data", "p"], "y", crop_param="offset: 1 offset: 1 offset: 1")],
         "3 offsets"),
        ([layer("m", "MVN", "data", "y")], "'MVN', which is not supported"),
        ([layer("i", "InnerProduct", "data", "y", inner_product_param="num_output: 2 axis: 2")],
         "axis other than 1"),
    ],
)  # fmt: skip
def test_what_would_be_read_wrongly_is_refused(layers: list[str], said: str) -> None:
    with pytest.raises(DgnError, match=said):
        net(*layers)


@pytest.mark.parametrize(
    ("rules", "runs"),
    [
        ("", True), ("include { phase: TEST }", True), ("include { phase: TRAIN }", False),
        ("include { phase: 1 }", True), ("exclude { phase: TRAIN }", True),
        ("exclude { phase: TEST }", False), ('include { stage: "val" }', False),
        ('include { stage: "deploy" }', True), ('exclude { stage: "deploy" }', False),
        ('include { phase: TEST not_stage: "deploy" }', False),
        ("include { min_level: 1 }", False), ("include { max_level: 3 }", True),
        ('include { phase: TRAIN } include { stage: "deploy" }', True),
    ],
)  # fmt: skip
def test_rules_of_layers(rules: str, runs: bool) -> None:
    text = 'layer { name: "t" type: "Power" bottom: "y" top: "y" power_param { scale: 2 } %s }'
    twice = text % rules
    module = net(layer("a", "Power", "data", "y", power_param="scale: 1"), twice)
    assert torch.allclose(module(x()), x() * (2 if runs else 1))


def untrained(tmp_path: Path, *layers: str) -> Network:
    path = tmp_path / "n.prototxt"
    path.write_text(DATA.replace("dim: 4", "dim: 3") + "".join(layers))
    return open_network(str(path), options=NetworkOptions(weights="random"))


def test_parameters_of_forks_are_said(tmp_path: Path) -> None:
    conv = layer("c", "Convolution", "data", convolution_param=CONV)
    usual = layer("b", "BatchNorm", "c", batch_norm_param="moving_average_fraction: 0.9 eps: 1e-4")
    info = untrained(tmp_path, conv, usual).info
    assert not [x for x in info.notices if "not known" in x]
    fork = layer("b", "BatchNorm", "c", batch_norm_param="scale_bias: true")
    other = layer("r", "ReLU", "b", relu_param="clip: 6", power_param="power: 2")
    (said,) = [x for x in untrained(tmp_path, conv, fork, other).info.notices if "not known" in x]
    assert "b: batch_norm_param.scale_bias" in said
    assert "r: power_param" in said and "relu_param.clip" in said


def test_statistics_of_the_batch_are_said(tmp_path: Path) -> None:
    conv = layer("c", "Convolution", "data", convolution_param=CONV)
    norm = layer("b", "BatchNorm", "c", batch_norm_param="use_global_stats: false")
    info = untrained(tmp_path, conv, norm).info
    assert info.batch_limit == 1 and "one at a time" in info.notices[-1]


def test_weights_that_nobody_takes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "n.prototxt"
    conv = layer("c", "Convolution", "data", convolution_param=CONV + " bias_term: false")
    path.write_text(DATA.replace("dim: 4", "dim: 3") + conv)
    weights = {"c": [torch.rand(4, 3, 3, 3), torch.rand(4)]}
    (tmp_path / "n.caffemodel").write_bytes(caffemodel(weights, v1=False))
    with pytest.raises(DgnError, match="2 blobs for layer 'c', which takes 1"):
        open_network(str(path))


def test_old_layers_with_every_form_of_a_type(tmp_path: Path) -> None:
    old = (
        'input: "data" input_dim: 1 input_dim: 3 input_dim: 6 input_dim: 6\n'
        'layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" blobs_lr: 1'
        " convolution_param { num_output: 4 kernel_size: 3 } }\n"
        'layers { name: "r" type: RELU bottom: "c" top: "c" }\n'
        'layers { name: "i" type: INNER_PRODUCT bottom: "c" top: "i"'
        " inner_product_param { num_output: 5 } }\n"
        'layers { name: "s" type: SILENCE bottom: "r" }\n'
        'layers { name: "l" type: EUCLIDEAN_LOSS bottom: "i" bottom: "label" }\n'
    )
    (tmp_path / "n.prototxt").write_text(old)
    info = open_network(str(tmp_path / "n.prototxt"), options=NetworkOptions(weights="random")).info
    assert [x.path for x in info.layers] == ["c", "i"] and info.output_layer == "i"

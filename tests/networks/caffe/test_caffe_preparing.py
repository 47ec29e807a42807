"""What a prototxt says of its layers' parameters and of how images are prepared is done."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from tests.networks.caffe_texts import blob


def one_layer(tmp_path: Path, layer: str, transform: str = "", channels: int = 3) -> Path:
    path = tmp_path / "one.prototxt"
    path.write_text(
        'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1'
        f" dim: {channels} dim: 16 dim: 16 }} }} {transform} }}\n"
        f'layer {{ name: "e" bottom: "data" top: "y" {layer} }}\n'
    )
    return path


def untrained(path: Path, **options: Any) -> Network:
    return open_network(str(path), options=NetworkOptions(weights="random", **options))


@pytest.mark.parametrize(
    ("layer", "right"),
    [
        ('type: "Exp" exp_param { base: 2 scale: 0.5 shift: 1 }', 2**1.25),
        ('type: "Exp" exp_param { scale: 2 }', math.exp(1.0)),
        ('type: "Exp"', math.exp(0.5)),
        ("type: EXP exp_param { base: 3 }", 3**0.5),
        ('type: "Log" log_param { base: 10 scale: 1 shift: 1 }', math.log10(1.5)),
        ('type: "Log"', math.log(0.5)),
        ('type: "Power" power_param { power: 2 scale: 3 shift: 1 }', 2.5**2),
    ],
)
def test_functions_with_parameters(layer: str, right: float, tmp_path: Path) -> None:
    net = untrained(one_layer(tmp_path, layer))
    found = net.module(torch.full((1, 3, 16, 16), 0.5))
    assert float(found[0, 0, 0, 0]) == pytest.approx(right, rel=1e-5)


def test_a_base_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DgnError, match="base 0"):
        untrained(one_layer(tmp_path, 'type: "Exp" exp_param { base: 0 }'))


@pytest.mark.parametrize("kind", ["ConvolutionDepthwise", "DepthwiseConvolution"])
@pytest.mark.parametrize("group", ["", "group: 3"])
def test_depthwise_convolutions_have_a_group_for_each_channel(
    kind: str, group: str, tmp_path: Path
) -> None:
    layer = f'type: "{kind}" convolution_param {{ num_output: 3 kernel_size: 3 pad: 1 {group} }}'
    convolution = untrained(one_layer(tmp_path, layer)).module.get_submodule("e")
    assert convolution.groups == 3 and convolution.weight.shape == (3, 1, 3, 3)


CONVOLUTION = 'type: "Convolution" convolution_param { num_output: 4 kernel_size: 5 }'


@pytest.mark.parametrize(
    ("transform", "channels", "mean", "std"),
    [
        ("", 3, (104.0, 117.0, 123.0), 1.0),
        ("transform_param { scale: 0.00390625 }", 1, (0.0,), 256.0),
        ("transform_param { scale: 0.5 }", 3, (0.0, 0.0, 0.0), 2.0),
        ("transform_param { crop_size: 16 mirror: false }", 3, (0.0, 0.0, 0.0), 1.0),
        ("transform_param { mean_value: 7 }", 3, (7.0, 7.0, 7.0), 1.0),
        ("transform_param { mean_value: 1 mean_value: 2 mean_value: 3 scale: 0.1 }", 3,
         (1.0, 2.0, 3.0), 10.0),
        ("data_param { scale: 0.25 }", 3, (0.0, 0.0, 0.0), 4.0),
        ('data_param { source: "x" batch_size: 1 }', 3, (104.0, 117.0, 123.0), 1.0),
    ],
)  # fmt: skip
def test_what_a_transform_does_not_say_is_not_done(
    transform: str, channels: int, mean: tuple[float, ...], std: float, tmp_path: Path
) -> None:
    p = untrained(one_layer(tmp_path, CONVOLUTION, transform, channels)).preprocessing
    assert p.mean == mean and p.std == pytest.approx((std,) * channels)


def test_the_transform_of_the_test_phase_counts(tmp_path: Path) -> None:
    path = tmp_path / "two.prototxt"
    data = (
        'layer {{ name: "data" type: "Data" top: "data" include {{ phase: {} }}'
        " transform_param {{ crop_size: 16 mean_value: {} }} }}\n"
    )
    path.write_text(
        data.format("TRAIN", 9)
        + data.format("TEST", 5)
        + f'layer {{ name: "e" bottom: "data" top: "y" {CONVOLUTION} }}'
    )
    assert untrained(path).preprocessing.mean == (5.0, 5.0, 5.0)


def test_mean_files_of_a_prototxt(tmp_path: Path) -> None:
    transform = 'transform_param { mean_file: "gone/mean.binaryproto" scale: 0.5 }'
    path = one_layer(tmp_path, CONVOLUTION, transform)
    net = untrained(path)
    assert net.preprocessing.mean == (104.0, 117.0, 123.0)
    (said,) = [x for x in net.info.notices if "mean file" in x]
    assert "gone/mean.binaryproto is not there" in said and "--mean" in said
    assert untrained(path, mean=(1.0,)).preprocessing.mean == (1.0, 1.0, 1.0)
    assert not [x for x in untrained(path, mean=(1.0,)).info.notices if "mean file" in x]
    image = torch.arange(3.0).view(1, 3, 1, 1).expand(1, 3, 4, 4).contiguous()
    (tmp_path / "mean.binaryproto").write_bytes(blob(image, legacy=True))
    beside = untrained(path)
    assert beside.preprocessing.mean == (0.0, 1.0, 2.0)
    assert not [x for x in beside.info.notices if "mean file" in x]


def test_photographs_may_be_warped_as_by_caffes_tools(tmp_path: Path) -> None:
    path = one_layer(tmp_path, CONVOLUTION)
    plain, warped = untrained(path), untrained(path, resize="warp", crop=0.5)
    assert (plain.preprocessing.resize, warped.preprocessing.resize) == ("shorter", "warp")
    assert warped.info.name.endswith("--crop 0.5 --resize warp")
    assert "resize" not in str(plain.preprocessing)  # the text is part of old fingerprints
    with pytest.raises(DgnError, match="squeeze"):
        untrained(path, resize="squeeze")


DATA = 'layer {{ name: "data" type: "{}" top: "data" top: "label" {} }}\n'


@pytest.mark.parametrize(
    ("kind", "fields", "shape", "mean", "std"),
    [
        ("Data", "transform_param { crop_size: 16 force_gray: true scale: 0.5 }", (1, 16), 0, 2),
        ("ImageData", "image_data_param { new_height: 12 new_width: 12 is_color: false }"
         " transform_param { scale: 0.25 }", (1, 12), 0, 4),
        ("ImageData", "image_data_param { new_height: 12 new_width: 12 }"
         " transform_param { mean_value: 9 }", (3, 12), 9, 1),
        ("ImageData", "image_data_param { new_height: 20 new_width: 24 }"
         " transform_param { crop_size: 12 mean_value: 9 }", (3, 12), 9, 1),
        ("MemoryData", "memory_data_param { batch_size: 1 channels: 1 height: 14 width: 14 }"
         " transform_param { scale: 1 }", (1, 14), 0, 1),
        ("DummyData", "dummy_data_param { shape { dim: 2 dim: 1 dim: 10 dim: 10 } }"
         " transform_param { scale: 1 }", (1, 10), 0, 1),
    ],
)  # fmt: skip
def test_data_layers_say_how_large_and_whether_grey(
    kind: str, fields: str, shape: tuple[int, int], mean: float, std: float, tmp_path: Path
) -> None:
    path = tmp_path / "n.prototxt"
    path.write_text(
        DATA.format(kind, fields) + f'layer {{ name: "e" bottom: "data" top: "y" {CONVOLUTION} }}'
    )
    net = untrained(path)
    channels, size = shape
    assert net.info.input_size == size and net.info.notices == ()
    assert net.preprocessing.channels == ("grey" if channels == 1 else "bgr")
    assert net.preprocessing.mean == (mean,) * channels
    assert net.preprocessing.std == (std,) * channels
    assert net.module.get_submodule("e").weight.shape[1] == channels


def test_an_assumed_preparation_is_said(tmp_path: Path) -> None:
    colours = one_layer(tmp_path, CONVOLUTION)
    (said,) = untrained(colours).info.notices
    assert "BGR from 0 to 255 minus (104, 117, 123)" in said and "--mean" in said
    assert untrained(colours, mean=(1.0,)).info.notices == ()
    (said,) = untrained(one_layer(tmp_path, CONVOLUTION, channels=1)).info.notices
    assert "grey from 0 to 255 minus 114.67" in said
    told = one_layer(tmp_path, CONVOLUTION, "transform_param { scale: 1 }")
    assert untrained(told).info.notices == ()


def test_what_a_fork_does_to_images_is_named(tmp_path: Path) -> None:
    transform = "transform_param { scale: 1 resize_param { height: 16 width: 16 } }"
    (said,) = untrained(one_layer(tmp_path, CONVOLUTION, transform)).info.notices
    assert "not known and not applied: transform_param.resize_param" in said

"""Class names sit on the layer whose values are the class scores, and a class is its score."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.synthesis.unit_reader import UnitReader
from tests.networks.caffe_texts import layer
from tests.networks.making import opened

CLASSES = 7


class Mean(nn.Module):
    """Scores as the mean over maps, by a function that is no module."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.classes = nn.Conv2d(3, 5, 3), nn.Conv2d(5, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.classes(self.features(x).relu()).mean((2, 3))


def _end(*modules: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), *modules)


KINDS = {
    "linear": lambda: _end(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, CLASSES)),
    "linear, softmax": lambda: _end(
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, CLASSES), nn.Softmax(1)
    ),
    "pooled maps": lambda: _end(nn.Conv2d(5, CLASSES, 1), nn.AdaptiveAvgPool2d(1)),
    "pooled maps, softmax": lambda: _end(
        nn.Conv2d(5, CLASSES, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Softmax(1)
    ),
    "pooled maps, flat": lambda: _end(
        nn.Dropout(), nn.Conv2d(5, CLASSES, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ),
    "maximum of maps": lambda: _end(nn.Conv2d(5, CLASSES, 1), nn.AdaptiveMaxPool2d(1)),
    "maps by a function": Mean,
    "convolution of one position": lambda: _end(
        nn.AdaptiveAvgPool2d(1), nn.Conv2d(5, CLASSES, 1), nn.Flatten()
    ),
}


def says_its_scores(network: Network) -> None:
    info = network.info
    units = info.resolve_all("class:*")
    assert {unit.layer for unit in units} == {info.output_layer}
    generator = torch.Generator().manual_seed(1)
    rgb = torch.rand(2, 3, info.working_size, info.working_size, generator=generator)
    read = UnitReader(network, units)(rgb)
    scores = network.logits(rgb, info.working_size)
    if torch.allclose(scores.sum(1), torch.ones(2)):  # the network ends with a softmax
        read = read.softmax(1)
    assert torch.allclose(read, scores, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_is_its_score(kind: str) -> None:
    torch.manual_seed(0)
    says_its_scores(opened(KINDS[kind]()))


def test_only_the_scores_have_class_names(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("".join(f"c{n}\n" for n in range(CLASSES)))
    network = opened(KINDS["pooled maps, softmax"](), labels=str(names))
    info = network.info
    assert info.resolve("c3") == UnitAddress("4", 3)
    assert (info.label(UnitAddress("4", 3)), info.label(UnitAddress("2", 3))) == ("c3", "")
    maps = info.layer("2")
    assert maps.pooled  # results of its units stay what they are
    assert (info.feature_reader, info.output_layer) == ("2", "4")
    assert opened(KINDS["pooled maps"](), output_layer="2").info.output_layer == "2"
    features = UnitReader(network, [info.resolve("c3")]).with_features(torch.rand(2, 3, 16, 16))[1]
    assert features.shape == (2, 5)  # what the classifier gets, not the scores again


def test_torchvisions_squeezenet() -> None:
    network = open_network("torchvision:squeezenet1_1 --weights random --size 64")
    assert network.info.resolve("tench") == UnitAddress("classifier", 0)
    says_its_scores(network)


def test_caffes_squeezenet(tmp_path: Path) -> None:
    text = 'name: "S" input: "data" input_dim: 1 input_dim: 3 input_dim: 16 input_dim: 16\n'
    text += layer("c1", "Convolution", "data", convolution_param="num_output: 4 kernel_size: 3")
    text += layer("c10", "Convolution", "c1", convolution_param="num_output: 1000 kernel_size: 1")
    text += layer("relu10", "ReLU", "c10", top="c10")
    text += layer("pool10", "Pooling", "c10", pooling_param="pool: AVE global_pooling: true")
    text += layer("prob", "Softmax", "pool10")
    (tmp_path / "s.prototxt").write_text(text)
    options = NetworkOptions(weights="random")
    network = open_network(str(tmp_path / "s.prototxt"), options=options)
    assert network.info.resolve("tench") == UnitAddress("pool10", 0)
    assert network.info.label(UnitAddress("c10", 0)) == ""
    says_its_scores(network)

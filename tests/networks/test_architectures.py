"""Well-known architectures and unusual inputs: layers, units, and two steps of a real ascent."""

from pathlib import Path

import pytest
import torch
from torch import nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from tests.tiny import recipe_for, tiny_prior


def rises(network: Network, folder: Path, address: str) -> None:
    """Two ascent steps through a prior; the second look at the unit sees more than the first."""
    prior = tiny_prior(folder)
    recipe = recipe_for(network, prior, address, steps=2, step_start=0.05, zoom=0.0)
    first, second = (step.activations for step in dgn_am(network, prior, [recipe]))
    assert second.item() > first.item()


@pytest.mark.parametrize(
    ("spec", "path", "spatial", "channels", "units"),
    [
        (
            "torchvision:resnet50 --size 64",
            "layer3.5",
            (4, 4),
            1024,
            ("layer1.0.conv2:3", "layer4.2:5@1,0", "class:980", "conv1:1"),
        ),
        (
            "torchvision:alexnet --size 64",
            "features.10",
            (3, 3),
            256,
            ("conv5:9", "fc6:100", "fc8:3", "features.0:5@2,3"),
        ),
        (
            "torchvision:vit_b_16",
            "encoder.layers.encoder_layer_1",
            (197, 1),
            768,
            # its untrained classifier is all zeros
            ("encoder.layers.encoder_layer_1:5", "encoder.layers.encoder_layer_2:5@0,0"),
        ),
        (
            "torchvision:mobilenet_v3_small --size 64",
            "features.12",
            (2, 2),
            576,
            ("features.3:4", "classifier.0:8", "class:7"),
        ),
    ],
)
def test_layers_units_and_ascent(
    tmp_path: Path,
    spec: str,
    path: str,
    spatial: tuple[int, int],
    channels: int,
    units: tuple[str, ...],
) -> None:
    network = open_network(f"{spec} --weights random")
    layer = network.info.layer(path)
    assert (layer.spatial, layer.channels) == (spatial, channels)
    paths = [layer.path for layer in network.info.layers]
    assert len(paths) == len(set(paths)) == len(network.read_points)
    assert network.info.layer("class").channels == len(network.info.labels) == 1000
    for unit in units:
        rises(network, tmp_path, unit)
    address = network.info.resolve(f"{path}:{channels - 1}")
    with pytest.raises(DgnError, match=f"Its units are 0 to {channels - 1}"):
        network.info.resolve(f"{address.layer}:{channels}")


def factory(tmp_path: Path, channels: int) -> str:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        f"    return nn.Sequential(nn.Conv2d({channels}, 6, 5, 2), nn.ReLU(),"
        " nn.Conv2d(6, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))\n"
    )
    return f"{tmp_path / 'mine.py'}:make"


@pytest.mark.parametrize(
    ("count", "channels", "size"),
    [(1, "", 28), (1, "r", 64), (2, "grey,0.5", 28), (3, "bgr", 32), (5, "r,g,b,0,grey", 28)],
)
def test_other_inputs(tmp_path: Path, count: int, channels: str, size: int) -> None:
    arch = factory(tmp_path, count)
    torch.manual_seed(0)
    net = nn.Sequential(
        *(nn.Conv2d(count, 6, 5, 2), nn.ReLU(), nn.Conv2d(6, 8, 3), nn.ReLU()),
        *(nn.Flatten(), nn.Flatten(), nn.Linear(8, 10)),
    )
    torch.save(net.state_dict(), tmp_path / "w.pt")
    spec = f'{tmp_path / "w.pt"} --arch "{arch}" --size {size}'
    if count in (2, 5):
        with pytest.raises(DgnError, match=f"takes {count} channels.*--channels"):
            open_network(spec, confirm=lambda question: True)
    spec = f"{spec} --channels {channels}" if channels else spec
    network = open_network(spec, confirm=lambda question: True)
    assert network.info.layer("2").spatial == (((size - 5) // 2 + 1) - 2,) * 2
    assert network.preprocessing.channels == (channels or "grey")
    for unit in ("0:1", "2:3@1,2", "class:9"):
        rises(network, tmp_path, unit)

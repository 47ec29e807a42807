"""A network entered at a layer gives what it gives for the images whose values these are."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.networks.entered import entered
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.reading import ActivationReader
from tests import device
from tests.tiny import TinyNet, tiny_network

SIZE = 32


class _Nested(TinyNet):
    """Layers in modules in modules, a shared activation, and one that works in place."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(inplace=True)),
            nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1), nn.Conv2d(8, 16, 3, 2, 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.body(self.relu1(x)))
        return self.fc(self.pool(x).flatten(1))


class _Around(TinyNet):
    """The first layer goes round the second one to the classifier."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.conv1(x))
        beside = x.mean((2, 3)).repeat(1, 2)
        return self.fc(self.pool(self.relu2(self.conv2(x))).flatten(1) + beside)


class _PastModules(TinyNet):
    """The image itself goes round all layers, not through a module."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + x.mean((1, 2, 3))[:, None]


class _Twice(TinyNet):
    """The second layer's values are changed between modules before anything reads them."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x))
        x = self.relu2(self.conv2(F.relu6(x - 0.1)).mul_(2))
        return self.fc(self.pool(x).flatten(1))


def _opened(module: type[TinyNet]) -> Network:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return tiny_network(module())


def _values(network: Network, layer: str, x: Tensor) -> Tensor:
    point = network.read_points[layer]
    return ActivationReader(network.module, [point])(x)[0]


@pytest.mark.parametrize(
    "module, layer",
    [
        (TinyNet, "conv1"),
        (TinyNet, "conv2"),
        (TinyNet, "pool"),
        (TinyNet, "fc"),
        (_Nested, "body.0.0"),
        (_Nested, "body.1.0"),
        (_Nested, "body.1.1"),
        (_Around, "conv1"),
        (_Twice, "conv1"),
        (_Twice, "conv2"),
    ],
)
def test_it_gives_what_the_network_gives(module: type[TinyNet], layer: str) -> None:
    network = _opened(module)
    part = entered(network, layer, SIZE)
    assert part is not None
    images = torch.rand(3, 3, SIZE, SIZE).to(device.DEVICE)
    x = network.preprocessing(images)
    values = _values(network, layer, x)
    with torch.no_grad():
        torch.testing.assert_close(part.module(values.flatten(1)), network.module(x))
    assert part.preprocessing(values) is values
    above = "fc" if layer == "fc" else "pool"
    if above in network.read_points:
        found = ActivationReader(part.module, [part.read_points[above]])(values.flatten(1))
        torch.testing.assert_close(found[0], _values(network, above, x))


@pytest.mark.parametrize(
    "module, layer", [(_Around, "conv2"), (_PastModules, "conv2"), (_PastModules, "fc")]
)
def test_where_something_goes_round_the_layer_it_cannot_be_entered(
    module: type[TinyNet], layer: str
) -> None:
    assert entered(_opened(module), layer, SIZE) is None


def test_the_network_stays_as_it_was() -> None:
    network = _opened(_Nested)
    before = {name: id(part) for name, part in network.module.named_modules()}
    part = entered(network, "body.1.0", SIZE)
    assert part is not None
    assert {name: id(part) for name, part in network.module.named_modules()} == before
    assert not any(part._forward_hooks for part in network.module.modules())
    shared = network.module.get_submodule("body.1.1")
    assert part.module.get_submodule("body.1.1") is shared
    assert part.module.get_submodule("body.0") is not network.module.get_submodule("body.0")


def test_a_program_without_modules_cannot_be_entered() -> None:
    network = tiny_network()
    image = torch.zeros(1, 3, SIZE, SIZE, device=device.DEVICE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.trace(network.module, image)
    as_script = Network(network.info, script, network.preprocessing, network.read_points)
    assert entered(as_script, "conv2", SIZE) is None

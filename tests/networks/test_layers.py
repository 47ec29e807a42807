"""Tracing and reading: which layers there are, and where a unit's activation is."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dgn_explorer.networks.layers import ActivationReader, ReadPoint, trace


def hooks(module: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


class Residual(nn.Module):
    """A functional ReLU over a sum, one ReLU module used twice, and one that works in place."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.join = Join()
        self.fc = nn.Linear(4, 5)

    def forward(self, x):
        x = self.relu(self.first(x))
        x = self.join(x, self.relu(self.second(x)))
        return self.fc(x.mean((2, 3)))


class Join(nn.Module):
    def forward(self, a, b):
        return F.relu(a + b - 1)


def read(module, layer, x):
    _, points = trace(module, x[:1])
    reader = ActivationReader(module, [points[layer]])
    return reader(x)[0]


def test_layers_come_in_order_with_shapes():
    net = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AvgPool2d(6), nn.Flatten(), nn.Linear(6, 2)
    )
    layers, _ = trace(net, torch.zeros(1, 3, 8, 8))
    found = [(x.path, x.kind, x.channels, x.spatial) for x in layers]
    assert found == [
        ("0", "Conv2d", 6, (6, 6)),
        ("2", "AvgPool2d", 6, (1, 1)),
        ("4", "Linear", 2, None),
    ]


def test_a_container_that_ends_in_a_relu_is_read_before_it():
    net = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(inplace=True)), nn.Conv2d(4, 2, 1)
    )
    x = torch.randn(2, 3, 5, 5)
    before = net[0][0](x)
    assert (before < 0).any()
    assert torch.equal(read(net, "0", x), before)
    assert torch.equal(read(net, "0.0", x), before)


def test_functional_activations_are_read_before_too():
    net = Residual().eval()
    x = torch.randn(2, 3, 6, 6)
    sums = net.relu(net.first(x))
    expected = sums + net.relu(net.second(sums)) - 1
    assert (expected < 0).any()
    assert torch.allclose(read(net, "join", x), expected)


def test_in_place_activations_do_not_overwrite_what_was_read():
    net = Residual().eval()
    x = torch.randn(1, 3, 6, 6)
    _, points = trace(net, x)
    reader = ActivationReader(net, [points["first"], points["second"], points["fc"]])
    first, second, fc = reader(x)
    assert torch.allclose(first, net.first(x))
    assert torch.allclose(second, net.second(F.relu(net.first(x))))
    assert torch.allclose(fc, net(x))


def test_a_dead_unit_has_a_gradient():
    net = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 1, 1), nn.ReLU()), nn.Flatten(), nn.Linear(16, 1)
    )
    nn.init.constant_(net[0][0].bias, -100)
    x = torch.rand(1, 3, 4, 4, requires_grad=True)
    read(net, "0", x).sum().backward()
    assert x.grad.abs().sum() > 0


def test_the_pass_stops_at_the_layer_asked_for():
    class Forbidden(nn.Module):
        armed = False

        def forward(self, x):
            assert not self.armed, "the pass went on"
            return x * 2

    net = nn.Sequential(nn.Linear(4, 3), Forbidden())
    _, points = trace(net, torch.zeros(1, 4))
    net[1].armed = True
    reader = ActivationReader(net, [points["0"]])
    assert reader(torch.zeros(2, 4))[0].shape == (2, 3)
    reader = ActivationReader(net, [points["1"]])
    with pytest.raises(AssertionError):
        reader(torch.zeros(2, 4))
    assert hooks(net) == 0


def test_no_hook_survives():
    net = Residual()
    with pytest.raises(RuntimeError):
        trace(net, torch.zeros(1, 9, 6, 6))
    assert hooks(net) == 0
    reader = ActivationReader(net, [ReadPoint("fc", 0, "output")])
    assert hooks(net) == 0
    with pytest.raises(RuntimeError):
        reader(torch.zeros(1, 9, 6, 6))
    assert hooks(net) == 0


def test_tokens_become_positions():
    class Tokens(nn.Module):
        def forward(self, x):
            return x.flatten(2).transpose(1, 2)

    net = nn.Sequential(nn.Conv2d(3, 8, 2, 2), Tokens(), nn.LayerNorm(8))
    x = torch.randn(2, 3, 6, 6)
    layers, _ = trace(net, x[:1])
    assert [(x.path, x.channels, x.spatial, x.pooled) for x in layers[1:]] == [
        ("1", 8, (9, 1), True),
        ("2", 8, (9, 1), True),
    ]
    value = read(net, "2", x)
    assert value.shape == (2, 8, 9, 1)
    assert torch.equal(value[:, :, :, 0], net(x).transpose(1, 2))

"""Networks put together at random: whatever stands beside it, a layer reads what a hook sees.

Every step takes a map (N, 8, 8, 8) to another one. Steps are of the kinds that have spoiled what
was read: functions in place, residuals, views, shared modules, tuples and dictionaries, sequences
first, rows, buffers.
"""

import os
from collections.abc import Callable

import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.networks.making import image, opened, wrong_layers

ALL = bool(os.environ.get("DGN_EXPLORER_ALL_FAMILIES"))


class Pair(nn.Module):
    """Returns several tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        y = self.one(x)
        return y, {"other": self.two(y).relu_(), "logits": y}


class Named(nn.Module):
    """Returns a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"first": x * 2, "logits": F.silu(self.one(x), inplace=True)}


class Rewritten(nn.Module):
    """Hands out the same buffer in every pass over one image."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kept", torch.zeros(1, 8, 8, 8))

    def forward(self, x: Tensor) -> Tensor:
        if len(x) != 1:
            return x * 3
        self.kept = self.kept.detach()
        return self.kept.copy_(x * 3).view_as(x)


class Random(nn.Module):
    """Steps that each take a map (N, 8, 8, 8) to another one, as a list of numbers says."""

    def __init__(self, steps: list[int]) -> None:
        super().__init__()
        self.steps = steps
        self.stem, self.fc = nn.Conv2d(3, 8, 3, 2, 1), nn.Linear(8, 4)
        self.shared, self.norm = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.relu, self.silu = nn.ReLU(inplace=True), nn.SiLU(inplace=True)
        self.line, self.row = nn.Linear(8, 8), nn.Conv1d(8, 8, 3, padding=1)
        self.layer_norm, self.row_norm = nn.LayerNorm(8), nn.BatchNorm1d(8)
        self.own = nn.ModuleList(nn.Conv2d(8, 8, 1) for _ in steps)
        self.wrap = nn.Sequential(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.memory, self.attention = nn.GRU(8, 8), nn.MultiheadAttention(8, 2)
        self.pair, self.named, self.rewritten = Pair(), Named(), Rewritten()
        self.up, self.fewer = nn.ConvTranspose2d(8, 8, 2, 2), nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        before = x + 0
        for i, step in enumerate(self.steps):
            y = STEPS[step](self, x, i)
            before, x = x, y if step % 2 else y + before.mean((1, 2, 3), keepdim=True)
        return self.fc(x.mean((2, 3)))


def residual(net: Random, x: Tensor, i: int) -> Tensor:
    y = net.own[i](x)
    y += x
    return F.relu(y, inplace=True)


def gate(net: Random, x: Tensor, i: int) -> Tensor:
    return x * net.own[i](x).sigmoid_()


def tokens(net: Random, x: Tensor, i: int) -> Tensor:
    y = net.layer_norm(net.line(x.flatten(2).transpose(1, 2)))
    return y.transpose(1, 2).reshape(x.shape)


def rows(net: Random, x: Tensor, i: int) -> Tensor:
    return F.relu_(net.row_norm(net.row(x.flatten(2)))).view(x.shape[0], 8, 8, 8)


def slices(net: Random, x: Tensor, i: int) -> Tensor:
    y = net.own[i](x)
    y[:, ::2] = 0
    y[..., 0].mul_(2)
    return y


def channels_last(net: Random, x: Tensor, i: int) -> Tensor:
    return net.line(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def several(net: Random, x: Tensor, i: int) -> Tensor:
    y, more = net.pair(x)
    return (y + more["other"]).mul_(2)


def dictionary(net: Random, x: Tensor, i: int) -> Tensor:
    made = net.named(x)
    return made["logits"].mul_(0.5) + made["first"]


def sequence_first(net: Random, x: Tensor, i: int) -> Tensor:
    y = net.layer_norm(x.flatten(2).permute(2, 0, 1))
    return (y + net.attention(y, y, y)[0]).permute(1, 2, 0).view(x.shape)


def recurrent(net: Random, x: Tensor, i: int) -> Tensor:
    y, last = net.memory(x.flatten(2).permute(2, 0, 1))
    return (y + last).permute(1, 2, 0).reshape(x.shape)


def pieces(net: Random, x: Tensor, i: int) -> Tensor:
    first, second = net.shared(x).chunk(2, 1)
    return torch.cat([F.relu(second), first.clone().tanh_()], 1).mul_(2)


def seen_flat(net: Random, x: Tensor, i: int) -> Tensor:
    y = net.own[i](x).contiguous()
    y.view(-1).clamp_(min=0)
    return y


def written_out(net: Random, x: Tensor, i: int) -> Tensor:
    y = net.own[i](x)
    z = net.shared(y + 0)
    with torch.no_grad():
        torch.mul(y, 2, out=y)
    return z + y.detach()


def larger(net: Random, x: Tensor, i: int) -> Tensor:
    y = net.silu(net.up(x))
    return F.pixel_unshuffle(y, 2)[:, ::4] + F.max_pool2d(y, 2)


def halves(net: Random, x: Tensor, i: int) -> Tensor:
    y = net.fewer(x)
    return torch.stack([y, F.hardswish(y)], 2).flatten(1, 2)


def weighed(net: Random, x: Tensor, i: int) -> Tensor:
    return torch.einsum("nchw,dc->ndhw", net.own[i](x), net.line.weight)


def unpacked(net: Random, x: Tensor, i: int) -> Tensor:
    """Row by row, by one module."""
    return torch.stack([net.row(part) for part in x[:, :, :3].unbind(2)], 2).repeat_interleave(
        torch.tensor([2, 3, 3]), 2
    )


STEPS: tuple[Callable[[Random, Tensor, int], Tensor], ...] = (
    lambda net, x, i: net.relu(net.own[i](x)),
    lambda net, x, i: net.silu(net.norm(net.shared(x))),
    lambda net, x, i: F.relu_(net.shared(x)) + x,
    lambda net, x, i: net.wrap(x),
    lambda net, x, i: net.norm(x).add_(1).clamp_(min=0),
    lambda net, x, i: torch.cat([net.own[i](x)[:, :4], x[:, 4:]], 1),
    lambda net, x, i: net.rewritten(net.own[i](x)),
    *(residual, gate, tokens, rows, slices, channels_last, several, dictionary, sequence_first),
    *(recurrent, pieces, seen_flat, written_out, larger, halves, weighed, unpacked),
)
SEQUENCE, ROW = (8, (64, 1)), (8, (64, 1))
EXPECTED = {"layer_norm": SEQUENCE, "attention": SEQUENCE, "memory": SEQUENCE, "row_norm": ROW}


def test_every_step_alone() -> None:
    for step in range(len(STEPS)):
        check([step])


@settings(max_examples=400 if ALL else 25, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, len(STEPS) - 1), min_size=2, max_size=6))
def test_random_networks(steps: list[int]) -> None:
    check(steps)


def check(steps: list[int]) -> None:
    """The network of these steps reads right, alone and together, and says nothing."""
    torch.manual_seed(len(steps))
    network = opened(Random(steps))
    assert wrong_layers(network, image(), alone_every=2) == [], steps
    assert network.info.notices == (), steps
    sizes = {x.path.split("#")[0]: (x.channels, x.spatial) for x in network.info.layers}
    for path, size in EXPECTED.items():
        assert sizes.get(path, size) == size, (steps, path)
    assert sizes.get("row", ROW)[0] == sizes.get("line", ROW)[0] == 8

"""The network that runs is the user's: what is made ready for ascent is compared with it."""

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks import guard
from dgn_explorer.networks.network import freeze
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from tests.networks.guard.guarded import Small, fast, same, scores
from tests.networks.making import close, image, opened


def test_an_ordinary_network_stays_fast() -> None:
    network = same(Small)
    assert fast(network.module) == (True, next(network.module.parameters()).device.type == "cpu")
    assert (network.info.notices, network.info.batch_limit) == ((), None)


def test_a_relu_that_works_in_place_is_part_of_the_function() -> None:
    class PreAct(Small):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU(inplace=True)

        def between(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            return self.mid(self.relu(x)) + x

    assert same(PreAct).module.relu.inplace


def test_a_view_after_a_convolution_needs_the_usual_layout() -> None:
    class First(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(5)
            self.stem, self.mid = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 7, 3)
            self.fc = nn.Linear(7 * 4, 5)

        def forward(self, x: Tensor) -> Tensor:
            x = F.max_pool2d(F.relu(self.stem(x)), 2)
            x = F.max_pool2d(F.relu(self.mid(x)), 2)
            return self.fc(x.view(x.size(0), -1))

    network = same(First)
    assert fast(network.module)[0] is False
    assert network.info.layer("mid").channels == 7


def test_what_looks_at_memory_needs_the_usual_layout() -> None:
    class Strided(Small):
        def forward(self, x: Tensor) -> Tensor:
            x = self.between(x)
            return self.fc(x.as_strided((len(x), 8), (x.numel() // len(x), 64)))

    assert fast(same(Strided).module)[0] is False


def test_convolutions_that_are_not_torchs_own_are_not_packed() -> None:
    class Mine(nn.Conv2d):
        def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
            return super()._conv_forward(x, weight * 2, bias)

    class Own(Small):
        def __init__(self) -> None:
            super().__init__()
            self.stem = Mine(3, 8, 3, 2, 1)

    assert fast(same(Own).module)[1] is False


def test_weights_that_change_behind_torchs_back_are_not_packed() -> None:
    class Turning(Small):
        def between(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                self.mid.weight.data.copy_(x.mean() * torch.ones_like(self.mid.weight))
            return self.mid(self.stem(x))

    network = same(Turning)
    assert "_conv_forward" not in network.module.mid.__dict__


def test_padding_that_a_network_sets_for_every_image() -> None:
    class Padding(Small):
        def between(self, x: Tensor) -> Tensor:
            self.mid.padding = (2, 2) if x.shape[-1] == 16 else (0, 0)
            return self.mid(self.stem(x))

    same(Padding)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_half_and_double_become_float(kind: torch.dtype) -> None:
    class Other(Small):
        def __init__(self) -> None:
            super().__init__()
            self.to(kind)

    plain, network = Other().eval(), opened(Other())
    assert network.module.fc.weight.dtype == torch.float32
    wanted = plain.float()(image()).detach()
    assert close(scores(network, image()), wanted)
    assert network.info.notices == ()


def test_code_that_asks_for_half_keeps_it() -> None:
    class Asks(Small):
        def __init__(self) -> None:
            super().__init__()
            self.bfloat16()

        def between(self, x: Tensor) -> Tensor:
            return self.mid(self.stem(x.bfloat16()))

    network = opened(Asks())
    assert network.module.fc.weight.dtype == torch.bfloat16
    wanted = Asks().eval()(image().bfloat16()).detach().float()
    assert torch.allclose(scores(network, image()), wanted, atol=0.02)
    assert scores(network, image()).dtype == torch.float32


def test_in_place_modules_that_break_the_gradient_work_on_a_copy() -> None:
    class InPlace(Small):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU(inplace=True)

        def between(self, x: Tensor) -> Tensor:
            return self.relu(self.mid(self.stem(x)).sigmoid())

    network = same(InPlace)
    assert not network.module.relu.inplace
    assert network.info.notices == ()


def test_the_difference_is_measured_in_parts_of_the_largest_value() -> None:
    one = torch.tensor([[1.0, -10.0]])
    assert guard.difference(one, one) == 0
    assert guard.difference(one + 1, one) == pytest.approx(0.1)
    assert guard.difference(one[:, :1], one) == math.inf
    bad = torch.tensor([[1.0, math.nan]])
    assert guard.difference(bad, bad) == 0
    assert guard.difference(one, bad) == math.inf


def test_freezing_can_be_taken_back() -> None:
    module = Small()
    freeze(module)
    freeze(module, channels_last=False, packed=False)
    assert fast(module) == (False, False)


FACTORIES = """
import torch
from torch import nn
class Head(nn.Module):
    def __init__(s):
        super().__init__(); s.head = nn.Conv2d(16, 10, 1); s.stem = nn.Conv2d(3, 16, 3, 2, 1)
    def forward(s, x): return s.head(torch.relu(s.stem(x))).mean((2, 3))
class Focus(nn.Module):
    def __init__(s):
        super().__init__(); s.conv = nn.Conv2d(12, 8, 3, 1, 1); s.fc = nn.Linear(8, 10)
    def forward(s, x):
        x = torch.cat([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], 1)
        return s.fc(torch.relu(s.conv(x)).mean((2, 3)))
"""


@pytest.mark.parametrize("name", ["Head", "Focus"])
@pytest.mark.parametrize("channels", [None, "rgb", "bgr"])
def test_the_first_convolution_need_not_see_the_image(
    tmp_path: Path, name: str, channels: str | None
) -> None:
    (tmp_path / "net.py").write_text(FACTORIES)
    space: dict[str, type[nn.Module]] = {}
    exec(FACTORIES, space)
    torch.save(space[name]().state_dict(), tmp_path / "w.pt")
    options = NetworkOptions(arch=f"{tmp_path / 'net.py'}:{name}", size=16, channels=channels)
    network = open_network(str(tmp_path / "w.pt"), options=options, confirm=lambda question: True)
    assert network.info.layer("class").channels == 10
    assert network.preprocessing.channels == (channels or "rgb")
    wrong = NetworkOptions(arch=options.arch, size=16, channels="grey")
    with pytest.raises(DgnError, match=r"takes (3|12) channels|does not run at 16 pixels"):
        open_network(str(tmp_path / "w.pt"), options=wrong)


def test_a_network_that_works_in_place_on_its_image() -> None:
    class Centred(Small):
        def forward(self, x: Tensor) -> Tensor:
            x -= 0.5
            x.div_(0.25)
            return super().forward(x)

    plain, network = Centred().eval(), opened(Centred())
    assert network.info.notices == () and network.info.layer("fc").channels == 5
    with torch.no_grad():
        assert close(scores(network, image() * 1), plain(image()))


def test_a_little_noise_is_not_called_none() -> None:
    class Noisy(Small):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * (1 + torch.randn(()) * 0.003)

    (notice,) = opened(Noisy()).info.notices
    assert "differ by 0.0%" not in notice and "differ by 0." in notice

"""The network that runs is the user's: what is made ready for ascent is compared with it."""

import math
import random
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks import guard
from dgn_explorer.networks.network import Network, freeze
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.packed import PackedConvolution
from tests.networks.making import close, image, opened


class Small(nn.Module):
    """A stem, a convolution, and a classifier; what lies between is ``between``."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.stem, self.mid = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, padding=1)
        self.fc = nn.Linear(8, 5)

    def between(self, x: Tensor) -> Tensor:
        return F.relu(self.mid(F.relu(self.stem(x))))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.between(x).mean((2, 3)))


def scores(network: Network, x: Tensor) -> Tensor:
    with torch.no_grad():
        return network.logits(x)


def fast(module: nn.Module) -> tuple[bool, bool]:
    """Whether weights lie in channels_last, and whether they are packed."""
    weight = module.stem.weight
    last = weight.is_contiguous(memory_format=torch.channels_last)
    return last, isinstance(module.stem.__dict__.get("_conv_forward"), PackedConvolution)


def same(kind: type[nn.Module], **options: object) -> Network:
    """The opened network, which gives what the plain one gives, with and without a gradient."""
    plain, network = kind().eval(), opened(kind(), **options)
    x = image(count=1 if network.info.batch_limit == 1 else 3)
    with torch.no_grad():
        wanted = plain(x.to(next(plain.parameters()).dtype)).float()
    assert close(scores(network, x), wanted)
    leaf = x.clone().requires_grad_()
    assert close(network.logits(leaf * 1).detach(), wanted)
    return network


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


def test_noise_is_said() -> None:
    class Noisy(Small):
        def forward(self, x: Tensor) -> Tensor:
            return self.fc(F.dropout(self.between(x).mean((2, 3)), 0.5))

    (notice,) = opened(Noisy()).info.notices
    assert "Two passes over one image differ" in notice and "training=self.training" in notice


@pytest.mark.parametrize("affine", [False, True])
def test_images_that_depend_on_each_other_run_one_at_a_time(affine: bool) -> None:
    class NoStatistics(Small):
        def __init__(self) -> None:
            super().__init__()
            self.bn = nn.BatchNorm2d(8, affine=affine, track_running_stats=False)

        def between(self, x: Tensor) -> Tensor:
            return F.relu(self.bn(self.stem(x)))

    info = same(NoStatistics).info
    assert info.batch_limit == 1
    assert "one at a time" in info.notices[0]


def test_instance_norm_without_statistics_takes_batches() -> None:
    class Instance(Small):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.InstanceNorm2d(8)

        def between(self, x: Tensor) -> Tensor:
            return F.relu(self.norm(self.stem(x)))

    info = same(Instance).info
    assert (info.batch_limit, info.notices) == (None, ())


def test_a_network_for_one_image_runs_one_at_a_time() -> None:
    class Single(Small):
        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.between(x).reshape(1, 8, -1).mean(2))

    assert opened(Single()).info.batch_limit == 1


def test_a_network_that_changes_itself_is_said() -> None:
    class Counts(Small):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("seen", torch.zeros(()))

        def forward(self, x: Tensor) -> Tensor:
            self.seen = self.seen + 1
            return super().forward(x) * self.seen

    notices = opened(Counts()).info.notices
    assert any("changes itself" in notice or "differ" in notice for notice in notices)


def test_scores_that_are_no_numbers_are_said() -> None:
    class Broken(Small):
        def __init__(self) -> None:
            super().__init__()
            self.fc.weight.data[0, 0] = math.nan

    assert "not finite" in opened(Broken()).info.notices[0]


def test_classes_that_no_gradient_can_reach_are_said() -> None:
    class InPlace(Small):
        def between(self, x: Tensor) -> Tensor:
            y = self.stem(x).sigmoid()
            z = y * y
            y += 1  # autograd needs it as it was
            return z + y

    (notice,) = opened(InPlace()).info.notices
    assert "No image can be made for the network's classes" in notice


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


class OnceScaled(Small):
    """Takes the scale of its first image for all."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = None

    def forward(self, x: Tensor) -> Tensor:
        if self.scale is None:
            self.scale = x.std()
        return super().forward(x / self.scale)


class OnceInBuffer(Small):
    """The same in a buffer, as ActNorm and quantisers keep it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.zeros(()))
        self.register_buffer("begun", torch.zeros((), dtype=torch.bool))

    def forward(self, x: Tensor) -> Tensor:
        if not self.begun:
            self.scale.copy_(x.std())
            self.begun.fill_(True)
        return super().forward(x / self.scale)


class OnceInDict(Small):
    """The same in a dictionary by the image's size."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = {}

    def forward(self, x: Tensor) -> Tensor:
        scale = self.kept.setdefault(x.shape[-1], x.std())
        return super().forward(x / scale)


class Kept:
    """An object of the network's own."""

    scale: Tensor | None = None


class OnceInObject(Small):
    """The same in an object."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = Kept()

    def forward(self, x: Tensor) -> Tensor:
        if self.kept.scale is None:
            self.kept.scale = x.std()
        return super().forward(x / self.kept.scale)


@pytest.mark.parametrize("kind", [OnceScaled, OnceInBuffer, OnceInDict, OnceInObject])
def test_a_network_that_keeps_something_of_its_first_image_is_said(kind: type[Small]) -> None:
    (notice,) = opened(kind()).info.notices
    assert "keeps something of the images" in " ".join(notice.split())


def test_chance_that_torch_does_not_know_is_said_once() -> None:
    class Chance(Small):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * (1 + random.random())

    (notice,) = opened(Chance()).info.notices
    assert "draws random numbers" in notice


def test_what_is_kept_and_is_the_same_for_every_image_is_fine() -> None:
    class Grid(Small):
        def __init__(self) -> None:
            super().__init__()
            self.grid = None

        def between(self, x: Tensor) -> Tensor:
            if self.grid is None:
                self.grid = torch.linspace(0, 1, x.shape[-1])
            return super().between(x + self.grid)

    assert same(Grid).info.notices == ()


def test_modules_that_learn_their_shape_from_their_weights() -> None:
    class Lazy(Small):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.LazyLinear(5)

    network = Lazy()
    network.load_state_dict(Small().state_dict())
    found = opened(network)
    assert type(found.module.fc) is nn.Linear and found.info.notices == ()
    with torch.no_grad():
        assert close(scores(found, image()), Small().eval()(image()))

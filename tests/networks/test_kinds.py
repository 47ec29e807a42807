"""What a layer gives is what is read of it, whatever kind of code computes it."""

import dataclasses
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.layers import ActivationReader
from tests.networks.kinds import KINDS, Net, Sequences, Shared
from tests.networks.making import close, hooked, image, opened, wrong_layers


@pytest.mark.parametrize("kind", KINDS)
def test_layers_read_what_a_hook_sees(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    plain = kind().eval()
    torch.manual_seed(0)
    network = opened(kind())
    assert wrong_layers(network, image()) == []
    seen, wanted = hooked(network.module, image()), hooked(plain, image())
    assert seen.keys() == wanted.keys()
    assert all(close(seen[path], wanted[path]) for path in wanted)
    with torch.no_grad():
        scores = network.logits(image() * 1.0)
    assert close(scores, wanted[""] if wanted[""].ndim > 1 else wanted[""][None])
    assert network.info.notices == ()
    listed = {x.path for x in network.info.layers} | {x.path for x in network.info.unreadable}
    silent = {path for path, m in plain.named_modules() if path and path not in listed}
    no_layers = (nn.ReLU, nn.Dropout, nn.ModuleDict)
    assert all(isinstance(plain.get_submodule(x), no_layers) for x in silent)


def test_units_of_sequences_and_rows() -> None:
    network = opened(Sequences())
    found = {x.path: (x.channels, x.spatial) for x in network.info.layers}
    assert found["attention"] == found["norm"] == found["layer"] == (8, (64, 1))
    assert found["memory"] == (6, (64, 1))
    assert found["row.0"] == found["row.1"] == found["row"] == (7, (64, 1))
    assert found["pool"] == (7, (32, 1))
    value = ActivationReader(network.module, [network.read_points["memory"]])(image())[0]
    seen = hooked(network.module, image())["memory"]  # (64, 1, 6)
    assert torch.equal(value[0, :, :, 0], seen[:, 0].T)


def test_positions_in_a_row_are_not_units() -> None:
    class Row(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(3, 8, 3, 4, 1)
            self.c1, self.bn = nn.Conv1d(8, 5, 3, padding=1), nn.BatchNorm1d(5)
            self.fc = nn.Linear(5, 4)

        def forward(self, x):
            return self.fc(self.bn(self.c1(self.stem(x).flatten(2))).mean(2))

    info = opened(Row(), 64).info
    assert [(info.layer(x).channels, info.layer(x).spatial) for x in ("c1", "bn")] == [
        (5, (256, 1)),
        (5, (256, 1)),
    ]
    assert info.resolve("c1:4@255,0").position == (255, 0)


def test_every_run_of_a_module_is_a_layer() -> None:
    network = opened(Shared())
    assert {"mid", "mid#2", "mid#3"} <= set(network.read_points)
    assert network.info.resolve("mid#3:2").layer == "mid#3"
    with pytest.raises(DgnError, match=r"units of again cannot be shown. It is the same module"):
        network.info.resolve("again:2")


class Windows(nn.Module):
    """Windows of 4 by 4 positions, folded into the axis of images."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.mix, self.fc = nn.Conv2d(3, 8, 3, 2, 1), nn.Linear(8, 8), nn.Linear(8, 5)
        self.unused = nn.Sequential(nn.Linear(3, 3))
        self.whole = nn.Linear(8, 8)

    def forward(self, x):
        x = self.stem(x)
        n, c, h, w = x.shape
        x = x.permute(0, 2, 3, 1).view(n, h // 4, 4, w // 4, 4, c)
        x = self.mix(x.permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c))
        x = x.view(n, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        return self.fc(self.whole(x).mean((1, 2)))


def test_what_cannot_be_read_says_why() -> None:
    network = opened(Windows())
    reasons = {x.path: x.unreadable for x in network.info.unreadable}
    assert "images and positions share an axis" in reasons["mix"]
    assert reasons["unused"] == "It does not run by itself on an image."
    assert network.info.layer("whole").spatial == (8, 8)
    assert wrong_layers(network, image()) == []
    with pytest.raises(DgnError, match="units of mix cannot be shown"):
        network.info.resolve("mix:2")
    with pytest.raises(DgnError, match=r"units of unused\.0 cannot be shown"):
        network.info.resolve_all("unused.0:*")


def test_layers_that_no_gradient_reaches_are_not_offered() -> None:
    class Cut(Net):
        def forward(self, x):
            with torch.no_grad():
                y = self.mid(self.stem(x))
            return self.end(y.detach() + x.mean())

    network = opened(Cut())
    reasons = {x.path: x.unreadable for x in network.info.unreadable}
    assert reasons["mid"] == reasons["stem"] == "No gradient leads from it to the image."
    assert [x.path for x in network.info.layers] == ["fc"]


@pytest.mark.parametrize("function", [F.relu, F.silu, F.hardswish, F.leaky_relu, F.elu])
def test_only_what_would_be_spoiled_is_copied(function) -> None:
    class One(Net):
        def __init__(self, in_place: bool) -> None:
            super().__init__()
            self.in_place = in_place

        def forward(self, x):
            return self.end(function(self.bn(self.mid(self.stem(x))), inplace=self.in_place))

    copied = [
        [path for path, point in opened(One(in_place)).read_points.items() if point.copied]
        for in_place in (False, True)
    ]
    assert copied == [[], ["bn"]]


@dataclasses.dataclass
class Made:
    hidden: torch.Tensor
    logits: torch.Tensor


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return Made(x, F.relu(self.one(x), inplace=True))


class Dataclasses(Net):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Inner()

    def forward(self, x):
        y = self.inner(self.mid(self.stem(x))).logits
        return Made(y, self.end(y))


def test_outputs_that_are_dataclasses() -> None:
    network = opened(Dataclasses())
    assert wrong_layers(network, image()) == []
    assert {x.path for x in network.info.layers} == {"stem", "mid", "inner.one", "inner", "fc"}
    assert network.logits(image()).shape == (1, 5)


def test_a_part_in_torchscript_is_named() -> None:
    class Partly(Net):
        def __init__(self) -> None:
            super().__init__()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.script = torch.jit.script(nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU()))

        def forward(self, x):
            return self.end(self.script(self.mid(self.stem(x))))

    network = opened(Partly())
    assert wrong_layers(network, image()) == []
    reasons = {x.path: x.unreadable for x in network.info.unreadable}
    assert "TorchScript" in reasons["script"] and "script.0" not in reasons


def test_rows_of_grey_pixels_are_not_three_images() -> None:
    class Digits(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.fc = nn.Linear(256, 12), nn.Linear(12, 5)

        def forward(self, x):
            return self.fc(F.relu(self.hidden(x.view(-1, 256))))

    network = opened(Digits())
    assert network.preprocessing.channels == "grey"
    assert [(x.path, x.channels) for x in network.info.layers] == [("hidden", 12), ("fc", 5)]


def test_scores_that_cannot_be_read_are_said() -> None:
    class Folded(Net):
        def forward(self, x):
            return self.fc(self.stem(x).view(-1, 8, 16).mean(2))

    network = opened(Folded())
    (notice,) = network.info.notices
    assert "Units of fc, which makes the network's scores, cannot be shown" in notice


def test_scores_that_are_scaled_after_their_layer() -> None:
    class Scaled(Net):
        """Another layer runs after the one that makes the scores."""

        def __init__(self) -> None:
            super().__init__()
            self.confidence = nn.Linear(8, 1)

        def forward(self, x):
            x = self.stem(x).relu()
            scores = self.end(x)
            return scores / (1 + self.confidence(x.mean((2, 3))).exp())

    info = opened(Scaled()).info
    assert (info.output_layer, info.layers[-1].path) == ("fc", "confidence")


@pytest.mark.parametrize("name", ["my conv", "a@1", "a:1", "a/b:c#2", "1-3", "*", "class"])
def test_layers_of_any_name_have_addresses(name: str) -> None:
    class Named(Net):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleDict({name: nn.Conv2d(8, 8, 1)})

        def forward(self, x):
            return self.end(self.parts[name](self.stem(x)))

    info = opened(Named()).info
    path = f"parts.{name}"
    for text in (f"{path}:7", f"{path}:7@3,2"):
        unit = info.resolve(text)
        assert (unit.layer, unit.index, str(unit)) == (path, 7, text)
    assert [str(x) for x in info.resolve_all(f"{path}:6-7")] == [f"{path}:6", f"{path}:7"]
    assert len(info.resolve_all(f"{path}:*")) == 8

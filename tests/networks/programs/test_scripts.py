"""TorchScript and torch.export programs compute what they were exported to compute."""

import io
import warnings
import zipfile
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.programs import program_loader
from tests.networks.making import close, image, wrong_layers

PLAIN = {"size": 16, "mean": (0.0,), "std": (1.0,)}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the process that tries a file of anyone's first: it takes seconds."""
    monkeypatch.setattr(program_loader, "require_opens", lambda *args, **kwargs: None)


class Base(nn.Module):
    """A stem, a convolution, a batch norm and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.stem, self.mid = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, padding=1)
        self.bn, self.fc = nn.BatchNorm2d(8), nn.Linear(8, 5)
        self.bn.running_mean += 0.3


class Slices(Base):
    def forward(self, x):
        y = self.stem(x)
        z = self.mid(y + 0)
        y[:, 0] = 0
        y[:, 1:3] *= 3
        y[:, 4, 2:4].fill_(1.0)
        return self.fc((y + z).mean((2, 3)))


class Aliases(Base):
    def forward(self, x):
        y = self.bn(self.mid(self.stem(x)))
        z = y
        w = y.view(y.size(0), 8, -1)
        w += 1
        z.clamp_(min=0.5)
        return self.fc(w.mean(2) + y.amax((2, 3)))


class InPlace(Base):
    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.stem(x)
        return self.fc((self.mid(self.relu(x)) + x).mean((2, 3)))


class Filled(Base):
    def forward(self, x):
        y = self.stem(x)
        sums = torch.zeros(y.size(0), 8, device=y.device)
        sums[:, :4] = y[:, :4].mean((2, 3))
        sums[:, 4:].copy_(y[:, 4:].amax((2, 3)))
        return self.fc(sums)


class Lists(Base):
    def forward(self, x):
        parts = [self.stem(x)]
        other = parts
        for _ in range(2):
            other.append(self.mid(parts[-1]).relu_())
        parts[0] = parts[1] * 2
        return self.fc(torch.stack(parts).sum(0).mean((2, 3)))


class Dictionary(Base):
    def forward(self, x):
        y = self.mid(self.stem(x)).contiguous().view(x.size(0), 8, -1).mean(2)
        return {"features": y, "logits": self.fc(y)}


def saved(module: nn.Module, path: Path, how: str, size: int = 16, channels: int = 3) -> Path:
    x = torch.rand(1, channels, size, size, dtype=next(module.parameters()).dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if how == "export":
            torch.export.save(torch.export.export(module, (x,)), path / "n.pt2")
            return path / "n.pt2"
        script = (
            torch.jit.script(module)
            if how == "script"
            else torch.jit.trace(module, x, strict=False, check_trace=False)
        )
        script.save(str(path / "n.pt"))
    return path / "n.pt"


def opened(path: Path, **more: object) -> Network:
    return open_network(str(path), options=NetworkOptions(**{**PLAIN, "value_range": 1.0, **more}))


def scores(network: Network, x: Tensor) -> Tensor:
    with torch.no_grad():
        return network.logits(x)


@pytest.mark.parametrize("how", ["script", "trace", "export"])
@pytest.mark.parametrize("kind", [Slices, Aliases, InPlace, Filled, Lists, Dictionary])
def test_programs_compute_what_they_were_exported_for(
    tmp_path: Path, kind: type[Base], how: str
) -> None:
    plain = kind().eval()
    network = opened(saved(plain, tmp_path, how))
    with torch.no_grad():
        wanted = plain(image())
    wanted = wanted["logits"] if isinstance(wanted, dict) else wanted
    assert close(scores(network, image()), wanted)
    assert wrong_layers(network, image()) == []
    assert network.info.notices == ()
    with torch.no_grad():
        read = ActivationReader(network.module, [network.read_points["stem"]])(image())[0]
    assert close(read, plain.stem(image()).detach())


class Usual(Base):
    def forward(self, x):
        y = F.relu(self.bn(self.stem(x)))
        return self.fc(F.dropout(y.mean((2, 3)), 0.5, self.training))


@pytest.mark.parametrize("how", ["trace", "export", "decomposed"])
def test_programs_that_were_exported_in_training_mode(tmp_path: Path, how: str) -> None:
    plain = Usual().train()
    if how == "decomposed":
        path = tmp_path / "n.pt2"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.export(plain, (torch.rand(1, 3, 16, 16),))
            torch.export.save(program.run_decompositions(), path)
    else:
        path = saved(plain, tmp_path, how)
    network = opened(path)
    with torch.no_grad():
        wanted = plain.eval()(image())  # tracing has moved the running statistics
    for _ in range(2):
        assert close(scores(network, image()), wanted)
    (notice,) = network.info.notices
    assert "training mode" in notice
    # the batch norm itself, not its counter of batches
    assert how == "decomposed" or network.info.layer("bn").channels == 8


def test_a_script_in_eval_mode_says_nothing(tmp_path: Path) -> None:
    network = opened(saved(Usual().train(), tmp_path, "script"))
    assert network.info.notices == ()
    assert close(scores(network, image()), Usual().eval()(image()).detach())


class Asks(Base):
    """Asks for its own number type, and makes tensors of it."""

    def forward(self, x):
        x = self.stem(x.to(torch.float64)) + torch.ones(1, 8, 1, 1, dtype=torch.float64)
        return self.fc(x.mean((2, 3)))


@pytest.mark.parametrize("how", ["trace", "export"])
def test_programs_in_half_and_double(tmp_path: Path, how: str) -> None:
    for kind, dtype in ((Usual, torch.float16), (Usual, torch.float64), (Asks, torch.float64)):
        plain = kind().eval().to(dtype)
        network = opened(saved(plain, tmp_path, how))
        with torch.no_grad():
            wanted = plain.double()(image().double()).float()
        assert torch.allclose(scores(network, image()), wanted, atol=5e-3)
        assert network.module.state_dict()["fc.weight"].dtype == torch.float32


@pytest.mark.parametrize("how", ["trace", "export"])
def test_a_program_of_one_channel_takes_grey(tmp_path: Path, how: str) -> None:
    class Grey(Usual):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(1, 8, 3, 2, 1)

    path = saved(Grey().eval(), tmp_path, how, channels=1)
    assert opened(path).preprocessing.channels == "grey"
    assert opened(path, channels="g").preprocessing.channels == "g"


class Constant(Base):
    def forward(self, x):
        offset = torch.full((1, 8, 1, 1), 0.5, device=torch.device("cpu"))
        return self.fc((self.stem(x) + offset).to("cpu").mean((2, 3)))


def elsewhere(path: Path) -> Path:
    """The program as it is written on a machine with a GPU."""
    found = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(found, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename.endswith((".py", ".json")):
                data = data.replace(b'torch.device("cpu")', b'torch.device("cuda:0")')
                data = data.replace(
                    b'{"type": "cpu", "index": null}', b'{"type": "cuda", "index": 0}'
                )
            new.writestr(entry, data)
    path.write_bytes(found.getvalue())
    return path


@pytest.mark.parametrize("how", ["trace", "script", "export"])
def test_constants_of_a_gpu_are_moved(tmp_path: Path, how: str) -> None:
    path = saved(Constant().eval(), tmp_path, how)
    before = path.read_bytes()
    assert elsewhere(path).read_bytes() != before
    with zipfile.ZipFile(path) as archive:
        assert any(b"cuda" in archive.read(name) for name in archive.namelist())
    network = opened(path)
    assert close(scores(network, image()), Constant().eval()(image()).detach())


def test_a_program_that_takes_any_number_of_images(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(392, 5)).eval()
    open_batch = ({0: torch.export.Dim("n", max=64)},)
    x = torch.rand(2, 3, 16, 16)
    program = torch.export.export(plain, (x,), dynamic_shapes=open_batch)
    torch.export.save(program, tmp_path / "n.pt2")
    network = open_network(str(tmp_path / "n.pt2"))
    assert network.info.batch_limit is None
    with torch.no_grad():
        assert close(network.module(x), plain(x))


class Checks(nn.Module):
    """Has branches that end with an error, whose messages are put together, and asks for facts."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 4:
            raise ValueError(f"expected 4 axes, not {x.dim()}")
        if x.is_nested or torch.is_autocast_enabled():
            y = x
        elif all([x.dim() == 4, x.size(1) == 3]) and x.device.type in ["cpu", "cuda"]:
            y = x * 2
        else:
            raise ValueError(f"what is {x.size()}?")
        if torch.is_grad_enabled() and any([y.requires_grad, x.requires_grad]):
            y = y + 1
        scores: Tensor = self.fc(y.mean((2, 3)))
        return scores


def save_script(module: nn.Module, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.script(module).save(path)


def test_branches_that_end_with_an_error(tmp_path: Path) -> None:
    """DenseNet and the transformers of torchvision are written so."""
    torch.manual_seed(0)
    module = Checks().eval()
    save_script(module, tmp_path / "n.pt")
    network = open_network(f"{tmp_path / 'n.pt'} --size 8")
    x = torch.rand(2, 3, 8, 8, requires_grad=True)  # an ascent wants the way with a gradient
    wanted = module(network.preprocessing(x))
    assert torch.allclose(network.logits(x), wanted, atol=1e-5)


class Attends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 8, 4, 4)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        t = self.embed(x).flatten(2).transpose(1, 2)
        t = t + self.attention(t, t, t, need_weights=False)[0]
        scores: Tensor = self.fc(t.mean(1))
        return scores


def test_attention_takes_the_way_that_has_a_gradient(tmp_path: Path) -> None:
    torch.manual_seed(0)

    module = Attends().eval()
    save_script(module, tmp_path / "n.pt")
    network = open_network(f"{tmp_path / 'n.pt'} --size 8")
    x = torch.rand(1, 3, 8, 8, requires_grad=True)
    found = network.logits(x)
    assert torch.allclose(found, module(network.preprocessing(x)), atol=1e-5)
    (gradient,) = torch.autograd.grad(found.sum(), x)
    assert bool(gradient.abs().sum() > 0)

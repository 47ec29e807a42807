"""Every kind of spec, from small files made here; shared/ files where they lie beside."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from dgn_explorer.errors import DgnError
from dgn_explorer.evaluation.network_check import check
from dgn_explorer.networks.descriptions import Description, save_description
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.opening import network_names, open_network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.weights import efficientnet_lite
from tests.networks.onnx_files import write_onnx

SHARED = Path(__file__).resolve().parents[3] / "shared"
SAMPLES = SHARED / "photos" / "samples-224.zip"
RANDOM = NetworkOptions(weights="random")
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="no shared/photos here")
FACTORY = """
from torch import nn
def make(channels=3):
    torch_net = nn.Sequential(nn.Conv2d({channels}, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
                              nn.Flatten(), nn.Linear(4, 3))
    return torch_net
"""


class Tiny(nn.Module):
    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = self.relu(self.conv(x))
        return self.fc((x * x.sigmoid()).mean((2, 3)))


def yes(question: str) -> bool:
    return True


def ascend(net, address: str) -> None:
    """One step of ascent raises the unit."""
    unit = net.info.resolve(address)
    read = ActivationReader(net.module, [net.read_points[unit.layer]])
    size = net.info.working_size
    rgb = torch.full((1, 3, size, size), 0.5, requires_grad=True)
    before = read(net.preprocessing(rgb))[0][:, unit.index].mean()
    (gradient,) = torch.autograd.grad(before, rgb)
    assert gradient.abs().sum() > 0
    after = read(net.preprocessing(rgb + 1e-2 * gradient / gradient.abs().max()))[0]
    assert after[:, unit.index].mean() > before


def test_folding_changes_nothing():
    net = open_network("lite0")
    plain = efficientnet_lite.load_lite("lite0")
    rgb = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(net.logits(rgb), plain(net.preprocessing(rgb)), atol=1e-3)
    # results and priors refer to it
    assert net.info.fingerprint.startswith("08f5b40ab8cce458")


@needs_samples
@pytest.mark.parametrize(
    ("spec", "least"),
    [("lite0", 0.83), (str(SHARED / "networks/squeezenet_v1.1/deploy.prototxt"), 0.56)],
)
def test_networks_name_photographs(spec, least):
    report = check(open_network(spec), SAMPLES, limit=100, alternatives=False)
    assert report.photos == 100
    assert report.top1 >= least


@needs_samples
def test_check_sees_the_wrong_preprocessing():
    spec = str(SHARED / "networks/squeezenet_v1.1/deploy.prototxt")
    wrong = open_network(spec, options=NetworkOptions(mean=(0.5,), std=(0.25,), value_range=1.0))
    report = check(wrong, SAMPLES, limit=20)
    assert report.alternatives[0].name == "Caffe, BGR"
    assert "--channels bgr" in report.warning


@pytest.mark.parametrize(
    ("name", "address", "layers"),
    [
        ("resnet50", "layer1.0:3", 100),
        ("alexnet", "conv5:9", 14),
        ("vit_b_16", "encoder.layers.encoder_layer_1:5", 80),
        ("mobilenet_v3_small", "class:7", 100),
    ],
)
def test_torchvision(name, address, layers):
    net = open_network(f"torchvision:{name}", options=RANDOM)
    assert len(net.info.layers) >= layers
    assert len(net.info.labels) == 1000
    assert net.preprocessing.value_range == 1.0
    ascend(net, address)


def test_torchvision_offline_says_so(monkeypatch):
    import urllib.error

    from dgn_explorer.networks.weights.torchvision_import import torchvision_models

    def offline(*args, **kwargs):
        raise urllib.error.URLError("no network")

    enum = torchvision_models().get_model_weights("resnet18")
    monkeypatch.setattr(enum, "get_state_dict", offline)
    with pytest.raises(DgnError, match=r"cannot be downloaded.*--weights FILE"):
        open_network("torchvision:resnet18/IMAGENET1K_V1")
    with pytest.raises(DgnError, match="Did you mean resnet18"):
        open_network("torchvision:resnet19")


def test_timm():
    pytest.importorskip("timm")
    net = open_network("timm:vit_tiny_patch16_224", options=RANDOM)
    assert net.info.layer("blocks.3").spatial == (197, 1)
    assert net.info.layer("blocks.3").pooled
    ascend(net, "blocks.3:5")


@pytest.mark.skipif(not (SHARED / "networks").exists(), reason="no shared/networks here")
def test_birds():
    pytest.importorskip("onnx")
    net = open_network(str(SHARED / "networks/inat-birds.onnx"))
    unit = net.info.resolve("northern cardinal")
    assert net.info.label(unit) == "Cardinalis cardinalis (Northern Cardinal)"
    assert net.info.batch_limit is None
    assert "Shape" not in str(net.module.graph)  # the arithmetic of "same" padding is folded
    ascend(net, "northern cardinal")


@pytest.mark.parametrize("prefix", ["", "module.", "module.model."])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_weights_with_a_factory(tmp_path, monkeypatch, prefix, suffix):
    (tmp_path / "mine.py").write_text(FACTORY.format(channels=3))
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Flatten(), nn.Linear(4, 3))
    state = {prefix + key: value for key, value in net.state_dict().items()}
    path = tmp_path / f"weights{suffix}"
    save_file(state, path) if suffix == ".safetensors" else torch.save({"model": state}, path)
    options = NetworkOptions(arch=f"{tmp_path / 'mine.py'}:make", size=32)
    with pytest.raises(DgnError, match="needs your permission"):
        open_network(str(path), options=options)
    opened = open_network(str(path), options=options, confirm=yes)
    assert torch.equal(opened.module[0].weight, net[0].weight)
    open_network(str(path), options=options)  # remembered
    with (tmp_path / "mine.py").open("a") as file:
        file.write("# changed\n")
    with pytest.raises(DgnError, match="needs your permission"):
        open_network(str(path), options=options)


def test_weights_that_do_not_fit_are_named(tmp_path):
    state = {"conv1.weight": torch.zeros(1), "other": torch.zeros(2)}
    torch.save(state, tmp_path / "w.pt")
    options = NetworkOptions(arch="torchvision:resnet18")
    with pytest.raises(DgnError, match=r"unknown other; conv1.weight is 1 instead of 64x3x7x7"):
        open_network(str(tmp_path / "w.pt"), options=options)
    with pytest.raises(DgnError, match="--arch"):
        open_network(str(tmp_path / "w.pt"))


def test_pickles_that_run_code_are_refused(tmp_path):
    torch.save(Tiny(), tmp_path / "whole.pt")
    with pytest.raises(DgnError, match="Python would have to run"):
        open_network(str(tmp_path / "whole.pt"), options=NetworkOptions(arch="torchvision:alexnet"))


@pytest.mark.parametrize("channels", ["grey", "r,b", "r,g,b,0.5"])
def test_other_channels(tmp_path, channels):
    count = {"grey": 1, "r,b": 2, "r,g,b,0.5": 4}[channels]
    (tmp_path / "mine.py").write_text(FACTORY.format(channels=count))
    net = nn.Sequential(
        nn.Conv2d(count, 4, 3), nn.ReLU(), nn.Flatten(), nn.Flatten(), nn.Linear(4, 3)
    )
    torch.save(net.state_dict(), tmp_path / "w.pt")
    base = NetworkOptions(arch=f"{tmp_path / 'mine.py'}:make", size=28)
    if channels != "grey":
        with pytest.raises(DgnError, match=f"takes {count} channels"):
            open_network(str(tmp_path / "w.pt"), options=base, confirm=yes)
        base = NetworkOptions(arch=base.arch, size=28, channels=channels)
    opened = open_network(str(tmp_path / "w.pt"), options=base, confirm=yes)
    assert len(opened.preprocessing.mean) == count
    ascend(opened, "0:1")


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    net, x = Tiny().eval(), torch.rand(1, 3, 16, 16)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(net).save(str(folder / "script.pt"))
        torch.jit.trace(net, x).save(str(folder / "trace.pt"))
        torch.export.save(torch.export.export(net, (x,)), folder / "export.pt2")
    return folder, net


@pytest.mark.parametrize("name", ["script.pt", "trace.pt", "export.pt2"])
def test_programs(programs, name):
    folder, net = programs
    opened = open_network(str(folder / name), options=NetworkOptions(size=16))
    assert opened.info.output_layer == "fc"
    rgb = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        x = opened.preprocessing(rgb)
        assert torch.allclose(opened.logits(rgb), net(x), atol=1e-5)
        read = ActivationReader(opened.module, [opened.read_points["conv"]])
        assert torch.allclose(read(x)[0], net.conv(x), atol=1e-5)
    ascend(opened, "conv:2")
    assert opened.info.batch_limit == (1 if name == "export.pt2" else None)


def test_a_series_keeps_addresses(tmp_path):
    (tmp_path / "mine.py").write_text(FACTORY.format(channels=3))
    folder = tmp_path / "run"
    folder.mkdir()
    for epoch in (1, 9, 10):
        net = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Flatten(), nn.Linear(4, 3)
        )
        torch.save(net.state_dict(), folder / f"epoch{epoch}.pt")
    options = NetworkOptions(arch=f"{tmp_path / 'mine.py'}:make", size=32)
    last = open_network(str(folder), options=options, confirm=yes)
    first = open_network(f"{folder}@epoch1", options=options)
    assert last.info.positions == ("random", "epoch1", "epoch9", "epoch10")
    assert (first.info.position, last.info.position) == ("epoch1", "epoch10")
    assert first.info.layers == last.info.layers
    assert first.info.fingerprint != last.info.fingerprint


def test_a_series_begins_with_random_weights(tmp_path):
    (tmp_path / "mine.py").write_text(FACTORY.format(channels=3))
    folder = tmp_path / "run"
    folder.mkdir()
    for epoch in (1, 2):
        net = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Flatten(), nn.Linear(4, 3)
        )
        torch.save(net.state_dict(), folder / f"epoch{epoch}.pt")
    options = NetworkOptions(arch=f"{tmp_path / 'mine.py'}:make", size=32)
    trained = open_network(str(folder), options=options, confirm=yes)
    torch.manual_seed(5)
    one = open_network(f"{folder}@random", options=options)
    torch.manual_seed(6)
    again = open_network(one.info.name)
    assert one.info.fingerprint == again.info.fingerprint != trained.info.fingerprint
    assert one.info.layers == trained.info.layers
    assert one.info.name.startswith(f"{folder}@random --arch")
    assert any("random, from a fixed seed" in notice for notice in one.info.notices)


def test_what_is_no_series_has_no_positions():
    with pytest.raises(DgnError, match="no network called 'lite0@epoch1'"):
        open_network("lite0@epoch1")


def test_a_description_of_ones_own(tmp_path):
    (tmp_path / "names.json").write_text(json.dumps([f"c{i}" for i in range(1000)]))
    save_description(
        "mine",
        Description(
            "torchvision:squeezenet1_1",
            title='A "quoted" title',
            options=NetworkOptions(weights="random", size=64, labels=str(tmp_path / "names.json")),
            aliases={"last": "classifier.1"},
        ),
    )
    assert "mine" in network_names()
    net = open_network("mine")
    assert (net.info.name, net.info.title, net.info.input_size) == ("mine", 'A "quoted" title', 64)
    assert str(net.info.resolve("c7")) == "classifier:7"  # the pooled score
    assert str(net.info.resolve("last:7")) == "classifier.1:7"
    assert open_network("mine", options=NetworkOptions(size=96)).info.input_size == 96
    with pytest.raises(DgnError, match="already is"):
        save_description("mine", Description("lite0"))


@pytest.mark.parametrize(
    "text", ["source = 3", "source = 'lite0'\nsizes = 3", "x = [", "source = 'a.toml'"]
)
def test_mistakes_in_a_description(tmp_path, text):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(DgnError):
        open_network(str(tmp_path / "a.toml"))


def test_check_matches_folders_by_name(tmp_path):
    for name in ("tench", "goldfish"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", (40, 30)).save(tmp_path / "photos" / name / "a.png")
    report = check(open_network("lite0"), tmp_path / "photos", alternatives=False)
    assert report.photos == 2
    (tmp_path / "photos" / "goldfish" / "b.jpg").write_bytes(b"no photograph")
    with pytest.raises(DgnError, match=r"b\.jpg"):
        check(open_network("lite0"), tmp_path / "photos", alternatives=False)
    (tmp_path / "photos" / "goldfish").rename(tmp_path / "photos" / "nothing")
    with pytest.raises(DgnError, match="2 class folders for 1000 classes"):
        check(open_network("lite0"), tmp_path / "photos", alternatives=False)


def test_onnx_with_a_fixed_batch_takes_several_images(tmp_path):
    net = open_network(str(write_onnx(tmp_path / "n.onnx")))
    assert net.info.batch_limit is None
    assert net.logits(torch.rand(3, 3, 16, 16)).shape == (3, 4)
    with pytest.raises(DgnError, match="does not exist"):
        open_network(str(tmp_path / "other.onnx"))

"""Where a unit looks: every family on networks whose answer is known, and the checks of a map."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import encode_png
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import Network
from dgn_explorer.studies.saliency import deletion
from dgn_explorer.studies.saliency.about import HOWS, SaliencyParameters
from dgn_explorer.studies.saliency.making import saliency
from dgn_explorer.studies.saliency.randomising import likeness
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.progress import Made, Progress
from tests import device
from tests.tiny import LABELS, TinyNet, tiny_network

SIDE = 32
PHOTO = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)


@pytest.fixture(autouse=True)
def exact() -> Iterator[None]:
    with convolutions(torch.device(device.DEVICE)):
        yield


class Bare(TinyNet):
    """`TinyNet` whose activation functions are bare calls, as in EfficientNet-Lite."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu6(self.conv2(F.relu(self.conv1(x), inplace=True)))
        return self.fc(self.pool(x).flatten(1))


class Pooled(TinyNet):
    """With max-pooling."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.relu1(self.conv1(x)), 2)
        return self.fc(self.pool(torch.clamp(self.conv2(x), min=0)).flatten(1))


class Smooth(TinyNet):
    """Without any ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.conv2(F.gelu(self.conv1(x))))
        return self.fc(self.pool(x).flatten(1))


class Corner(TinyNet):
    """Whose classes answer to the brightness of the upper left eighth alone."""

    def forward(self, x: Tensor) -> Tensor:
        maps = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        mask = torch.zeros_like(maps[:1, :1])
        mask[..., :2, :2] = 1
        return self.fc((maps * mask).mean((2, 3)))


def network(kind: type[nn.Module] = TinyNet) -> Network:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return tiny_network(kind())


def ask(
    net: Network, unit: str = "dog", layer: str = "", photo: np.ndarray = PHOTO, **how: Any
) -> Made:
    return finish(work(net, unit, layer, photo, **how))


def work(net: Network, unit: str, layer: str, photo: np.ndarray, **how: Any) -> Any:
    data = encode_png(photo)
    bench = Bench(net, None, lambda sha: data, lambda key: None, lambda: None)
    survey = Survey(
        "tiny",
        net.info.fingerprint,
        "saliency",
        SaliencyParameters(**how),
        layers=(layer,) if layer else (),
        units=tuple(net.info.resolve(one) for one in unit.split("|")),
        inputs=(Input("photo", "0" * 64),),
    )
    return saliency(bench, survey)


def pixels() -> Tensor:
    rgb = torch.from_numpy(PHOTO).permute(2, 0, 1)[None].float().div(255)
    return rgb.to(device.DEVICE).requires_grad_(True)


@pytest.mark.parametrize("unit", ["dog", "conv2:3", "conv2:3@0,7", "conv1:2@5,5"])
@pytest.mark.parametrize("how", [how for how in HOWS if how != "deconvnet"])
def test_every_family_maps_every_unit_and_twice_the_same(how: str, unit: str) -> None:
    if unit.startswith("conv1") and how in ("guided", "grad-cam"):
        with pytest.raises(DgnError, match="before conv1"):
            ask(network(), unit, how=how)
        return
    net = network()
    settings = {"how": how, "steps": 4, "samples": 2, "window": 8, "stride": 8}
    first, again = (ask(net, unit, **settings).parts for _ in range(2))
    assert first["maps"].shape == (1, SIDE, SIDE)
    assert np.isfinite(first["maps"]).all()
    np.testing.assert_array_equal(first["maps"], again["maps"])
    np.testing.assert_array_equal(first["seen"], PHOTO)
    if "colours" in first:
        summed = first["colours"][0].sum(0)
        np.testing.assert_allclose(summed, first["maps"][0], rtol=1e-4, atol=1e-6)


def test_the_gradient_is_that_of_the_unit() -> None:
    net, rgb = network(), pixels()
    score = net.module(net.preprocessing(rgb))[0, 3]
    (wanted,) = torch.autograd.grad(score, rgb)
    made = ask(net, how="gradient").parts
    np.testing.assert_allclose(made["colours"], wanted.cpu(), rtol=1e-4, atol=1e-6)
    assert made["activations"][0] == pytest.approx(score.item(), abs=1e-5)
    times = ask(net, how="gradient-input").parts
    np.testing.assert_allclose(
        times["colours"], (wanted * rgb).detach().cpu(), rtol=1e-4, atol=1e-6
    )


def test_a_unit_at_a_position_looks_there() -> None:
    net = network()
    corner = ask(net, "conv2:3@0,7", how="gradient").parts["maps"][0]
    assert np.abs(corner[:8, 24:]).max() > 0
    assert not np.abs(corner[16:]).any() and not np.abs(corner[:, :16]).any()


@pytest.mark.parametrize("kind", [TinyNet, Bare])
def test_guided_is_not_the_gradient_whoever_calls_the_relu(kind: type[nn.Module]) -> None:
    net = network(kind)
    plain = ask(net, how="gradient").parts["colours"]
    guided = ask(net, how="guided").parts["colours"]
    assert np.abs(plain - guided).max() > 0.1 * np.abs(plain).max()


def test_bare_relus_give_what_modules_give() -> None:
    by_module = ask(network(TinyNet), how="guided").parts["maps"]
    bare = ask(network(Bare), how="guided").parts["maps"]  # no value of the two reaches 6
    np.testing.assert_allclose(bare, by_module, rtol=1e-4, atol=1e-6)


@pytest.mark.filterwarnings("ignore:Setting backward hooks")
@pytest.mark.parametrize("how", ["gradient", "guided", "deconvnet", "integrated", "grad-cam"])
def test_it_equals_captum(how: str) -> None:
    attr = pytest.importorskip("captum.attr")
    net = network(_PooledModules if how == "deconvnet" else TinyNet)

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net.module

        def forward(self, rgb: Tensor) -> Tensor:
            return self.net(net.preprocessing(rgb))

    whole, rgb = Whole().eval(), pixels()
    if how == "grad-cam":
        coarse = attr.LayerGradCam(whole, net.module.relu2).attribute(
            rgb, target=3, relu_attributions=True
        )
        wanted = F.interpolate(coarse, (SIDE, SIDE), mode="bilinear", align_corners=False)[:, 0]
        np.testing.assert_allclose(
            ask(net, how=how).parts["maps"], wanted.detach().cpu(), atol=1e-5
        )
        return
    if how == "integrated":
        wanted = attr.IntegratedGradients(whole).attribute(
            rgb, baselines=torch.full_like(rgb, 0.5), target=3, n_steps=64
        )
    else:
        kind = {
            "gradient": attr.Saliency,
            "guided": attr.GuidedBackprop,
            "deconvnet": attr.Deconvolution,
        }[how]
        more = {"abs": False} if how == "gradient" else {}
        wanted = kind(whole).attribute(rgb, target=3, **more)
    made = ask(net, how=how).parts["colours"]
    np.testing.assert_allclose(made, wanted.detach().cpu(), atol=1e-5)


class _PooledModules(TinyNet):
    def __init__(self) -> None:
        super().__init__()
        self.switches = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu2(self.conv2(self.switches(self.relu1(self.conv1(x)))))
        return self.fc(self.pool(x).flatten(1))


def test_deconvnet_wants_max_pooling() -> None:
    with pytest.raises(DgnError, match="has no max-pooling before fc"):
        ask(network(), how="deconvnet")


def test_deconvnet_follows_the_switches() -> None:
    """By hand: back through the pooling's own choice, negative signals dropped at each ReLU."""
    net, rgb = network(Pooled), pixels()
    with torch.no_grad():
        one = net.module.relu1(net.module.conv1(net.preprocessing(rgb)))
        pooled, switches = F.max_pool2d(one, 2, return_indices=True)
        height = net.module.conv2(pooled).shape[-1]
        back = net.module.fc.weight[3].view(1, -1, 1, 1) / height**2
        back = back.expand(1, 16, height, height).clamp_min(0)
        back = F.conv_transpose2d(back, net.module.conv2.weight, None, 2, 1, 1)
        back = F.max_unpool2d(back, switches, 2).clamp_min(0)
        back = F.conv_transpose2d(back, net.module.conv1.weight, None, 2, 1, 1)
        back = back * (255 / 128)
    made = ask(net, how="deconvnet").parts["colours"]
    np.testing.assert_allclose(made, back.cpu(), rtol=1e-3, atol=1e-6)


def test_without_relus_their_rules_are_refused() -> None:
    with pytest.raises(DgnError, match="has none that can be reached"):
        ask(network(Smooth), how="guided")


def test_integrated_gradients_are_complete() -> None:
    net, rgb = network(Bare), pixels()
    made = ask(net, how="integrated", steps=128).parts
    with torch.no_grad():
        grey = torch.full_like(rgb, 0.5)
        whole, none = (net.module(net.preprocessing(x))[0, 3].item() for x in (rgb, grey))
    gain = whole - none
    off = abs(made["maps"].sum() - gain) / abs(gain)
    assert made["completeness_error"][0] == pytest.approx(off, abs=1e-3)
    assert off <= 0.05


def test_smoothgrad_without_noise_is_the_gradient() -> None:
    net = network()
    plain = ask(net, how="gradient").parts["maps"]
    smooth = ask(net, how="smoothgrad", noise=0.0, samples=3).parts["maps"]
    np.testing.assert_allclose(smooth, plain, rtol=1e-4, atol=1e-6)
    noisy = ask(net, how="smoothgrad", samples=3).parts["maps"]
    other = ask(net, how="smoothgrad", samples=3, seed=1).parts["maps"]
    assert np.abs(noisy - plain).max() > 0 and np.abs(noisy - other).max() > 0


def test_grad_cam_of_averaged_maps_is_the_class_activation_map() -> None:
    """With one linear layer behind the mean of maps it is that layer's weights times the maps."""
    net, rgb = network(Bare), pixels()
    with torch.no_grad():
        maps = F.relu6(net.module.conv2(F.relu(net.module.conv1(net.preprocessing(rgb)))))
        weights = net.module.fc.weight[3].view(1, -1, 1, 1) / maps[0, 0].numel()
        coarse = (maps * weights).sum(1, keepdim=True).relu()
        wanted = F.interpolate(coarse, (SIDE, SIDE), mode="bilinear", align_corners=False)
    np.testing.assert_allclose(ask(net).parts["maps"], wanted[:, 0].cpu(), rtol=1e-3, atol=1e-6)


def test_grad_cam_of_a_named_layer() -> None:
    net, rgb = network(), pixels()
    with torch.no_grad():
        maps = net.module.conv2(net.module.relu1(net.module.conv1(net.preprocessing(rgb))))
        open_share = (maps > 0).float().mean((2, 3), keepdim=True)
        weights = net.module.fc.weight[3].view(1, -1, 1, 1) / maps[0, 0].numel() * open_share
        coarse = (maps * weights).sum(1, keepdim=True).relu()
        wanted = F.interpolate(coarse, (SIDE, SIDE), mode="bilinear", align_corners=False)
    made = ask(net, layer="conv2").parts["maps"]
    np.testing.assert_allclose(made, wanted[:, 0].cpu(), rtol=1e-3, atol=1e-6)


class Gated(TinyNet):
    """With a swish of its own, as x * sigmoid(x)."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv2(self.relu1(self.conv1(x)))
        return self.fc(self.pool(x * torch.sigmoid(x)).flatten(1))


def test_a_gate_is_no_map_of_its_own() -> None:
    made = ask(network(Gated)).parts["maps"]  # of relu1: what the product puts out has no name
    assert np.abs(made - ask(network(Gated), layer="conv2").parts["maps"]).max() > 0
    assert len(np.unique(made[0, ::2, 16].round(9))) > 8  # 16 rows of maps, and not 8


@pytest.mark.parametrize(
    ("layer", "unit", "words"),
    [("fc", "dog", "has no maps"), ("conv2", "conv1:0", "does not come before")],
)
def test_grad_cam_refuses_a_layer_that_says_nothing(layer: str, unit: str, words: str) -> None:
    with pytest.raises(DgnError, match=words):
        ask(network(), unit, layer=layer)


def test_other_families_take_no_layer() -> None:
    with pytest.raises(DgnError, match="takes no layer"):
        ask(network(), layer="conv1", how="gradient")


def test_occlusion_finds_what_the_unit_answers_to() -> None:
    made = ask(network(Corner), how="occlusion", window=8, stride=4).parts["maps"][0]
    far = np.abs(made[20:]).max() + np.abs(made[:, 20:]).max()
    assert np.abs(made[:8, :8]).mean() > 0 and far < 1e-5


def test_several_units_and_a_stop_in_between() -> None:
    net = network()
    both = ask(net, "dog|conv2:3", how="gradient").parts
    assert both["maps"].shape == (2, SIDE, SIDE)
    np.testing.assert_array_equal(
        both["maps"][1], ask(net, "conv2:3", how="gradient").parts["maps"][0]
    )
    steps: list[Progress[Made]] = []
    generator = work(net, "dog|conv2:3", "", PHOTO, how="smoothgrad", samples=4)
    for step in generator:
        steps.append(step)
        if step.partial is not None and len(steps) == 3:
            kept = step.partial(0).parts  # two of four photographs of the first unit
            assert kept["maps"].shape == (1, SIDE, SIDE)
        if len(steps) == 8:
            assert step.partial is not None
            assert step.partial(0).parts["maps"].shape == (2, SIDE, SIDE)
    assert len(steps) == 8
    assert all(step.done < step.total for step in steps)


def test_random_layers_change_the_map_and_leave_the_network_alone() -> None:
    net = network()
    before = [tensor.clone() for tensor in net.module.parameters()]
    made = ask(net, how="gradient", randomise=1.0).parts
    assert all(torch.equal(a, b) for a, b in zip(before, net.module.parameters(), strict=True))
    assert np.abs(made["randomised"] - made["maps"]).max() > 0
    assert made["likeness"][0] < 0.9
    np.testing.assert_array_equal(made["maps"], ask(net, how="gradient").parts["maps"])


def test_likeness_is_that_of_ranks() -> None:
    one = torch.tensor([1.0, 2, 3, 4])
    assert likeness(one, one**3) == pytest.approx(1)
    assert likeness(one, -one) == pytest.approx(1)  # of magnitudes
    assert likeness(one, 1 / one) == pytest.approx(-1)
    assert likeness(one, torch.ones(4)) == 0


def test_the_deletion_curve_goes_from_the_photograph_to_the_blurred_one() -> None:
    net, rgb = network(Corner), pixels()
    made = ask(net, how="occlusion", window=8, stride=8, deletion=True).parts
    assert made["deleted"] == pytest.approx(deletion.SHARES)
    blurred = deletion.gaussian(rgb.detach(), SIDE * 10 / 224)
    with torch.no_grad():
        wanted = [
            net.module(net.preprocessing(x)).softmax(1)[0, LABELS.index("dog")].item()
            for x in (rgb, blurred)
        ]
    assert made["left"][0, [0, -1]] == pytest.approx(wanted, abs=1e-5)
    assert made["left_at_random"][0, [0, -1]] == pytest.approx(wanted, abs=1e-5)
    hidden = ask(net, "conv2:3@1,1", how="gradient", deletion=True).parts
    assert hidden["left"][0, 0] == pytest.approx(hidden["activations"][0], abs=1e-5)


def test_a_survey_without_a_unit_is_refused() -> None:
    net = network()
    survey = Survey("tiny", net.info.fingerprint, "saliency", inputs=(Input("photo", "0" * 64),))
    bench = Bench(net, None, lambda sha: encode_png(PHOTO), lambda key: None, lambda: None)
    with pytest.raises(DgnError, match="No unit is named"):
        finish(saliency(bench, survey))
    unknown = dataclasses.replace(
        survey, units=(dataclasses.replace(net.info.resolve("dog"), index=99),)
    )
    with pytest.raises(DgnError, match="has no unit 99"):
        finish(saliency(bench, unknown))

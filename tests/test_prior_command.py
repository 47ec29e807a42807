"""Priors on the command line, and the published run against an independent transcription."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from click.testing import CliRunner, Result
from PIL import Image

from dgn_explorer import cli
from dgn_explorer.errors import DgnError
from dgn_explorer.evaluation.published_check import follow_published
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.architectures.upconv import UpconvGenerator
from dgn_explorer.priors.info import CROP
from dgn_explorer.priors.opening import open_prior
from tests.networks.caffe_texts import blob, caffemodel, conv, layer, pool
from tests.priors.published_files import small_generator, state, write_form

FC6 = 20  # units of the small CaffeNet's fc6
DEPLOY = (
    'name: "small CaffeNet" input: "data"\n'
    "input_dim: 1 input_dim: 3 input_dim: 227 input_dim: 227\n"
    + conv("conv1", "data", 6, 11, "stride: 8")
    + pool("pool1", "conv1", "pool: MAX kernel_size: 3 stride: 2")
    + conv("conv2", "pool1", 8, 3, "group: 2")
    + layer("fc6", "InnerProduct", "conv2", inner_product_param=f"num_output: {FC6}")
    + layer("relu6", "ReLU", "fc6", "fc6")
    + layer("fc8", "InnerProduct", "fc6", inner_product_param="num_output: 5")
    + layer("prob", "Softmax", "fc8")
)
MEAN = torch.tensor([104.0, 117.0, 123.0]).view(1, 3, 1, 1)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.group, [str(word) for word in arguments])


def weights() -> dict[str, list[torch.Tensor]]:
    g = torch.Generator().manual_seed(5)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=g)

    return {
        "conv1": [normal(6, 3, 11, 11) / 500, normal(6)],
        "conv2": [normal(8, 3, 3, 3) / 5, normal(8)],
        "fc6": [normal(FC6, 8 * 12 * 12) / 20, normal(FC6)],
        "fc8": [normal(5, FC6) / 4, normal(5)],
    }


@pytest.fixture
def caffenet(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "deploy.prototxt").write_text(DEPLOY)
    (tmp_path / "small.caffemodel").write_bytes(caffemodel(weights(), v1=True))
    return tmp_path / "deploy.prototxt", tmp_path / "small.caffemodel"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (227, 227, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def bounds(tmp_path: Path) -> Path:
    (tmp_path / "fc6.txt").write_text(" ".join(f"{3 + i % 9}.0" for i in range(FC6)))
    return tmp_path / "fc6.txt"


def forward(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The small CaffeNet in plain torch: (fc6 before its ReLU, fc8)."""
    w = weights()
    x = F.relu(F.conv2d(x, *w["conv1"], stride=8))
    x = F.max_pool2d(x, 3, 2, ceil_mode=True)
    x = F.relu(F.conv2d(x, *w["conv2"], groups=2))
    fc6 = F.linear(x.flatten(1), *w["fc6"])
    return fc6, F.linear(F.relu(fc6), *w["fc8"])


def generate(g: UpconvGenerator, code: torch.Tensor) -> torch.Tensor:
    """The generator in plain torch: BGR, without the mean."""
    w = state(g)
    x = code
    for name in ("defc7", "defc6", "defc5"):
        x = F.leaky_relu(F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"]), 0.3)
    x = x.view(-1, 8, 4, 4)
    for name in ("deconv5", "conv5_1", "deconv4", "conv4_1", "deconv3", "conv3_1", "deconv2",
                 "deconv1", "deconv0"):  # fmt: skip
        stride = 1 if name.endswith("_1") else 2
        x = F.conv_transpose2d(x, w[f"{name}.weight"], w[f"{name}.bias"], stride, padding=1)
        x = x if name == "deconv0" else F.leaky_relu(x, 0.3)
    return x


def published_loop(g: UpconvGenerator, code: torch.Tensor, upper: torch.Tensor) -> list[float]:
    """The released code's loop (reference, section 1.1): two gradients and a step in pixels."""
    trace = []
    n, start_lr, end_lr, decay, unit = 30, 1.0, 1e-10, 0.99, 3
    y = code.clone()
    for i in range(n):
        s = start_lr + (end_lr - start_lr) * i / n
        y.requires_grad_(True)
        x0 = generate(g, y)
        top = (256 - 227) // 2
        xc = x0[:, :, top : top + 227, top : top + 227].detach().requires_grad_(True)
        activation = forward(xc)[1][0, unit]
        trace.append(activation.item())
        (gradient,) = torch.autograd.grad(activation, xc)
        x = xc.detach() + s / gradient.abs().mean() * gradient
        padded = x0.detach().clone()
        padded[:, :, top : top + 227, top : top + 227] = x
        (gy,) = torch.autograd.grad(x0, y, padded - x0.detach())
        y = y.detach() + s / gy.abs().mean() * gy
        y = torch.minimum(y.clamp_min(0), upper) * decay
    return trace


def test_the_check_follows_the_published_loop(
    tmp_path: Path,
    caffenet: tuple[Path, Path],
    photo: Path,
    bounds: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    g = small_generator(FC6)
    path = write_form(tmp_path, "D", g)
    image = torch.from_numpy(np.array(Image.open(photo))).permute(2, 0, 1)[None].float()
    code = F.relu(forward(image.flip(1) - MEAN)[0])
    upper = torch.tensor([float(word) for word in bounds.read_text().split()])
    expected = published_loop(g, code, upper)
    assert expected[-1] > expected[0] + 1
    monkeypatch.setattr(follow_published, "__defaults__", ("fc8:3", tuple(expected)))
    words = ("prior", "check", "--caffenet", *caffenet, "--image", photo)
    done = run(*words, "--prior", path, "--bounds", bounds, "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 0
    np.testing.assert_allclose(report["trace"], expected, rtol=2e-3)
    # The same prior, imported
    assert run("prior", "import", path, "--bounds", bounds, "--name", "small").exit_code == 0
    imported = json.loads(run(*words, "--prior", "small", "--json").stdout)
    np.testing.assert_allclose(imported["trace"], report["trace"], rtol=1e-3)
    # Other bounds, other numbers: the check can fail
    failed = run(*words, "--prior", path)
    assert failed.exit_code == 1
    assert "does not agree" in failed.output


def test_the_mean_image_is_subtracted_from_the_photograph(
    tmp_path: Path,
    caffenet: tuple[Path, Path],
    photo: Path,
    bounds: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    g = small_generator(FC6)
    path = write_form(tmp_path, "A", g)
    mean = torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(2)) * 60 + 80
    np.save(tmp_path / "mean.npy", mean.numpy())
    (tmp_path / "mean.binaryproto").write_bytes(blob(mean, legacy=True))
    image = torch.from_numpy(np.array(Image.open(photo))).permute(2, 0, 1)[None].float()
    code = F.relu(forward(image.flip(1) - mean[None, :, 14:241, 14:241])[0])
    upper = torch.tensor([float(word) for word in bounds.read_text().split()])
    expected = published_loop(g, code, upper)
    monkeypatch.setattr(follow_published, "__defaults__", ("fc8:3", tuple(expected)))
    words = ("prior", "check", "--caffenet", *caffenet, "--image", photo, "--prior", path)
    for name in ("mean.npy", "mean.binaryproto"):
        done = run(*words, "--bounds", bounds, "--mean-image", tmp_path / name, "--json")
        np.testing.assert_allclose(json.loads(done.stdout)["trace"], expected, rtol=2e-3)
    assert isinstance(run(*words, "--mean-image", bounds).exception, DgnError)


def test_import_list_and_info(tmp_path: Path, bounds: Path, caffenet: tuple[Path, Path]) -> None:
    path = write_form(tmp_path, "B", small_generator(FC6), stem="fc7")
    done = run("prior", "import", path, "--network", caffenet[0], "--layer", "fc6")
    assert done.exit_code == 0, done.output
    assert isinstance(run("prior", "import", path, "--layer", "fc6").exception, DgnError)
    assert run("prior", "import", path, "--name", "b", "--bounds", bounds).exit_code == 0
    rows = {row["name"]: row for row in json.loads(run("prior", "list", "--json").stdout)}
    assert set(rows) == {"default", "fc6", "b"}
    assert rows["fc6"]["encoder"]["fingerprint"] == open_network(str(caffenet[0])).info.fingerprint
    assert (rows["b"]["encoder"]["layer"], rows["b"]["code_size"]) == ("fc7", FC6)
    assert "20 numbers of CaffeNet fc7" in run("prior", "list").stdout
    info = json.loads(run("prior", "info", "b", "--json").stdout)
    assert (info["fit"], info["card"]["form"], info["image_size"]) == (CROP, "B", 256)
    assert info["bounds"]["upper"] == [3, pytest.approx(6.65), 11]
    assert "research" in run("prior", "info", "b").stdout
    code = torch.rand(1, FC6)
    with torch.no_grad():
        expected = small_generator(FC6)(code)
        torch.testing.assert_close(open_prior("b").image(code), expected, atol=1e-5, rtol=0)
    for name in ("../x", "default", "a b"):
        assert isinstance(run("prior", "import", path, "--name", name).exception, DgnError)


def test_a_broken_prior_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "data" / "priors").mkdir(parents=True)
    (tmp_path / "data" / "priors" / "bad.safetensors").write_bytes(b"x")
    rows = json.loads(run("prior", "list", "--json").stdout)
    assert [bool(row["problem"]) for row in rows] == [False, True]
    assert "bad" in run("prior", "list").stdout


def test_bounds_from_photographs(tmp_path: Path, caffenet: tuple[Path, Path], bounds: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(1)
    codes = []
    for i in range(11):
        pixels = rng.integers(0, 256, (227, 227, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
        image = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
        codes.append(F.relu(forward(image.flip(1) - MEAN)[0]))
    values = torch.cat(codes)
    path = write_form(tmp_path, "A", small_generator(FC6))
    assert run("prior", "import", path, "--bounds", bounds).exit_code == 0
    before = open_prior("fc6")
    words = ("prior", "bounds", "fc6", "--images", folder)
    assert "--network" in str(run(*words).exception)
    done = run(*words, "--network", caffenet[0], "--sigmas", 2)
    assert done.exit_code == 0, done.output
    space = open_prior("fc6").space
    torch.testing.assert_close(space.mean, values.mean(0), rtol=1e-3, atol=1e-3)
    wanted = values.mean(0) + 2 * values.std(0, correction=0)
    torch.testing.assert_close(space.upper, wanted, rtol=1e-3, atol=1e-3)
    assert space.lower.tolist() == [0] * FC6
    after = open_prior("fc6")
    assert after.info.fit == CROP
    assert after.info.card["bounds_from"] == "mean + 2 sigma over 11 photographs"
    assert after.info.fingerprint != before.info.fingerprint
    assert torch.equal(after.generator.defc6.weight, before.generator.defc6.weight)
    assert isinstance(run("prior", "bounds", "default", "--images", folder).exception, DgnError)


def test_the_centre_is_what_a_network_of_about_that_size_sees(tmp_path: Path) -> None:
    path = write_form(tmp_path, "A", small_generator(FC6))
    assert run("prior", "import", path).exit_code == 0
    prior = open_prior("fc6")
    image = torch.rand(1, 3, 256, 256)
    assert torch.equal(prior.seen(image, 227), image[:, :, 14:241, 14:241])
    assert torch.equal(prior.seen(image, 224), image[:, :, 16:240, 16:240])
    for size in (64, 256, 299):
        assert prior.seen(image, size) is image
    resized = open_prior("fc6 --fit resize")
    assert resized.seen(image, 227) is image
    assert resized.info.name == "fc6 --fit resize"
    assert resized.info.fingerprint != prior.info.fingerprint
    assert open_prior("fc6 --fit crop").info == prior.info
    assert open_prior("default").info.fit == "resize"
    with pytest.raises(DgnError, match="'stretch'"):
        open_prior("fc6 --fit stretch")


@pytest.fixture
def imported(tmp_path: Path, caffenet: tuple[Path, Path], bounds: Path) -> Iterator[str]:
    path = write_form(tmp_path, "A", small_generator(FC6))
    words = ("--bounds", bounds, "--network", caffenet[0])
    assert run("prior", "import", path, *words).exit_code == 0
    yield "fc6"


def test_start_from_a_photograph_through_the_encoder(
    tmp_path: Path, imported: str, caffenet: tuple[Path, Path], photo: Path
) -> None:
    from dgn_explorer.export.png import read_recipe
    from dgn_explorer.networks.opening import open_network
    from dgn_explorer.results.store import open_store
    from dgn_explorer.synthesis.bench import Bench
    from dgn_explorer.synthesis.making import finish

    words = ("visualize", "fc8:3", "--network", caffenet[0], "--prior", imported, "--json")
    words = (*words, "--init", photo, "--steps", 3, "--set", "step_start=0.5", "--out", tmp_path)
    done = run(*words)
    assert done.exit_code == 0, done.output
    line = json.loads(done.stdout)
    recipe = read_recipe(Path(line["path"]))
    image = torch.from_numpy(np.array(Image.open(photo))).permute(2, 0, 1)[None].float()
    expected = F.relu(forward(image.flip(1) - MEAN)[0])[0]
    prior, store = open_prior(imported), open_store()
    network = open_network(str(caffenet[0]))
    bench = Bench(network, prior, store.inputs.get, store.code, lambda: network)
    assert recipe is not None and recipe.inputs[0].name == photo.name
    code = torch.from_numpy(finish(bench.start(recipe)))[0]
    upper = prior.space.upper
    torch.testing.assert_close(code, torch.minimum(expected, upper), rtol=1e-2, atol=1e-2)
    assert json.loads(run(*words).stdout)["cached"]
    bare = run(*words[:-2], "--out", tmp_path, "--fit", "resize")
    assert json.loads(bare.stdout)["first_activation"] != line["first_activation"]


def test_start_from_a_photograph_without_the_encoder(
    tmp_path: Path, imported: str, caffenet: tuple[Path, Path]
) -> None:
    from dgn_explorer.priors.inversion import invert
    from dgn_explorer.synthesis.making import finish

    prior = open_prior(imported)
    wanted = prior.space.upper * torch.rand(2, FC6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        target = prior.seen(prior.image(wanted), 227)
        found = finish(invert(prior, target, steps=60))
        near = (prior.seen(prior.image(found), 227) - target).square().mean()
        middle = (prior.seen(prior.image(prior.space.mean[None]), 227) - target).square().mean()
    assert near < 0.2 * middle
    assert bool((found >= 0).all()) and bool((found <= prior.space.upper).all())
    caffenet[1].write_bytes(
        caffemodel(weights() | {"fc8": [torch.ones(5, FC6), torch.zeros(5)]}, v1=True)
    )
    Image.fromarray((target[0].clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy()).save(
        tmp_path / "made.png"
    )
    words = ("visualize", "fc8:3", "--network", caffenet[0], "--prior", imported, "--json")
    done = run(*words, "--init", tmp_path / "made.png", "--steps", 2, "--set", "step_start=0.5",
               "--out", tmp_path)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["first_activation"] is not None


def test_a_code_of_another_prior_is_refused(tmp_path: Path, imported: str) -> None:
    from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
    from tests.tiny import recipe_for, tiny_network, tiny_prior

    network, prior = tiny_network(), tiny_prior(tmp_path)
    recipe = recipe_for(network, prior, "fc:1")
    with pytest.raises(DgnError, match="20 numbers; those of tiny-prior have 12"):
        next(dgn_am(network, prior, [recipe], np.zeros((1, 20), np.float32)))


@pytest.mark.parametrize("data", ["", "AA==", "é", "AH4=", "!!!!"])
def test_damaged_starting_codes(data: str) -> None:
    from dgn_explorer.synthesis.start import FromCode

    with pytest.raises(DgnError, match="damaged"):
        _ = FromCode(data).code


def test_a_photograph_gets_an_eighth_of_the_step() -> None:
    from dgn_explorer.engine.ordering import Wanted, gentler
    from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
    from dgn_explorer.synthesis.methods.pixels.about import PixelsParameters

    eight = DgnAmParameters(step_start=8.0)
    assert gentler(Wanted("dgn-am", eight), eight) == DgnAmParameters(step_start=1.0)
    assert gentler(Wanted("dgn-am", eight, automatic=False), eight) == eight
    pixels = PixelsParameters()
    assert gentler(Wanted("pixels", pixels), pixels) == pixels

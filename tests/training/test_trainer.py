import math
from pathlib import Path

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.training.learning.build import make_generator, set_up
from dgn_explorer.training.learning.encoder import (
    ActivationEncoder,
    Encoder,
    FeatureReader,
    fit_activations,
    fit_components,
    rectifies,
)
from dgn_explorer.training.learning.trainer import Losses, Trainer
from tests import device
from tests.training.tiny import SIZE, open_tiny, tiny_network, tiny_settings

ON = torch.device(device.DEVICE)
FLAT = {"layer": "fc6", "encoder_size": SIZE}
UPCONV = {**FLAT, "generator": "upconv", "image_size": 256, "width": 8 / 256}
PUBLISHED = {"discriminator": "published", "pausing": "ratio", "adversarial_start": 0.0}


def pixels(count: int, size: int = SIZE, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, (count, 3, size, size), dtype=torch.uint8, generator=rng)


def fitted(setup) -> Encoder:
    shown = pixels(64, setup.encoder_size).to(setup.network.device).float() / 255
    with torch.no_grad():
        values = FeatureReader(setup.network, [setup.layer])(shown)[0]
    if setup.flat:
        return fit_activations([values], rectifies(setup.settings, setup.network, setup.layer))
    return fit_components([values], setup.settings.components)


def trainer(**changes: object) -> Trainer:
    setup = set_up(tiny_settings(Path("photos"), **changes), ON, open_tiny)
    return Trainer(setup, fitted(setup), device=ON)


def weights(module: torch.nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def run(t: Trainer, steps: int) -> list[Losses]:
    s = t.settings
    return [t.step(pixels(t.batch, s.image_size, t.index)) for _ in range(steps)]


@pytest.mark.parametrize(
    "changes",
    [
        {"adversarial_start": 0.0},
        {"layer": "fc6"},
        {"upsampling": "nearest", "discriminator": "heads", "adversarial_start": 0.0},
        {"layer": "fc8", "code_weight": 0.1},
        {"comparator": "tiny", "feature_layers": ("conv1", "fc6"), "crop_share": 1.0},
        {"image_loss": "euclidean", "feature_loss": "euclidean", "image_weight": 1e-6},
        {"discriminator": "published", "image_size": 64, "layer": "fc6", **PUBLISHED},
        {"view": 24, "encoder_size": 32},
    ],
)
def test_every_combination_learns(changes: dict[str, object]) -> None:
    t = trainer(steps=40, learning_rate=3e-3, anneal=0.0, adversarial_weight=0.01, **changes)
    before = weights(t.generator)
    batch = pixels(4, t.settings.image_size)
    found = [t.step(batch) for _ in range(25)]
    assert all(math.isfinite(loss.image + loss.feature + loss.code) for loss in found)
    assert found[-1].feature < 0.97 * found[0].feature
    assert (weights(t.generator) - before).norm() > 0
    assert all(p.grad is None for p in t.setup.network.module.parameters())


def test_the_code_loss_is_trained_down() -> None:
    changes = {"steps": 60, "learning_rate": 3e-3, "anneal": 0.0, "adversarial_weight": 0.0}
    batch = pixels(8)
    ends = []
    for weight in (1e-9, 1.0):
        t = trainer(batch=8, code_weight=weight, code_noise=0.0, **changes)
        ends.append([t.step(batch).code for _ in range(50)][-1])
    assert ends[1] < 0.8 * ends[0]


def test_the_same_steps_give_the_same_losses() -> None:
    always = {"adversarial_start": 0.0}
    assert run(trainer(**always), 3) == run(trainer(**always), 3)
    assert run(trainer(), 2) != run(trainer(seed=1), 2)


@pytest.mark.parametrize("changes", [{}, {"image_size": 64, "layer": "fc6", **PUBLISHED}])
def test_state_and_load_go_on_exactly(changes: dict[str, object]) -> None:
    whole = trainer(**changes)
    expected = run(whole, 6)
    first = trainer(**changes)
    run(first, 3)
    second = trainer(**changes)
    second.load(first.state())
    assert run(second, 3) == expected[3:]
    assert torch.equal(weights(second.ema), weights(whole.ema))


def test_a_state_of_the_first_version_is_read() -> None:
    first = trainer()
    run(first, 2)
    state = first.state()
    del state["g_pauses"]
    second = trainer()
    second.load(state)
    assert second.index == 2


def test_accumulation_is_a_larger_batch() -> None:
    # without batch-norm, noise and crops, which are drawn anew for each pass
    same = {**UPCONV, "code_noise": 0.0, "crop_share": 1.0, "adversarial_start": 0.0}
    whole, parts = trainer(batch=2, **same), trainer(batch=1, accumulate=2, **same)
    assert whole.batch == parts.batch == 2
    a, b = run(whole, 2), run(parts, 2)
    for x, y in zip(a, b, strict=True):
        assert x.image == pytest.approx(y.image, rel=1e-5)
        assert x.feature == pytest.approx(y.feature, rel=1e-4)
        assert x.discriminator == pytest.approx(y.discriminator, rel=1e-3)


def test_a_resting_side_does_not_move() -> None:
    t = trainer(adversarial_start=0.0)
    t.pausing.discriminator_rests.fill_(True)
    g, d = weights(t.generator), weights(t.discriminator)
    loss = t.step(pixels(4))
    assert torch.equal(weights(t.discriminator), d)
    assert not torch.equal(weights(t.generator), g)
    assert 0 < loss.discriminator < 4
    t.pausing.discriminator_rests.fill_(False)
    t.pausing.generator_rests.fill_(True)
    g, d, kept = weights(t.generator), weights(t.discriminator), weights(t.ema)
    t.step(pixels(4))
    assert torch.equal(weights(t.generator), g)
    assert torch.equal(weights(t.ema), kept)
    assert not torch.equal(weights(t.discriminator), d)
    assert all(p.grad is None for p in t.generator.parameters())


def test_the_discriminators_loss_is_nan_before_it_sets_in() -> None:
    t = trainer(adversarial_start=0.5)
    early, late = t.step(pixels(4), 0.49), t.step(pixels(4), 0.5)
    assert math.isnan(early.discriminator) and early.adversarial == 0
    assert late.discriminator == pytest.approx(2, abs=0.5)


def test_a_loss_that_is_not_finite_moves_no_weight() -> None:
    t = trainer()
    run(t, 1)
    g, d = weights(t.generator), weights(t.discriminator)
    t.objective.compare = lambda rgb: [rgb * torch.nan] * len(t.setup.layers)
    with pytest.raises(DgnError, match="after step 1"):
        t.step(pixels(4))
    assert torch.equal(weights(t.generator), g) and torch.equal(weights(t.discriminator), d)
    assert t.finite()
    with torch.no_grad():
        t.ema.image.bias[0] = torch.inf
    assert not t.finite()


def test_the_average_over_weights_has_the_half_life_asked_for() -> None:
    t = trainer(ema_images=8)
    before = weights(t.ema.image)
    run(t, 1)
    after = 0.1 * before + 0.9 * weights(t.generator.image)  # step 0: a tenth is kept
    torch.testing.assert_close(weights(t.ema.image), after)
    t.index = 1000
    before = weights(t.ema.image)
    run(t, 1)
    after = torch.lerp(before, weights(t.generator.image), 1 - 0.5 ** (4 / 8))
    torch.testing.assert_close(weights(t.ema.image), after)
    assert torch.equal(t.ema.unproject.weight, t.generator.unproject.weight)


def test_progress_counts_steps_or_hours() -> None:
    now = [0.0]
    setup = set_up(tiny_settings(Path("p"), steps=0, hours=1.0), ON, open_tiny)
    t = Trainer(setup, fitted(setup), device=ON, clock=lambda: now[0])
    now[0] = 900.0
    assert t.progress == 0.25
    state = t.state()
    now[0] = 5000.0  # time between runs does not count
    t.load(state)
    now[0] = 5900.0
    assert t.progress == 0.5
    now[0] = 1e9
    assert t.progress == 1
    s = trainer(steps=4)
    s.index = 1
    assert s.progress == 0.25


def test_flat_codes_start_white_and_learn_their_first_layer() -> None:
    setup = set_up(tiny_settings(Path("p"), layer="fc6"), ON, open_tiny)
    rng = torch.Generator().manual_seed(0)
    scale, mean = torch.rand(24, generator=rng) + 0.5, torch.rand(24, generator=rng)
    generator = make_generator(setup, ActivationEncoder(mean, scale, True))
    code = mean + scale * torch.randn(500, 24, generator=rng)
    read_in = generator.unproject(code)
    assert read_in.std(0).mean().item() == pytest.approx(1, abs=0.2)
    assert read_in.mean().item() == pytest.approx(0, abs=0.05)
    assert generator.unproject.weight.requires_grad


def test_a_network_that_takes_one_size_only_is_fed_that() -> None:
    changes = {"image_size": 64, "layer": "fc6", "feature_layers": ("fc6",)}
    t = trainer(**changes)
    assert (t.setup.encoder_size, t.setup.comparator_size) == (SIZE, SIZE)
    assert all(math.isfinite(loss.feature) for loss in run(t, 1))


@pytest.mark.parametrize("size", [56, 48, 30])
def test_maps_that_are_no_power_of_two_smaller(size: int) -> None:
    t = trainer(image_size=size, components=8, encoder_size=56)
    assert t.setup.feature_shape == (16, 7, 7)
    t.step(pixels(4, size))
    with torch.no_grad():
        assert t.ema(torch.zeros(1, 8, device=ON)).shape == (1, 3, size, size)


def test_a_size_that_the_network_cannot_read_is_named() -> None:
    def no_network(spec: str, device: torch.device):
        network = tiny_network(on=device)
        network.module.conv1.register_forward_pre_hook(_fail)
        return network

    with pytest.raises(DgnError, match="cannot read images of 32 px"):
        set_up(tiny_settings(Path("p")), ON, no_network)


def _fail(module: torch.nn.Module, inputs: object) -> None:
    raise RuntimeError("not that size")

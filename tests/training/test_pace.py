"""Steps on the device: without a GPU all but the recording, with one also that."""

import copy
import math

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dgn_explorer.errors import DgnError
from dgn_explorer.training.learning.build import set_up
from dgn_explorer.training.learning.optimisers import load_state, make_adam, portable_state
from dgn_explorer.training.learning.pace import Pace
from dgn_explorer.training.learning.trainer import Trainer
from dgn_explorer.training.photographs.cache import PhotoCache, padded_size
from dgn_explorer.training.photographs.data import TrainingPhotos
from dgn_explorer.training.photographs.device_photos import DevicePhotos, fits
from tests.training.test_trainer import fitted, trainer, weights
from tests.training.tiny import SIZE, open_tiny, tiny_settings

CPU = torch.device("cpu")
SIDE = padded_size(SIZE)
ALWAYS = {"adversarial_start": 0.0, "adversarial_weight": 0.01, "learning_rate": 3e-3}


def photo_set(count: int = 24, soft: int = 0) -> TrainingPhotos:
    rng = np.random.default_rng(0)
    small = torch.from_numpy(rng.random((count, 3, 4, 4), np.float32))
    wide = torch.nn.functional.interpolate(small, (SIDE, SIDE), mode="bilinear")
    pixels = (wide * 255).byte().permute(0, 2, 3, 1).contiguous().numpy()
    sides = np.full(count, SIDE)
    sides[:soft] = 12
    rows = np.arange(count)
    return TrainingPhotos([PhotoCache(pixels, sides, rows, rows[:0], 0)], [1.0], SIZE)


def pace(t: Trainer, graphs: bool = False, soft: int = 0) -> Pace:
    photos = DevicePhotos(photo_set(soft=soft), t.device, lambda *_: None)
    return Pace(t, photos, graphs)


@pytest.mark.parametrize("soft", [0, 12, 24])
def test_it_learns(soft: int) -> None:
    t = trainer(**ALWAYS, code_weight=0.01)
    t.objective.judges_soft = soft == 24
    steps = pace(t, soft=soft)
    first, *_, last = (steps.take(10, 0.1) for _ in range(5))
    assert t.index == 50
    assert last.feature < 0.97 * first.feature
    assert 0 < last.discriminator < 3


def test_the_same_steps_give_the_same_losses_in_whatever_portions() -> None:
    one, two = trainer(**ALWAYS), trainer(**ALWAYS)
    whole = pace(one).take(6, 0.1)
    half = pace(two)
    parts = [half.take(3, 0.1) for _ in range(2)]
    assert np.mean([p.image for p in parts]) == pytest.approx(whole.image, rel=1e-5)
    assert torch.equal(weights(one.ema), weights(two.ema))


def test_a_step_is_that_of_the_trainer_but_for_its_random_numbers() -> None:
    """With one photograph that fills its square, and no noise, there is nothing to draw."""
    same = {**ALWAYS, "code_noise": 0.0, "crop_share": 1.0}
    one, two = trainer(**same), trainer(**same)
    photos = photo_set(1)
    photos.caches[0].pixels[:] = 90
    device = DevicePhotos(photos, CPU, lambda *_: None)
    found = [Pace(one, device).take(1, 0.1) for _ in range(4)]
    wanted = [two.step(photos.batch(4, 0, i).pixels, 0.1) for i in range(4)]
    for a, b in zip(found, wanted, strict=True):
        assert (a.image, a.feature) == pytest.approx((b.image, b.feature), rel=1e-4)
    torch.testing.assert_close(weights(one.ema), weights(two.ema), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(one.pausing.smoothed, two.pausing.smoothed)


def test_a_resting_side_does_not_move_and_a_broken_step_moves_nothing() -> None:
    t = trainer(**ALWAYS)
    steps = pace(t)
    steps.take(1, 0.1)
    t.pausing.rule = "none"
    t.pausing.discriminator_rests.fill_(True)
    g, d = weights(t.generator), weights(t.discriminator)
    loss = steps.take(1, 0.1)
    assert torch.equal(weights(t.discriminator), d) and not torch.equal(weights(t.generator), g)
    assert 0 < loss.discriminator < 4
    g, kept = weights(t.generator), weights(t.ema)
    t.pausing.generator_rests.fill_(True)
    t.pausing.discriminator_rests.fill_(False)
    steps.take(1, 0.1)
    assert torch.equal(weights(t.generator), g) and torch.equal(weights(t.ema), kept)
    assert not torch.equal(weights(t.discriminator), d)
    t.pausing.generator_rests.fill_(False)
    d = weights(t.discriminator)
    compare = t.objective.compare
    t.objective.compare = lambda rgb: [x * torch.nan for x in compare(rgb)]
    with pytest.raises(DgnError, match="not finite"):
        steps.take(2, 0.1)
    assert torch.equal(weights(t.generator), g) and torch.equal(weights(t.discriminator), d)


class NothingIsRead(TorchDispatchMode):
    """Fails at what a GPU would be waited for, or what cannot be recorded."""

    FORBIDDEN = frozenset(
        {"_local_scalar_dense", "nonzero", "masked_select", "lift_fresh", "equal", "unique2"}
    )

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        assert name not in self.FORBIDDEN, name
        if name in ("index", "index_put", "index_put_"):
            assert not any(x is not None and x.dtype == torch.bool for x in args[1]), "a mask"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("adversarial", [False, True])
@pytest.mark.parametrize(
    "changes", [{}, {"layer": "fc6"}, {"image_loss": "euclidean", "feature_loss": "euclidean"}]
)
def test_a_step_reads_nothing_back(adversarial: bool, changes: dict[str, object]) -> None:
    t = trainer(code_weight=0.1, **changes)
    steps = pace(t, soft=4)
    t.prepare(0.9 * adversarial)
    steps._one(adversarial)  # constants are made once
    with NothingIsRead():
        steps._one(adversarial)


def test_before_it_sets_in_the_discriminator_is_left_alone() -> None:
    t = trainer(adversarial_start=0.5)
    d = weights(t.discriminator)
    loss = pace(t).take(2, 0.4)
    assert math.isnan(loss.discriminator) and loss.adversarial == 0
    assert torch.equal(weights(t.discriminator), d)


def test_a_state_goes_on_on_another_device() -> None:
    layer = torch.nn.Linear(3, 2)
    other = torch.nn.Linear(3, 2)
    for module in (layer, other):
        torch.nn.init.constant_(module.weight, 0.5)
        torch.nn.init.zeros_(module.bias)

    def step(module: torch.nn.Linear, adam: torch.optim.Adam) -> None:
        adam.zero_grad()
        module(torch.ones(1, 3)).square().sum().backward()
        adam.step()

    here = make_adam(list(layer.parameters()), 0.1, (0.5, 0.9))
    there = torch.optim.Adam(other.parameters(), torch.tensor(0.1), (0.5, 0.9))
    for _ in range(3):
        step(layer, here)
        step(other, there)
    state = portable_state(here)
    assert {type(group["lr"]) for group in state["param_groups"]} == {float}
    assert not any(group["fused"] or group["capturable"] for group in state["param_groups"])
    load_state(there, copy.deepcopy(state))
    assert isinstance(there.param_groups[0]["lr"], torch.Tensor)
    for _ in range(3):
        step(layer, here)
        step(other, there)
    torch.testing.assert_close(other.weight, layer.weight)


def test_only_a_gpu_holds_photographs() -> None:
    assert not fits(photo_set(), CPU)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("share", [0.0, 0.9])
def test_recorded_steps_are_the_plain_ones(share: float) -> None:
    device = torch.device("cuda")

    found = []
    for graphs in (True, False):
        settings = tiny_settings("photos", adversarial_start=0.5, code_weight=0.1)
        setup = set_up(settings, device, open_tiny)
        t = Trainer(setup, fitted(setup), device=device)
        steps = pace(t, graphs, soft=6)
        losses = [steps.take(4, share) for _ in range(3)]
        found.append((losses[-1], weights(t.ema).cpu(), len(steps._graphs)))
    (a, x, recorded), (b, y, plain) = found
    assert (recorded, plain) == (1, 0)
    assert (a.image, a.feature, a.code) == pytest.approx((b.image, b.feature, b.code), rel=1e-2)
    torch.testing.assert_close(x, y, atol=1e-3, rtol=1e-2)

"""What cannot be repaired is said: noise, batches, what is kept, scores that are none."""

import math
import random

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.networks.guard.guarded import Small, same, scores
from tests.networks.making import close, image, opened


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

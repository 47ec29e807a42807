"""Units are units and positions positions, whatever function made the tensor."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.layers import ActivationReader
from tests.networks.making import close, hooked, image, opened, wrong_layers


class Step(nn.Module):
    """A layer that is one function of (weights, input)."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], *shape: int) -> None:
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.randn(shape) * 0.4)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.weight, x)


class Around(nn.Module):
    """A stem whose 8 units lie at 8 by 8 positions: a mistaken axis has the same shape."""

    def __init__(self, arranged: Callable[[Tensor], Tensor], step: nn.Module, units: int) -> None:
        super().__init__()
        self.stem, self.step, self.fc = nn.Conv2d(3, 8, 3, 2, 1), step, nn.Linear(8, 5)
        self.arranged, self.units = arranged, units

    def forward(self, x: Tensor) -> Tensor:
        y = self.step(self.arranged(self.stem(x)))
        places = [d for d in range(1, y.ndim) if d != self.units]
        return self.fc(y.mean(places) if places else y)


def maps(x: Tensor) -> Tensor:
    return x


def rows(x: Tensor) -> Tensor:
    return x.mean(3)


def tokens(x: Tensor) -> Tensor:
    return x.mean(3).transpose(1, 2)


def last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


ODD = torch.tensor([7, 6, 5, 4, 3, 2, 1, 0])
STEPS = {
    "einsum to the end": (maps, lambda w, x: torch.einsum("nchw,cd->nhwd", x, w), 3),
    "einsum to the front": (maps, lambda w, x: torch.einsum("nchw,dc->ndhw", x, w), 1),
    "einsum of rows": (rows, lambda w, x: torch.einsum("ncl,dc->ndl", x, w), 1),
    "einsum over positions": (rows, lambda w, x: torch.einsum("ncl,ml->ncm", x, w), 1),
    "weights times rows": (rows, lambda w, x: w @ x, 1),
    "matmul of weights and rows": (rows, lambda w, x: torch.matmul(w, x), 1),
    "weights that mix tokens": (tokens, lambda w, x: w @ x, 2),
    "tokens times weights": (tokens, lambda w, x: x @ w, 2),
    "tensordot": (maps, lambda w, x: torch.tensordot(x, w, ([1], [0])), 3),
    "tensordot over the last": (last, lambda w, x: torch.tensordot(x, w, 1), 3),
    "rows picked of maps": (last, lambda w, x: x[:, ODD] * 1, 3),
    "rows picked by a list": (maps, lambda w, x: x[:, :, ODD.tolist()] * 1, 1),
    "attention between positions": (
        rows,
        lambda w, x: torch.bmm(x, torch.bmm(x.transpose(1, 2), x).softmax(-1)),
        1,
    ),
    "attention between units": (
        rows,
        lambda w, x: torch.bmm(torch.bmm(x, x.transpose(1, 2)).softmax(-1), x),
        1,
    ),
    "attention between tokens": (
        tokens,
        lambda w, x: torch.bmm(torch.bmm(x, x.transpose(1, 2)).softmax(-1), x),
        2,
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_the_axis_of_units_is_found(name: str) -> None:
    arranged, function, units = STEPS[name]
    torch.manual_seed(0)
    network = opened(Around(arranged, Step(function, 8, 8), units))
    seen = hooked(network.module, image())["step"]
    with torch.no_grad():
        (value,) = ActivationReader(network.module, [network.read_points["step"]])(image())
    wanted = seen.movedim(units, 1)
    assert close(value, wanted if wanted.ndim == 4 else wanted.unsqueeze(3))
    assert wrong_layers(network, image()) == []


ONE_IMAGE = {
    # What is done with one image (8, 8, 8), units first; which axis of the result holds the units
    "rows as images": (lambda x: x.permute(1, 0, 2), nn.Conv1d(8, 8, 3, padding=1), 1),
    "columns as images": (lambda x: x.permute(2, 0, 1), nn.Conv1d(8, 8, 3, padding=1), 1),
    "rows as images, normed": (lambda x: x.permute(1, 0, 2), nn.InstanceNorm1d(8), 1),
    "a row without images": (lambda x: x.flatten(1)[:, :8], nn.Conv1d(8, 8, 3, padding=1), 0),
    "a map without images": (lambda x: x, nn.Conv2d(8, 8, 3, padding=1), 0),
    "patches of a map": (lambda x: x, nn.Unfold(1), 0),
}


@pytest.mark.parametrize("name", ONE_IMAGE)
def test_one_image_whose_rows_are_taken_for_images(name: str) -> None:
    """Nothing else would notice: such a network takes one image, so no batch is compared."""
    arranged, step, units = ONE_IMAGE[name]

    class Single(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem, self.step, self.fc = nn.Conv2d(3, 8, 3, 2, 1), step, nn.Linear(8, 5)

        def forward(self, x: Tensor) -> Tensor:
            (one,) = self.stem(x)
            y = self.step(arranged(one)).movedim(units, 0)
            return self.fc(y.flatten(1).mean(1))[None]

    torch.manual_seed(0)
    network = opened(Single())
    assert network.info.batch_limit == 1
    seen = hooked(network.module, image())["step"]
    with torch.no_grad():
        (value,) = ActivationReader(network.module, [network.read_points["step"]])(image())
    wanted = seen.movedim(units, 0)[None]
    assert close(value, wanted if wanted.ndim == 4 else wanted.unsqueeze(3))


def test_units_that_are_taken_for_images_are_named() -> None:
    """Each unit of the stem goes alone through a convolution with units of its own."""

    class Each(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem, self.step = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv1d(1, 8, 3)
            self.fc = nn.Linear(8, 5)

        def forward(self, x: Tensor) -> Tensor:
            (one,) = self.stem(x).flatten(2)
            return self.fc(self.step(one[:, None]).mean((0, 2)))[None]

    network = opened(Each())
    assert network.info.batch_limit == 1
    reasons = {x.path: x.unreadable for x in network.info.unreadable}
    assert "its units lie along several axes" in reasons["step"]


def test_rows_beside_images_are_named() -> None:
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem, self.step = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv1d(8, 8, 3)
            self.fc = nn.Linear(8, 5)

        def forward(self, x: Tensor) -> Tensor:
            rows = self.stem(x).permute(0, 2, 1, 3).flatten(0, 1)
            y = self.step(rows).view(len(x), 8, 8, -1)
            return self.fc(y.mean((1, 3)))

    info = opened(Rows()).info
    reasons = {x.path: x.unreadable for x in info.unreadable}
    assert "images and positions share an axis" in reasons["step"]
    assert (info.output_layer, info.layer("fc").spatial, info.notices) == ("fc", None, ())


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
@pytest.mark.parametrize("batch_first", [True, False])
def test_the_last_state_of_a_recurrent_network_has_units(kind, batch_first: bool) -> None:
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.memory = kind(8, 8, batch_first=batch_first)

        def forward(self, x: Tensor) -> Tensor:
            state = self.memory(x if batch_first else x.transpose(0, 1))[1]
            return (state[0] if isinstance(state, tuple) else state)[-1]

    info = opened(Around(tokens, Last(), 1)).info
    assert (info.layer("step").channels, info.layer("step").spatial) == (8, None)
    assert (info.layer("step.memory").channels, info.layer("step.memory").spatial) == (8, (8, 1))
    assert (info.output_layer, info.notices) == ("fc", ())


def test_axes_that_nothing_is_known_of_are_not_guessed() -> None:
    def unknown(w: Tensor, x: Tensor) -> Tensor:
        return torch.vmap(lambda one: one * 2)(x)

    network = opened(Around(maps, Step(unknown, 1), 1))
    (layer,) = (x for x in network.info.unreadable if x.path == "step")
    assert layer.unreadable == "It returns 1x8x8x8: which axis holds the units is not known."


def test_three_axes_of_positions_are_named() -> None:
    class Clip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv3d(8, 8, (2, 3, 3), padding=(0, 1, 1))

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(torch.stack([x, x * 2], 2)).mean(2)

    info = opened(Around(maps, Clip(), 1)).info
    reasons = {x.path: x.unreadable for x in info.unreadable}
    assert "more than two axes of positions" in reasons["step.conv"]
    assert info.layer("step").spatial == (8, 8)


@pytest.mark.parametrize("first", [True, False])
def test_a_module_called_by_keyword_counts(first: bool) -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu, self.conv = nn.ReLU(), nn.Conv2d(8, 8, 1)

        def forward(self, x: Tensor) -> Tensor:
            if first:
                return self.relu(self.conv(self.relu(input=x)))
            return self.relu(input=self.conv(self.relu(x)))

    network = opened(Around(maps, Block(), 1))
    assert wrong_layers(network, image()) == []
    assert (
        float(ActivationReader(network.module, [network.read_points["step"]])(image())[0].min()) < 0
    )


def test_a_network_whose_layers_are_all_mixed_is_refused_with_the_reason() -> None:
    class Crops(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 8, 1), nn.Linear(8, 5)

        def forward(self, x: Tensor) -> Tensor:
            both = torch.cat([x[..., :8], x[..., 8:]])
            return self.fc(self.conv(both).mean((2, 3))).view(2, -1, 5).mean(0)

    with pytest.raises(DgnError, match=r"no layer whose units .* depends on the other images"):
        opened(Crops())


def test_scores_whose_layer_cannot_be_shown_are_said() -> None:
    class Crops(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem, self.fc = nn.Conv2d(3, 8, 3, 2, 1), nn.Linear(8, 5)

        def forward(self, x: Tensor) -> Tensor:
            y = self.stem(x).mean((2, 3))
            return self.fc(y.detach() if torch.is_grad_enabled() else y)

    (notice,) = opened(Crops()).info.notices
    assert "Units of fc, which makes the network's scores, cannot be shown." in notice

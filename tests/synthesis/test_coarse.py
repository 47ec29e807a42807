"""Coarse steps: the network sees fewer pixels first."""

from dataclasses import replace
from pathlib import Path

import pytest
from torch import Tensor, nn

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.objective import Objective
from tests.tiny import TinyNet, recipe_for, tiny_network, tiny_prior


@pytest.fixture
def prior(tmp_path: Path) -> Prior:
    return tiny_prior(tmp_path)


class _NoPair(TinyNet):
    """Does not take images of 64 pixels."""

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1] == 64:
            raise AssertionError("Input height doesn't match model.")
        return super().forward(x)


class _Quarters(TinyNet):
    """Takes the quarters of an image of 64 pixels for images."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.unfold(2, 32, 32).unfold(3, 32, 32).reshape(-1, 3, 32, 32))


def _seen(network: Network, prior: Prior, unit: str, **parameters: float) -> list[int]:
    """The sizes of the images that the network is shown, of the steps of an ascent."""
    network = replace(network, info=replace(network.info, working_size=96))
    sizes: list[int] = []
    recipes = [recipe_for(network, prior, unit, seed=seed, **parameters) for seed in range(2)]

    def watch(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if len(inputs[0]) == 2:  # not the one image that is tried first
            sizes.append(inputs[0].shape[-1])

    with network.module.register_forward_pre_hook(watch):
        for _ in dgn_am(network, prior, recipes):
            pass
    return sizes


@pytest.mark.parametrize("unit", ["bee", "pool:3"])
@pytest.mark.parametrize("coarse, steps", [(0.0, 0), (0.5, 5), (0.74, 7), (1.0, 9)])
def test_the_first_steps_are_coarse_and_the_last_is_not(
    prior: Prior, unit: str, coarse: float, steps: int
) -> None:
    sizes = _seen(tiny_network(), prior, unit, coarse=coarse)
    assert sizes == [64] * steps + [96] * (10 - steps)


@pytest.mark.parametrize("unit", ["conv2:3", "conv2:3@5,2"])
def test_a_unit_that_looks_at_a_place_always_sees_all_pixels(prior: Prior, unit: str) -> None:
    assert _seen(tiny_network(), prior, unit, coarse=0.5) == [96] * 10


@pytest.mark.parametrize("module", [_NoPair, _Quarters])
def test_a_network_that_does_not_take_fewer_pixels_sees_all(
    prior: Prior, module: type[TinyNet]
) -> None:
    network = tiny_network(module())
    objective = Objective(network, [recipe_for(network, prior, "bee")])
    assert objective.reads_at(32)
    assert not objective.reads_at(64)
    if module is _NoPair:
        assert _seen(network, prior, "bee", coarse=0.5) == [96] * 10

"""The batch is doubled while that pays and fits."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis import batch_size
from dgn_explorer.synthesis.batch_size import best_batch, step_seconds
from dgn_explorer.synthesis.making import finish
from tests.tiny import recipe_for, tiny_network, tiny_prior


@pytest.fixture
def network() -> Network:
    return tiny_network()


@pytest.fixture
def prior(tmp_path: Path) -> Prior:
    return tiny_prior(tmp_path)


def steps_take(monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float]) -> None:
    def measured(network: Network, prior: Prior, recipes: list[object]) -> float:
        if len(recipes) not in seconds:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return seconds[len(recipes)]

    monkeypatch.setattr(batch_size, "step_seconds", measured)


@pytest.mark.parametrize(
    "seconds, best",
    [
        ({16: 1.0, 32: 1.2, 64: 2.4, 128: 9.9}, 32),  # 64 make no more a second than 32
        ({16: 1.0, 32: 1.1, 64: 1.2}, 64),  # 128 do not fit
        ({}, 1),
        ({16: 1.0, 32: 1.0, 64: 1.0, 128: 1.0, 256: 1.0, 512: 1.0, 1024: 1.0}, 512),
    ],
)
def test_the_fastest_batch_that_fits(
    network: Network,
    prior: Prior,
    monkeypatch: pytest.MonkeyPatch,
    seconds: dict[int, float],
    best: int,
) -> None:
    steps_take(monkeypatch, seconds)
    assert finish(best_batch(network, prior, recipe_for(network, prior, "ant"))) == best


def test_a_limit_of_the_network_is_kept(
    network: Network, prior: Prior, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps_take(monkeypatch, {3: 1.0})
    limited = replace(network, info=replace(network.info, batch_limit=3))
    assert finish(best_batch(limited, prior, recipe_for(network, prior, "ant"))) == 3


def test_a_recipe_of_several_starts_counts_as_many_images(
    network: Network, prior: Prior, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps_take(monkeypatch, {16: 1.0, 32: 1.0, 64: 2.0})
    recipe = recipe_for(network, prior, "ant", starts=4)
    assert finish(best_batch(network, prior, recipe)) == 8


def test_a_step_is_timed(network: Network, prior: Prior) -> None:
    assert step_seconds(network, prior, [recipe_for(network, prior, "ant")] * 2) > 0

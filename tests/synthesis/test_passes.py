"""The passes of a step as a GPU runs them: matrices for the cut, tensors for what changes."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.graphs import Function
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.info import FLOAT32, NUMERICS
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.methods.dgn_am import passes
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.methods.dgn_am.view import cut, projected
from dgn_explorer.synthesis.recipe import Recipe
from tests.recording import as_it_is, as_on_a_gpu, record_on_a_cpu
from tests.tiny import recipe_for, tiny_network, tiny_prior


@pytest.fixture
def prior(tmp_path: Path) -> Prior:
    return tiny_prior(tmp_path)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Function]:
    monkeypatch.setattr(passes, "static", lambda device: True)
    return record_on_a_cpu(monkeypatch)


@pytest.mark.parametrize("whole, size", [(32, 48), (32, 32), (48, 32), (64, 15)])
@pytest.mark.parametrize("place", ["whole", "corner", "middle", "end"])
def test_two_matrices_cut_and_resize(whole: int, size: int, place: str) -> None:
    side = whole - 7
    windows = {
        "whole": (0, 0, whole),
        "corner": (0, 0, side),
        "middle": (2, 5, side),
        "end": (7, 7, side),
    }
    image = torch.rand(2, 3, whole, whole, requires_grad=True)
    weights = torch.rand(2, 3, size, size)
    seen = []
    for found in (
        cut(image, windows[place], size),
        projected(image, torch.tensor(windows[place], dtype=torch.float32), size),
    ):
        (gradient,) = torch.autograd.grad((found * weights).sum(), image)
        seen.append((found.detach(), gradient))
    for one, other in zip(*seen, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def orders(network: Network, prior: Prior, numeric: str) -> list[list[Recipe]]:
    """Two batches with the same layers and shapes, and everything else different."""
    # In coarse arithmetic an ascent is chaotic: rounding decides after a few steps
    steps = (12, 9) if numeric == FLOAT32 else (3, 3)
    how = [
        {"steps": steps[0], "zoom": 0.3},
        {"steps": steps[1], "zoom": 0.1, "decay": 0.05, "bounds": 0.5},
    ]
    units = [
        (["bee"], ["ant", "conv2:3"], ["eel"]),
        (["dog"], ["cat", "conv2:7@1,2"], ["ant"]),
    ]
    return [
        [
            dataclasses.replace(recipe_for(network, prior, *u, seed=i, **p), numeric=numeric)
            for i, u in enumerate(batch)
        ]
        for batch, p in zip(units, how, strict=True)
    ]


def codes(network: Network, prior: Prior, recipes: list[Recipe]) -> np.ndarray:
    *_, last = dgn_am(network, prior, recipes)
    return last.codes()


@pytest.mark.parametrize("numeric", NUMERICS)
def test_a_recorded_step_gives_the_codes_of_the_plain_one(
    prior: Prior, monkeypatch: pytest.MonkeyPatch, numeric: str
) -> None:
    network = tiny_network()
    both = orders(network, prior, numeric)
    with as_it_is(monkeypatch):
        plain = [codes(tiny_network(), prior, recipes) for recipes in both]
    as_on_a_gpu(monkeypatch)
    found = [codes(network, prior, recipes) for recipes in both]
    recorded = network.graphs._kept.values()
    assert len(recorded) == 1 and None not in recorded  # one recording serves both
    far = {"rtol": 1e-3, "atol": 1e-4} if numeric == FLOAT32 else {"atol": 0.3}
    for one, other in zip(plain, found, strict=True):
        np.testing.assert_allclose(one, other, **far)


def test_coarse_steps_have_a_recording_of_their_own(
    prior: Prior, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = tiny_network()
    network = dataclasses.replace(network, info=dataclasses.replace(network.info, working_size=96))
    recipes = [recipe_for(network, prior, "bee", steps=8, coarse=0.5)]
    with as_it_is(monkeypatch):
        plain = codes(network, prior, recipes)
    as_on_a_gpu(monkeypatch)
    np.testing.assert_allclose(codes(network, prior, recipes), plain, rtol=1e-3, atol=1e-4)
    recorded = network.graphs._kept.values()
    assert len(recorded) == 2 and None not in recorded


def test_ascents_that_take_turns_do_not_meet(prior: Prior, recorded: list[Function]) -> None:
    network = tiny_network()
    recipes = [recipe_for(network, prior, unit, seed=7) for unit in ("ant", "bee")]
    alone = [list(dgn_am(network, prior, [recipe])) for recipe in recipes]
    turns = list(zip(*(dgn_am(network, prior, [recipe]) for recipe in recipes), strict=True))
    for i, steps in enumerate(alone):
        for step, turn in zip(steps, turns, strict=True):
            np.testing.assert_array_equal(step.codes(), turn[i].codes())
            np.testing.assert_array_equal(step.preview(0), turn[i].preview(0))
    assert len(recorded) == 1


def test_another_prior_is_another_recording(
    prior: Prior, recorded: list[Function], tmp_path: Path
) -> None:
    network = tiny_network()
    other = dataclasses.replace(prior, info=dataclasses.replace(prior.info, fit="crop"))
    for one in (prior, other):
        next(dgn_am(network, one, [recipe_for(network, one, "ant")]))
    assert len(recorded) == 2


def test_a_missing_operator_is_named() -> None:
    text = "The operator 'aten::_grid_3d' is not currently implemented for the MPS device."
    mps = torch.device("mps")
    with pytest.raises(DgnError, match="MPS has no operator aten::_grid"), missing_operators(mps):
        raise NotImplementedError(text)
    with pytest.raises(NotImplementedError), missing_operators(torch.device("cpu")):
        raise NotImplementedError(text)

"""Chains from a script: samples, plans, and more samples of a chain."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from dgn_explorer import api
from dgn_explorer.engine import opened
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.recipe import Recipe
from tests.synthesis.ppgn_setup import Chains

SHORT = {"warm": 4, "cycle": 3}


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chains = Chains(tmp_path)
    monkeypatch.setattr(opened, "open_network", lambda spec, device, confirm: chains.network)
    monkeypatch.setattr(opened, "open_prior", lambda spec, device: chains.prior)


def test_more_samples_keep_those_that_were_there(tiny: None) -> None:
    how = {**SHORT, "step_start": 0.2}
    with api.open("tiny", "tiny-prior", device="cpu", progress=False) as explorer:
        two = explorer.sample("bee", 2, parameters=how)
        four = explorer.more_samples(two, 2)
        np.testing.assert_array_equal(four.images[:2], two.images)
        assert four.count == 4
        plan = explorer.sample(explorer.plan("bee*1,eel*2"), parameters=how)
        assert plan.count == 3
        assert plan.label == "bee*1, eel*2"
        np.testing.assert_array_equal(plan.images[0], two.images[0])
        single = explorer.visualize("bee", steps=2, parameters={"step_start": 0.2})
        with pytest.raises(DgnError, match="dgn-am makes one image"):
            explorer.more_samples(single, 1)


def test_a_published_prior_is_sampled_by_the_published_rule(
    tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with api.open("tiny", "tiny-prior", device="cpu", progress=False) as explorer:
        orders: list[Recipe] = []
        monkeypatch.setattr(explorer, "make", orders.append)
        explorer.sample("bee")
        prior = dataclasses.replace(explorer.prior, architecture="upconv")
        explorer.opened = dataclasses.replace(explorer.opened, prior=prior)
        explorer.sample("bee")
        explorer.sample("bee", preset="default")
    rules = [order.parameters.rule for order in orders]  # type: ignore[attr-defined]
    assert rules == ["shares", "published", "shares"]


def test_a_hole_is_filled_with_arrays(tiny: None) -> None:
    photo = np.full((32, 32, 3), 90, np.uint8)
    mask = np.zeros((32, 32, 3), np.uint8)
    mask[12:20, 12:20] = 255
    with api.open("tiny", "tiny-prior", device="cpu", progress=False) as explorer:
        made = explorer.inpaint(photo, mask, "bee", 2, parameters={**SHORT, "step_start": 0.1})
    assert made.count == 2
    assert (made.images[:, :3] == 90).all()
    assert {one.role for one in made.recipe.inputs} == {"photo", "mask"}

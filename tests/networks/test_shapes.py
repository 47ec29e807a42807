"""The example of a checkpoint series."""

from importlib import resources

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.weights.shapes import FILE, LABELS, SIZE_PX
from dgn_explorer.training.shapes import CHECKPOINTS, draw, right, train


def test_its_checkpoints_are_those_of_a_training() -> None:
    last = open_network("shapes")
    assert last.info.positions == tuple(f"step-{step}" for step in CHECKPOINTS)
    assert last.info.name == f"shapes@step-{CHECKPOINTS[-1]}"
    assert last.info.labels == LABELS
    assert resources.files("dgn_explorer.resources").joinpath(FILE).stat().st_size < 2e6  # type: ignore[attr-defined]
    shares = [right(open_network(f"shapes@{name}").module) for name in last.info.positions[::6]]
    assert shares[0] < 0.3
    assert shares[1] > 0.9


def test_a_checkpoint_that_is_not_there() -> None:
    with pytest.raises(DgnError, match="shapes has no checkpoint 'step-5'"):
        open_network("shapes@step-5")


def test_the_script_trains() -> None:
    states = train((0, 3))
    assert set(states) == {"step-0", "step-3"}
    assert not torch.equal(states["step-0"]["fc.weight"], states["step-3"]["fc.weight"])


def test_patterns_are_what_they_are_called() -> None:
    images, kinds = draw(400, torch.Generator().manual_seed(3))
    assert images.shape == (400, 3, SIZE_PX, SIZE_PX)
    assert float(images.min()) >= 0
    assert float(images.max()) <= 1
    assert set(kinds.tolist()) == set(range(len(LABELS)))
    centre = images[:, :, 15:17, 15:17].mean((2, 3))
    red, blue = centre[kinds == 0].mean(0), centre[kinds == 2].mean(0)
    assert red.argmax() == 0
    assert blue.argmax() == 2

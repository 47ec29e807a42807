"""Every method's number is that of the image beside it: a plain pass of its saved picture.

Parts that tell how near an image comes are tested the same way with their methods.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dgn_explorer as dgn
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.record import Record
from tests.tiny_opened import tiny

__all__ = ["tiny"]
NEAR = 1e-3
SHORT = {"warm": 3, "cycle": 2, "prior_term": 0.0}


@pytest.fixture
def explorer(tiny: tuple[Network, Prior]) -> Iterator[dgn.Explorer]:
    with torch.no_grad():
        tiny[1].generator.image.weight.mul_(30)  # beyond black and white
    with dgn.open(device="cpu", threads=1, progress=False) as opened:
        yield opened


def plain(network: Network, png: Path) -> torch.Tensor:
    """The tiny network's scores (5,) for a picture, by its own formula alone."""
    pixels = torch.from_numpy(np.array(Image.open(png).convert("RGB"))).permute(2, 0, 1)[None]
    with torch.no_grad():
        scores: torch.Tensor = network.module((pixels.float() - 127) / 128)[0]
    return scores


ORDERS: dict[str, Any] = {
    "dgn-am": lambda e: e.visualize("cat", steps=4),
    "dgn-am clamped": lambda e: e.visualize("cat", steps=4, parameters={"sees": "clamped"}),
    "two units": lambda e: e.visualize({"cat": 1.0, "dog": -0.5}, steps=4),
    "pixels": lambda e: e.visualize("cat", method="pixels", steps=4),
    "sample": lambda e: e.sample("cat", 3, parameters=SHORT),
    "more steps": lambda e: e.more_steps(e.visualize("cat", steps=4)),
    "stopped": lambda e: e.make(e.recipe("cat", steps=50), stop_after=3),
}


@pytest.mark.parametrize("name", ORDERS)
def test_the_number_is_that_of_the_saved_picture(
    name: str, explorer: dgn.Explorer, tiny: tuple[Network, Prior], tmp_path: Path
) -> None:
    record: Record = ORDERS[name](explorer)
    for number, path in enumerate(record.save(tmp_path / "image.png")):
        scores = plain(tiny[0], path)
        wanted = sum(t.weight * float(scores[t.unit.index]) for t in record.recipe.target.terms)
        assert record.activation_of(number) == pytest.approx(wanted, rel=NEAR, abs=NEAR)
        best = int(scores.argmax())
        assert record.tops[number][0][0] == best
        share = float(scores.softmax(0)[best])
        assert record.tops[number][0][1] == pytest.approx(share, rel=NEAR)


def test_chains_tell_of_each_images_own_unit(
    explorer: dgn.Explorer, tiny: tuple[Network, Prior], tmp_path: Path
) -> None:
    record = explorer.sample(explorer.plan("cat*2,dog*1"), parameters=SHORT)
    for number, path in enumerate(record.save(tmp_path / "image.png")):
        (unit,) = record.recipe.target.at(number).units
        wanted = float(plain(tiny[0], path)[unit.index])
        assert record.activation_of(number) == pytest.approx(wanted, rel=NEAR, abs=NEAR)


def test_sets_in_a_range_are_in_it_as_they_are_saved(
    explorer: dgn.Explorer, tiny: tuple[Network, Prior], tmp_path: Path
) -> None:
    first = explorer.visualize("cat", steps=20).activation
    wanted = (first * 0.5 - 0.2, first * 0.5 + 0.2)
    short = {"ascend": 20, "spread": 4, "walk": 4, "prior": 0.0, "apart": 0.0}
    record = explorer.inverse_set({"cat": wanted}, count=2, parameters=short)
    assert record.count == 2
    for number, path in enumerate(record.save(tmp_path / "image.png")):
        value = float(plain(tiny[0], path)[2])
        assert record.activation_of(number) == pytest.approx(value, rel=NEAR, abs=NEAR)
        assert wanted[0] - NEAR <= value <= wanted[1] + NEAR

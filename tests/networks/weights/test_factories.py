"""What code of the user's may hand over as a network."""

from pathlib import Path

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from tests.networks.making import close, image

CODE = """
import torch
from torch import nn
def plain():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(8, 5))
def compiled():
    return torch.compile(plain(), backend="eager")
def lazy():
    return nn.Sequential(nn.LazyConv2d(8, 3), *plain()[1:])
def ran():
    made = lazy()
    made(torch.rand(1, 3, 16, 16))
    return made
made = plain()
"""


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(CODE)
    space: dict[str, object] = {}
    exec(CODE, space)
    torch.manual_seed(3)
    torch.save(space["plain"]().state_dict(), tmp_path / "w.pt")  # type: ignore[operator]
    return tmp_path / "w.pt"


def opened(weights: Path, name: str) -> Network:
    options = NetworkOptions(arch=f"{weights.with_name('own.py')}:{name}", size=16, mean=(0.0,))
    return open_network(str(weights), options=options, confirm=lambda question: True)


@pytest.mark.parametrize("name", ["compiled", "ran", "made"])
def test_a_network_in_another_form_is_the_same(weights: Path, name: str) -> None:
    plain, other = opened(weights, "plain"), opened(weights, name)
    assert close(other.logits(image() * 0.5 + 0.5), plain.logits(image() * 0.5 + 0.5))
    assert other.info.layer("0").channels == 8 and other.info.notices == ()


def test_a_size_that_is_not_known_yet_is_said(weights: Path) -> None:
    with pytest.raises(DgnError, match=r"0\.weight has no size yet") as caught:
        opened(weights, "lazy")
    assert "run once" in caught.value.hint

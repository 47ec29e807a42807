"""What the tests compute beside an ascent is as exact as the ascent, on a GPU too."""

from collections.abc import Iterator

import pytest
import torch

from dgn_explorer.machine.arithmetic import convolutions
from tests import device


@pytest.fixture(autouse=True)
def exact() -> Iterator[None]:
    with convolutions(torch.device(device.DEVICE)):
        yield

"""The tiny network and prior in place of whatever the engine is asked to open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dgn_explorer.engine import opened
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.step_sizes import remember_step
from tests.tiny import tiny_network, tiny_prior

STEP = 0.25


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Network, Prior]]:
    """Every engine opens these two, whose step size is known, and asks for no other network."""
    network, prior = tiny_network(), tiny_prior(tmp_path)
    monkeypatch.setattr(opened, "open_network", lambda spec, device, confirm: network)
    monkeypatch.setattr(opened, "open_prior", lambda spec, device: prior)
    remember_step(network.info.fingerprint, prior.info.fingerprint, STEP)
    yield network, prior

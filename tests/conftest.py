"""What every test runs under: no display, no network, its own folders, one torch thread."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # before torch: spinning threads slow a busy machine

import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from dgn_explorer.networks.programs import limits
from tests import device

# An example takes as long as the machine is busy, which says nothing of the program
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device",
        default=device.DEVICE,
        help="where the tests of ascent and training run: cpu, cuda, mps",
    )


def pytest_configure(config: pytest.Config) -> None:
    device.DEVICE = config.getoption("--device")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DGN_EXPLORER_HOME", str(tmp_path))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a sound network takes to open says how busy the machine is that runs the tests."""
    monkeypatch.setattr(limits, "OPENING_S", 600.0)
    monkeypatch.setattr(limits, "TRYING_S", 300.0)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: Any, *rest: Any) -> None:
        raise AssertionError(f"a test tried to connect to {address!r}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)


@pytest.fixture(autouse=True)
def one_torch_thread() -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)

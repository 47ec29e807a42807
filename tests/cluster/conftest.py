"""Processes of a cluster talk to each other, on this machine alone."""

import socket
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the fixture of all tests: only this machine can be reached."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _only_here(getattr(socket.socket, name)))


def _only_here(real: Any) -> Any:
    def call(self: socket.socket, address: Any, *rest: Any) -> Any:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"a test tried to connect to {address!r}")
        return real(self, address, *rest)

    return call

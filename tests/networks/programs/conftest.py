"""The programs that hostile ones are made of."""

from typing import Any

import pytest

from tests.networks import hostile_files as hostile


@pytest.fixture(scope="module")
def script() -> dict[str, bytes]:
    return hostile.scripted()


@pytest.fixture(scope="module")
def program() -> dict[str, bytes]:
    return hostile.exported()


@pytest.fixture
def no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused is refused before any process is started for it."""

    def fail(*arguments: Any, **keywords: Any) -> None:
        raise AssertionError("it came as far as being tried")

    monkeypatch.setattr("dgn_explorer.networks.programs.program_loader.require_opens", fail)

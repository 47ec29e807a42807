"""What the toys share: a row more in a table, and a window whose engine computes."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from dgn_explorer.engine.engine import Engine
from dgn_explorer.gui.bridge.engine_bridge import EngineBridge
from dgn_explorer.results.store import Store
from tests.gui.conftest import Explorer

WAIT_MS = 20_000


def add_row(monkeypatch: pytest.MonkeyPatch, table: str, row: Any) -> None:
    """Add ``row`` to the tuple called ``table``, in every module that has imported it."""
    holders = [
        module
        for name, module in sys.modules.items()
        if name.startswith("dgn_explorer.") and table in vars(module)
    ]
    assert holders, f"nobody has imported {table}"
    for module in holders:
        monkeypatch.setattr(module, table, (*vars(module)[table], row))


def computing_window(make_explorer: Callable[..., Explorer]) -> Explorer:
    """A window with a real engine, in which the tiny network and prior are open."""

    def engine(store: Store, bridge: EngineBridge) -> Engine:
        return Engine(store, bridge.listen, "cpu", 1, bridge.confirm)

    explorer = make_explorer(engine)
    explorer.session.open("tiny", "default")
    explorer.qtbot.waitUntil(lambda: explorer.session.network is not None, timeout=WAIT_MS)
    return explorer

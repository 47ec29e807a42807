"""Garbage of any thread is collected by the window's."""

import gc
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from dgn_explorer.gui.bridge import collecting
from dgn_explorer.gui.bridge.collecting import Collector

ENDED_IN: list[str] = []  # the names of threads


class Ring:
    """Refers to itself, so that only the collector can end it; says where that happens."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        ENDED_IN.append(threading.current_thread().name)


@pytest.fixture
def collector(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setattr(collecting, "_EVERY_MS", 5)
    gc.collect()
    ENDED_IN.clear()
    made = Collector()
    yield made
    made.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def litter() -> None:
    for _ in range(5_000):
        Ring()


def test_rings_of_another_thread_end_in_this_one(collector: Collector, qtbot: QtBot) -> None:
    thread = threading.Thread(target=litter)
    thread.start()
    thread.join()
    assert ENDED_IN == []
    qtbot.waitUntil(lambda: len(ENDED_IN) == 5_000, timeout=3000)
    assert set(ENDED_IN) == {threading.current_thread().name}


def test_what_has_settled_is_not_looked_through_again(collector: Collector) -> None:
    Ring()
    collector.settle()
    assert len(ENDED_IN) == 1
    assert gc.get_freeze_count() > 1000
    kept = Ring()
    collector.settle()
    del kept
    gc.collect()
    assert len(ENDED_IN) == 1  # until it settles anew
    collector.settle()
    assert len(ENDED_IN) == 2

"""A network of 100,000 units opens, scrolls and is searched without waiting."""

import difflib
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from dgn_explorer.gui.features.queue.queue_panel import QueuePanel
from dgn_explorer.gui.features.results.results_model import ResultModel
from dgn_explorer.gui.features.units.layer_model import LayerModel
from dgn_explorer.gui.features.units.unit_model import UnitModel
from dgn_explorer.gui.state.networks.search_index import SearchIndex
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import LayerInfo
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK, FakeEngine

UNITS = 100_000
FEW = 500  # rows that a window can show, and a screen before and after them
DISPLAY = Qt.ItemDataRole.DisplayRole
HUGE = replace(
    NETWORK,
    layers=(*NETWORK.layers[:-1], LayerInfo("fc", "Linear", UNITS, None)),
    labels=tuple(f"class number {i}" for i in range(UNITS)),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows whose data were asked for: what a list costs, on any machine."""
    rows: list[int] = []
    data = UnitModel.data

    def counted(self: UnitModel, index: QModelIndex, role: int = DISPLAY) -> object:
        rows.append(index.row())
        return data(self, index, role)

    monkeypatch.setattr(UnitModel, "data", counted)
    return rows


def test_the_grid_asks_only_for_what_is_seen(
    make_explorer: Callable[..., Explorer], asked: list[int]
) -> None:
    explorer = make_explorer(lambda store, bridge: FakeEngine(store, bridge, HUGE))
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.browser.units.rowCount() == UNITS)
    explorer.until(lambda: (explorer.window.grab(), asked)[1])
    assert len(set(asked)) < FEW
    grid = explorer.browser.grid
    bar = grid.verticalScrollBar()
    explorer.until(lambda: bar.maximum() > UNITS)
    for number in range(30):
        asked.clear()
        bar.setValue(bar.maximum() * number // 30)
        grid.viewport().repaint()
        assert 0 < len(set(asked)) < FEW


def test_a_search_reads_each_name_once_and_never_measures_likeness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def measured(*_given: object, **_more: object) -> None:
        raise AssertionError("likeness of 100,000 names takes seconds")

    index = SearchIndex(HUGE)
    monkeypatch.setattr(difflib, "get_close_matches", measured)
    assert index.find("number 99999")[0].title == "class number 99999"
    assert index.find("zzzz") == []


def test_search_ranks() -> None:
    index = SearchIndex(NETWORK)
    assert [hit.title for hit in index.find("gold")] == ["goldfish", "golden retriever"]
    assert index.find("retriever")[0].title == "golden retriever"
    assert index.find("conv1:3")[0].title == "conv1:3"
    assert index.find("class:2")[0].title == "strawberry"
    assert [hit.layer for hit in index.find("blocks.")][:2] == ["blocks.0.expand", "blocks.0"]
    assert index.find("glrt")[0].title == "golden retriever"
    assert index.find("  ") == []


def test_search_knows_other_names() -> None:
    index = SearchIndex(replace(NETWORK, labels=("tench", "beacon", "volcano", "lighter")))
    (hit, *rest) = index.find("lighthouse")
    assert (hit.title, hit.subtitle, rest) == ("beacon", "lighthouse, fc:1", [])
    assert [hit.title for hit in index.find("light")] == ["lighter", "beacon"]
    assert [hit.title for hit in index.find("vlcn")] == ["volcano"]


def test_models_keep_qts_rules(explorer: Explorer) -> None:
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    testers = [
        QAbstractItemModelTester(model, mode)
        for model in (
            explorer.browser.units,
            ResultModel(explorer.session.library, explorer.notes, explorer.window),
            explorer.browser.tree.model(),
        )
    ]
    explorer.make("volcano")
    explorer.until(lambda: explorer.results.model.rowCount() == 1)
    explorer.browser.units.show_layer(NETWORK.layers[0])
    assert len(testers) == 3


def test_layer_tree_nests_and_says_shapes(explorer: Explorer) -> None:
    model = explorer.browser.tree.model()
    assert isinstance(model, LayerModel)
    item = model.item_of("blocks.0.expand")
    assert item is not None
    assert item.text() == "expand"
    assert item.parent().text() == "0"
    assert "12 units" in item.accessibleText()
    assert model.item_of("nothing") is None


def test_another_order_asks_only_for_what_is_seen(
    make_explorer: Callable[..., Explorer], asked: list[int]
) -> None:
    explorer = make_explorer(lambda store, bridge: FakeEngine(store, bridge, HUGE))
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.browser.units.rowCount() == UNITS)
    explorer.notes.toggle_favourite(UnitAddress("fc", 99_000))
    asked.clear()
    explorer.desk.table["sort_favourite"].trigger()
    explorer.browser.grid.repaint()
    explorer.until(lambda: bool(asked))
    assert len(set(asked)) < FEW
    units = explorer.browser.units
    assert units.address(units.index(0)) == UnitAddress("fc", 99_000)
    assert units.row_of(UnitAddress("fc", 5)) == 6


def test_a_layer_that_is_queued_and_cleared_does_not_make_the_list_anew_for_every_unit(
    make_explorer,
) -> None:
    count = 1000
    layers = (*NETWORK.layers[:-1], LayerInfo("fc", "Linear", count, None))
    network = replace(NETWORK, layers=layers, labels=tuple(f"class {i}" for i in range(count)))
    explorer = make_explorer(lambda store, bridge: FakeEngine(store, bridge, network))
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.browser.units.rowCount() == count)
    queue = explorer.window.findChild(QueuePanel)
    made: list[int] = []
    queue.list.model().modelReset.connect(lambda: made.append(1))
    explorer.session.compute([UnitAddress("fc", i) for i in range(count)])
    explorer.until(lambda: len(explorer.engine.submitted) == count)
    explorer.until(lambda: queue.list.count() > 50)
    explorer.session.runs.clear_queue()
    explorer.until(lambda: not len(explorer.session.jobs))
    explorer.until(lambda: queue.list.count() == 0)
    assert len(made) < count  # of twice as many changes

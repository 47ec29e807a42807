"""A network of 100,000 units opens, scrolls and is searched without waiting."""

import time
from dataclasses import replace

from PySide6.QtTest import QAbstractItemModelTester

from dgn_explorer.gui.features.queue.queue_panel import QueuePanel
from dgn_explorer.gui.features.results.results_model import ResultModel
from dgn_explorer.gui.features.units.layer_model import LayerModel
from dgn_explorer.gui.state.search_index import SearchIndex
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import LayerInfo
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK, FakeEngine

UNITS = 100_000
HUGE = replace(
    NETWORK,
    layers=(*NETWORK.layers[:-1], LayerInfo("fc", "Linear", UNITS, None)),
    labels=tuple(f"class number {i}" for i in range(UNITS)),
)


def test_grid_opens_and_scrolls_in_time(make_explorer) -> None:
    explorer = make_explorer(lambda store, bridge: FakeEngine(store, bridge, HUGE))
    started = time.perf_counter()
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.browser.units.rowCount() == UNITS)
    explorer.window.grab()
    assert time.perf_counter() - started < 1.0
    grid = explorer.browser.grid
    bar = grid.verticalScrollBar()
    steps = []
    explorer.until(lambda: bar.maximum() > 100_000)
    for number in range(30):
        started = time.perf_counter()
        bar.setValue(bar.maximum() * number // 30)
        grid.repaint()
        steps.append(time.perf_counter() - started)
    assert sorted(steps)[15] < 0.05


def test_search_is_quick() -> None:
    index = SearchIndex(HUGE)
    started = time.perf_counter()
    assert index.find("number 99999")[0].title == "class number 99999"
    assert index.find("zzzz") == []
    assert time.perf_counter() - started < 0.5


def test_search_ranks() -> None:
    index = SearchIndex(NETWORK)
    assert [hit.title for hit in index.find("gold")] == ["goldfish", "golden retriever"]
    assert index.find("retriever")[0].title == "golden retriever"
    assert index.find("conv1:3")[0].title == "conv1:3"
    assert index.find("class:2")[0].title == "strawberry"
    assert [hit.layer for hit in index.find("blocks.")][:2] == ["blocks.0.expand", "blocks.0"]
    assert index.find("glrt")[0].title == "golden retriever"
    assert index.find("  ") == []


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


def test_other_orders_are_quick(make_explorer) -> None:
    explorer = make_explorer(lambda store, bridge: FakeEngine(store, bridge, HUGE))
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.browser.units.rowCount() == UNITS)
    explorer.notes.toggle_favourite(UnitAddress("fc", 99_000))
    started = time.perf_counter()
    explorer.desk.table["sort_favourite"].trigger()
    explorer.window.grab()
    assert time.perf_counter() - started < 0.6
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

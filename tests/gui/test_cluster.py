"""A layer is sent to a cluster; Dask itself is in tests/cluster."""

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication

from dgn_explorer.cluster.atlas import AtlasEvent, Said, Stored, Unmade
from dgn_explorer.cluster.opening import Listed
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.features.cluster.cluster_dialog import ClusterDialog
from dgn_explorer.gui.state.answering import cluster_run
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.store import Store
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK
from tests.results.making import make_result

LAYER = "conv1"
WHERE = "tcp://10.0.0.1:8786"


class Cluster:
    """Makes as many as it is allowed to, and says what it is asked."""

    def __init__(self) -> None:
        self.allowed = threading.Semaphore(0)
        self.asked: list[Listed] = []
        self.scheduler = self.prior = ""
        self.told: list[AtlasEvent] = []
        self.error: DgnError | None = None
        self.ended = threading.Event()

    def __call__(
        self, atlas: Listed, store: Store, prior: str, *, scheduler: str, stop: Callable[[], bool]
    ) -> Iterator[AtlasEvent]:
        self.asked.append(atlas)
        self.scheduler, self.prior = scheduler, prior
        if self.error is not None:
            raise self.error
        yield from self.told
        for recipe in atlas.recipes():
            while not self.allowed.acquire(timeout=0.01):
                if stop():
                    self.ended.set()
                    return
            store.put(make_result(recipe.units[0].index, recipe=recipe))
            yield Stored(recipe.key, 1.0, "tcp://worker")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster()
    monkeypatch.setattr(cluster_run, "make_atlas", made)
    return made


def send(explorer: Explorer, layer: str = LAYER) -> None:
    explorer.book.show_page(PageName.LAYER)
    explorer.session.select(UnitAddress(layer, 0))
    explorer.desk.table["cluster_layer"].trigger()
    dialog = next(d for d in explorer.window.findChildren(ClusterDialog) if d.isVisible())
    assert dialog.go.isEnabled() == bool(dialog.scheduler)
    dialog._field.setText(WHERE)
    dialog.go.click()


def notices(explorer: Explorer) -> list[str]:
    return [card.notice.text for card in explorer.notices.cards()]


def wanted(atlas: Listed) -> list[int]:
    return [recipe.units[0].index for recipe in atlas.recipes()]


def test_what_is_missing_is_sent_and_fills_in(explorer: Explorer, cluster: Cluster) -> None:
    explorer.make(f"{LAYER}:3")
    items = explorer.session.library.items
    send(explorer)
    explorer.until(lambda: cluster.asked)
    assert wanted(cluster.asked[0]) == [0, 1, 2, 4, 5, 6, 7]
    assert (cluster.scheduler, cluster.prior) == (WHERE, "default")
    made = items[0].key
    assert made not in {recipe.key for recipe in cluster.asked[0].recipes()}
    cluster.allowed.release(2)
    explorer.until(lambda: explorer.browser.units.made == 3)
    (activity,) = [one for one in explorer.session.activities.now if "units of" in one.what]
    assert activity.what == f"7 units of {LAYER} on {WHERE}"
    explorer.until(
        lambda: "2 of 7 are there, 1 worker" in explorer.session.activities.get("cluster").state
    )
    assert not explorer.desk.table["cluster_layer"].isEnabled()
    cluster.allowed.release(5)
    explorer.until(lambda: explorer.browser.units.made == 8)
    explorer.until(lambda: explorer.desk.table["cluster_layer"].isEnabled())
    past = explorer.session.activities.past[0]
    assert (past.what, past.outcome, past.message) == (activity.what, "done", "7 made")
    explorer.desk.table["cluster_layer"].trigger()
    assert not [d for d in explorer.window.findChildren(ClusterDialog) if d.isVisible()]
    assert any("Every unit of conv1 has a picture" in text for text in notices(explorer))


def test_stopped_it_keeps_what_came_and_goes_on(explorer: Explorer, cluster: Cluster) -> None:
    send(explorer)
    cluster.allowed.release(3)
    explorer.until(lambda: explorer.browser.units.made == 3)
    explorer.desk.table["cluster_stop"].trigger()
    explorer.until(lambda: not explorer.desk.table["cluster_stop"].isEnabled())
    assert cluster.ended.is_set()
    explorer.until(lambda: explorer.session.activities.past)
    past = explorer.session.activities.past[0]
    assert (past.outcome, past.message) == ("stopped", "3 made, 5 left")
    send(explorer)
    explorer.until(lambda: len(cluster.asked) == 2)
    assert wanted(cluster.asked[1]) == [3, 4, 5, 6, 7]
    cluster.allowed.release(5)
    explorer.until(lambda: explorer.browser.units.made == 8)
    explorer.until(lambda: not explorer.desk.table["cluster_stop"].isEnabled())


def test_the_recipes_are_those_of_the_queue(explorer: Explorer, cluster: Cluster) -> None:
    send(explorer)
    explorer.until(lambda: cluster.asked)
    explorer.session.compute([recipe.units[0] for recipe in cluster.asked[0].recipes()][:2])
    explorer.until(lambda: len(explorer.engine.submitted) == 2)
    queued = [recipe.key for recipe in explorer.engine.submitted]
    assert queued == [recipe.key for recipe in cluster.asked[0].recipes()][:2]


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("A cluster needs Dask, which is not installed.", "Install it with: pip install '…'."),
        (f"No scheduler answers at {WHERE!r}.", "Give the address that it printed."),
    ],
)
def test_what_is_in_the_way_is_said_with_the_way_out(
    explorer: Explorer, cluster: Cluster, message: str, hint: str
) -> None:
    said: list[tuple[str, str, str]] = []
    explorer.session.problem.disconnect()
    explorer.session.problem.connect(lambda *text: said.append(text))
    cluster.error = DgnError(message, hint)
    send(explorer)
    explorer.until(lambda: said)
    assert said == [(message, hint, "")]
    explorer.until(lambda: [one.outcome for one in explorer.session.activities.past] == ["failed"])
    assert explorer.desk.table["cluster_layer"].isEnabled()


def test_what_happens_on_the_cluster_is_told(explorer: Explorer, cluster: Cluster) -> None:
    said: list[tuple[str, str, str]] = []
    explorer.session.problem.disconnect()
    explorer.session.problem.connect(lambda *text: said.append(text))
    cluster.told = [
        Said("The worker tcp://worker has gone; what it had not finished goes to others."),
        Unmade("key", "Given up: every worker that tried it died.", "Look into that worker's log."),
    ]
    cluster.allowed.release(8)
    send(explorer)
    explorer.until(lambda: said)
    assert any("has gone" in text for text in notices(explorer))
    message, hint, _ = said[0]
    assert message == (
        "1 of 8 pictures could not be made: Given up: every worker that tried it died."
    )
    assert hint == "Look into that worker's log."


def test_a_window_that_only_looks_sends_nothing(
    make_explorer: Callable[..., Explorer], cluster: Cluster
) -> None:
    explorer = make_explorer(read_only=True)
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.session.network is not None)
    explorer.book.show_page(PageName.LAYER)
    explorer.session.select(UnitAddress(LAYER, 0))
    explorer.desk.table["cluster_layer"].trigger()
    assert not explorer.window.findChildren(ClusterDialog)
    assert not cluster.asked


def test_closing_the_window_takes_back_what_is_out_there(
    explorer: Explorer, cluster: Cluster
) -> None:
    send(explorer)
    explorer.until(lambda: cluster.asked)
    explorer.window.close_at_once()
    assert cluster.ended.wait(5.0)
    assert NETWORK.layers[0].channels == 8
    QApplication.processEvents()

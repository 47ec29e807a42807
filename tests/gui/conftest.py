"""A window with a fake engine and a real store, on a real (qasync) event loop."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dgn_explorer.gui.app import EngineMaker
from dgn_explorer.gui.bridge.collecting import Collector
from dgn_explorer.gui.bridge.engine_bridge import EngineBridge
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.bridge.loop import new_event_loop
from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.features.table import FEATURES, FeatureMaker
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.state.jobs import SubmittedJob
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.window import MainWindow
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.step_sizes import remember_step
from tests.gui.fake_engine import NETWORK, PRIOR, FakeEngine
from tests.gui.rooms import Rooms

PATIENCE_MS = 15_000  # a busy machine is slow, and nothing here is about speed


@dataclass
class Explorer(Rooms):
    """The window under test and everything behind it."""

    window: MainWindow
    session: Session
    engine: FakeEngine
    store: Store
    theme: Theme
    flows: Flows
    qtbot: QtBot

    def type_and_enter(self, text: str) -> None:
        field = self.browser.search.field
        field.setFocus()
        field.clear()
        self.qtbot.keyClicks(field, text)
        self.qtbot.keyClick(field, Qt.Key.Key_Return)

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def submitted(self, count: int) -> None:
        self.until(lambda: len(self.engine.submitted) == count)
        self.until(lambda: self.session.display.job == count)

    def unit_point(self, row: int) -> QPoint:
        grid = self.browser.grid
        index = self.browser.units.index(row)
        grid.scrollTo(index)
        return grid.visualRect(index).center()

    def double_click(self, row: int) -> None:
        viewport = self.browser.grid.viewport()
        point = self.unit_point(row)
        self.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=point)
        self.qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=point)

    def job_of(self, unit: UnitAddress) -> SubmittedJob | None:
        return self.session.jobs.of_unit(self.session.network.fingerprint, unit)

    def make(self, text: str) -> None:
        """Visualise a unit to the end."""
        count = len(self.engine.submitted)
        self.type_and_enter(text)
        self.submitted(count + 1)
        self.engine.advance(10_000)
        self.until(lambda: self.session.display.result is not None)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DGN_EXPLORER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[asyncio.AbstractEventLoop]:
    made = new_event_loop(qapp)
    asyncio.set_event_loop(made)
    # What qasync's run_forever does; here pytest-qt runs Qt's loop.
    asyncio.events._set_running_loop(made)
    yield made
    asyncio.events._set_running_loop(None)
    asyncio.set_event_loop(None)
    made.close()


@pytest.fixture
def make_explorer(
    qtbot: QtBot, qapp: QApplication, home: Path, loop: asyncio.AbstractEventLoop
) -> Iterator[Callable[..., Explorer]]:
    made: list[Explorer] = []
    errors: list[BaseException] = []
    step = DgnAmParameters().step_start
    collector = Collector()
    remember_step(NETWORK.fingerprint, PRIOR.fingerprint, step)  # so that none is asked for

    def make(
        make_engine: EngineMaker = FakeEngine,
        features: Sequence[FeatureMaker] = FEATURES,
        read_only: bool = False,
    ) -> Explorer:
        flows = Flows(loop, errors.append)
        store = Store(home / "results")
        bridge = EngineBridge()
        engine = make_engine(store, bridge)
        session = Session(engine, store, flows, read_only)
        session.bridge = bridge
        bridge.arrived.connect(session.handle)
        theme = Theme(qapp, "light")
        window = MainWindow(session, flows, theme, Preferences(read_only), features)
        bridge.asked.connect(window.ask_permission)
        window.closed.connect(bridge.close)
        window.resize(1400, 900)
        window.show()
        explorer = Explorer(window, session, engine, store, theme, flows, qtbot)
        made.append(explorer)
        return explorer

    yield make
    for explorer in made:
        explorer.window.close_at_once()
        explorer.engine.close()
        explorer.qtbot.wait(1)  # lets the engine's last events arrive
        explorer.session.stop_everything()
        explorer.flows.close()
        explorer.until(lambda explorer=explorer: not explorer.flows.busy)
        explorer.window.deleteLater()
        qapp.sendPostedEvents(explorer.window, QEvent.Type.DeferredDelete)
    qapp.clipboard().clear()  # PySide crashes at the interpreter's end over what was left there
    collector.stop()
    assert not errors
    assert not [t for t in threading.enumerate() if t.name.startswith("dgn-")]


@pytest.fixture
def explorer(make_explorer: Callable[..., Explorer]) -> Explorer:
    made = make_explorer()
    made.session.open("tiny", "default")
    made.until(lambda: made.session.network is not None)
    return made

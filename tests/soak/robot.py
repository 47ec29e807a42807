"""Random actions on the real window, in bursts; after each, everything has to come to rest."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QItemSelectionModel, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListView

from dgn_explorer.export.png import save_png
from dgn_explorer.gui.state.display import Ended
from dgn_explorer.gui.state.jobs import JobState
from dgn_explorer.gui.state.run_settings import RunSettings
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.window import MainWindow
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from tests.gui.rooms import RoomsOf
from tests.soak.dialogs import WORDS, deal_with, open_dialogs, poke
from tests.soak.watch import Watch

BURST = 40  # actions
REST_S = 30.0  # whatever runs when it is stopped has ended after that
NOT_ALONE = {"close", "train", "train_continue"}  # they end the window or start a process
OPEN_S = 120.0


class Robot:
    """Uses ``window`` until it is told that the time is over."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        watch: Watch,
        files: Path,
        seed: int,
        pairs: list[tuple[str, str]],
        steps: int,
    ) -> None:
        self._window, self._session, self._watch = window, session, watch
        self._rooms = RoomsOf(window)
        self._files, self._pairs, self._steps = files, pairs, steps
        self._rng = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.finished = 0
        self.rest_s_max = 0.0
        self._moves: list[tuple[int, Callable[[], str]]] = [
            (22, self._action),
            (10, self._search),
            (12, self._double_click),
            (8, self._poke),
            (6, self._select),
            (5, self._layer),
            (4, self._stop),
            (4, self._combine),
            (3, self._resize),
            (3, self._dock),
            (2, self._drop),
            (2, self._keys),
            (1, self._reopen),
            (1, self._settings),
        ]
        session.runs.finished.connect(self._count)
        session.runs.failed.connect(self._failed)
        session.problem.connect(watch.caught)
        watch.window = window
        self._write_photos()

    async def work(self, seconds: float) -> None:
        """Bursts of actions until ``seconds`` are over, each followed by a rest."""
        await self._until(lambda: self._session.network is not None, OPEN_S, "opening")
        self._use_few_steps()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(self._rng.randint(BURST // 2, BURST)):
                self._one()
                # mostly faster than anyone is, sometimes with time to let things happen
                await asyncio.sleep(self._rng.choice((0, 0, 0.01, 0.05, 0.2)))
                if time.monotonic() > end:
                    break
            await self._rest()

    def _one(self) -> None:
        dialogs = open_dialogs()
        if dialogs and self._rng.random() < 0.9:
            what = f"dialog {type(dialogs[-1]).__name__}"
            self._watch.doing = what
            deal_with(dialogs[-1], self._rng, self._files)
        else:
            weights = [weight for weight, _ in self._moves]
            move = self._rng.choices([m for _, m in self._moves], weights)[0]
            self._watch.doing = move.__name__
            what = move()
        if what:
            self.done[what] += 1
            self._watch.doing = what

    async def _rest(self) -> None:
        """Close and stop everything; all has to end within `REST_S`."""
        self._watch.doing = "resting"
        session, table = self._session, self._window.desk.table
        for _ in range(5):
            for dialog in open_dialogs():
                dialog.reject()
            await asyncio.sleep(0)
        if session.runs.paused:
            session.runs.pause(False)
        if self._rng.random() < 0.5:  # let what runs end by itself, if it does so soon
            await self._until(self._idle, 3.0)
        started = time.monotonic()
        session.runs.clear_queue()
        session.runs.stop()
        self._rooms.combination.replace_all(())
        if not await self._until(self._stopped, REST_S, "stopping everything"):
            jobs = [(job.name, job.state) for job in session.jobs]
            self._watch.problem(f"stuck: {jobs}, {len(session.questions)} questions")
        self.rest_s_max = max(self.rest_s_max, time.monotonic() - started)
        self._use_few_steps()
        table["reset_layout"].trigger()
        self._rooms.desk.table["page_unit"].trigger()
        self._window.resize(1400, 900)
        for _ in range(3):  # no `processEvents` here: a loop in a coroutine loses wake-ups
            await asyncio.sleep(0.05)
        self._watch.rest()

    def _idle(self) -> bool:
        session = self._session
        busy = [job for job in session.jobs if job.state is not JobState.FAILED]
        return session.runs.live is None and not busy and not len(session.questions)

    def _stopped(self) -> bool:
        if not self._idle():  # a late answer may have started something more
            self._session.runs.clear_queue()
            self._session.runs.stop()
            for dialog in open_dialogs():
                dialog.reject()
        return self._idle()

    async def _until(self, true: Callable[[], bool], most_s: float, what: str = "") -> bool:
        end = time.monotonic() + most_s
        while not true():
            if time.monotonic() > end:
                if what:
                    self._watch.problem(f"{what} took more than {most_s:g} s")
                return False
            await asyncio.sleep(0.02)
        return True

    # ---- what it can do

    def _action(self) -> str:
        rows = [a.id for a in self._window.desk.table.actions if a.id not in NOT_ALONE]
        row = self._rng.choice([id for id in rows if self._window.desk.table[id].isEnabled()])
        self._window.desk.table[row].trigger()
        return f"action {row}"

    def _layer_units(self) -> list[UnitAddress]:
        """Every unit of the layer on show."""
        layer = self._rooms.browser.units.layer
        return [] if layer is None else [UnitAddress(layer.path, i) for i in range(layer.channels)]

    def _search(self) -> str:
        field = self._rooms.browser.search.field
        field.clear()
        names = [*WORDS, *(str(u) for u in self._layer_units()[:20])]
        name = self._rng.choice(names)
        if name.isascii():
            QTest.keyClicks(field, name)
        else:  # what no key makes, QTest does not type
            field.setText(name)
        if self._rng.random() < 0.7:
            QTest.keyClick(field, Qt.Key.Key_Return)
        return "search"

    def _double_click(self) -> str:
        view = self._rng.choice(
            [self._rooms.browser.grid, self._rooms.gallery.view, self._rooms.results.view]
        )
        if not view.isVisible() or not view.model().rowCount():
            return ""
        point = self._row_point(view)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
        return "double-click"

    def _select(self) -> str:
        view = self._rng.choice(
            [self._rooms.browser.grid, self._rooms.gallery.view, self._rooms.results.view]
        )
        rows = view.model().rowCount()
        if not rows:
            return ""
        flag = QItemSelectionModel.SelectionFlag
        for number in range(self._rng.randint(1, 4)):
            index = view.model().index(self._rng.randrange(rows), 0)
            how = flag.ClearAndSelect if not number else flag.Select
            view.selectionModel().select(index, how)
        return "select"

    def _layer(self) -> str:
        tree = self._rooms.browser.tree
        model = tree.model()
        if model is None or not model.rowCount():
            return ""
        tree.setCurrentIndex(model.index(self._rng.randrange(model.rowCount()), 0))
        return "layer"

    def _stop(self) -> str:
        self._window.desk.table["stop"].trigger()
        return "stop"

    def _combine(self) -> str:
        rooms = self._rooms
        rows = rooms.combine.rows
        if not rows or self._rng.random() < 0.4:
            rooms.combination.add(self._layer_units()[: self._rng.randint(1, 4)])
        else:
            slider = self._rng.choice(rows).slider
            for _ in range(self._rng.randint(1, 6)):
                slider.setValue(self._rng.randint(slider.minimum(), slider.maximum()))
        return "combine"

    def _resize(self) -> str:
        self._window.resize(self._rng.randint(700, 1700), self._rng.randint(450, 1100))
        return "resize"

    def _dock(self) -> str:
        self._rng.choice(self._rooms.panels.toggles()).trigger()
        return "dock"

    def _poke(self) -> str:
        used = poke(self._window, self._rng, but=("Close", "Train a prior…", "Start a training"))
        return "control" if used else ""

    def _drop(self) -> str:
        result = self._session.display.result
        if result is not None and self._rng.random() < 0.5:
            save_png(self._files / "dropped.png", result.image, result.recipe)
        path = self._rng.choice(sorted(self._files.glob("*.png")))
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        event = QDropEvent(
            QPointF(100, 100),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(self._window, event)
        return "drop"

    def _keys(self) -> str:
        key = Qt.Key
        keys = (key.Key_Tab, key.Key_Escape, key.Key_Down, key.Key_Left, key.Key_Space)
        for _ in range(self._rng.randint(1, 6)):
            widget = QApplication.focusWidget() or self._window
            QTest.keyClick(widget, self._rng.choice(keys))
        return "keys"

    def _reopen(self) -> str:
        pair = self._rng.choice([*self._pairs, ("nonsense", "default")])
        self._session.reopen(*pair)
        return "reopen"

    def _settings(self) -> str:
        self._use_few_steps()
        return "settings"

    # ---- help

    def _use_few_steps(self) -> None:
        parameters = DgnAmParameters(steps=self._steps)
        self._session.settings.edit(RunSettings(parameters=parameters, locked=False), "few steps")

    def _row_point(self, view: QListView) -> QPoint:
        index = view.model().index(self._rng.randrange(view.model().rowCount()), 0)
        view.scrollTo(index)
        return view.visualRect(index).center()

    def _write_photos(self) -> None:
        rng = np.random.default_rng(0)
        for number in range(3):
            image = rng.integers(0, 256, (60 + 40 * number, 80, 3), np.uint8)
            Image.fromarray(image).save(self._files / f"photo-{number}.png")

    def _count(self, _end: object) -> None:
        self.finished += 1

    def _failed(self, end: Ended) -> None:
        self._watch.caught(end.message, "", end.details)

"""A second start on the same results: it calls the first window, or only looks."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from dgn_explorer.gui.bridge.one_window import OneWindow
from dgn_explorer.gui.frame.second_dialog import Choice, SecondDialog
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.unfinished import read_queue, write_queue
from tests.gui.conftest import Explorer

FIRST = """
import sys
from PySide6.QtCore import QTimer
from dgn_explorer.gui import app as gui
from dgn_explorer.gui.window import MainWindow

class Engine:
    frames = None
    def start(self): pass
    def open(self, network, prior): pass
    def close(self, timeout_s=5.0): return True

original, forward = MainWindow.show, MainWindow.come_forward

def show(window):
    MainWindow.show = original
    original(window)
    QTimer.singleShot(0, lambda: print("shown", flush=True))
    QTimer.singleShot(40_000, window.close)

def come_forward(window):
    forward(window)
    print("forward", flush=True)
    window.close()

MainWindow.show, MainWindow.come_forward = show, come_forward
application = gui.make_application()
make = lambda store, bridge: Engine()
code = gui.run_until_done(application, lambda: gui.main(application, make, "a", "b", "", "dark"))
print("code", code, flush=True)
"""
SECOND = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from dgn_explorer.gui.frame.second_dialog import SecondDialog

def click():
    dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, SecondDialog)]
    if not dialogs:
        QTimer.singleShot(50, click)
        return
    print("asked", flush=True)
    dialogs[0].show_first.click()

QTimer.singleShot(50, click)
"""


def start(program: str, home: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DGN_EXPLORER_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_start_brings_the_first_window_forward(tmp_path: Path) -> None:
    second_program = FIRST.replace("code = gui", f"{SECOND}\ncode = gui")
    with start(FIRST, tmp_path) as first:
        assert first.stdout is not None and first.stdout.readline() == "shown\n"
        with start(second_program, tmp_path) as second:
            said, wrong = second.communicate(timeout=60)
        assert said.split("\n") == ["asked", "code 0", ""]
        rest, trouble = first.communicate(timeout=60)
    assert rest.split("\n") == ["forward", "code 0", ""]
    for text in (wrong, trouble):
        assert [line for line in text.splitlines() if "plugin does not support" not in line] == []


def test_the_claim_ends_with_its_holder_and_other_folders_are_free(
    tmp_path: Path, qapp: QApplication
) -> None:
    first, second, other = (OneWindow(tmp_path / x) for x in ("a", "a", "b"))
    assert first.claim() and other.claim()
    assert not second.claim()
    assert not second.call()  # nobody listens yet
    first.release()
    assert second.claim()
    second.release()
    other.release()


def test_the_dialog_says_what_was_chosen(qapp: QApplication, qtbot: object) -> None:
    for press, choice in (("show_first", Choice.SHOW), ("look", Choice.LOOK), ("", Choice.NOTHING)):
        dialog = SecondDialog(silent=True)
        chosen: list[Choice] = []
        dialog.finished.connect(lambda _code, d=dialog, c=chosen: c.append(d.choice))
        dialog.open()
        if press:
            getattr(dialog, press).click()
        else:
            dialog.reject()
        assert chosen == [choice]


def test_a_window_that_only_looks_changes_nothing(
    make_explorer: Callable[..., Explorer], home: Path
) -> None:
    first = make_explorer()
    first.session.open("tiny", "default")
    first.until(lambda: first.session.network is not None)
    first.make("volcano")
    first.window.close_at_once()
    first.until(lambda: not first.flows.busy)
    write_queue(home / "data" / "queue.json", [first.engine.submitted[0]])
    before = {p: p.read_bytes() for p in home.rglob("*") if p.is_file()}
    again = make_explorer(read_only=True)
    again.session.open("tiny", "default")
    again.until(lambda: again.session.library.items)
    assert "read-only" in again.window.windowTitle()
    again.type_and_enter("volcano")
    again.until(lambda: again.session.display.result is not None)
    again.type_and_enter("strawberry")
    again.until(lambda: any("only looks" in c.notice.text for c in again.notices.cards()))
    again.desk.notes.toggle_favourite(UnitAddress("fc", 1))
    again.session.compute([UnitAddress("fc", 2)])
    again.desk.table["delete"].trigger()
    again.qtbot.wait(20)
    assert again.engine.submitted == []
    assert len(again.session.library.items) == 1
    assert not again.notes.of(UnitAddress("fc", 1)).favourite
    again.window.close_at_once()
    again.until(lambda: not again.flows.busy)
    after = {p: p.read_bytes() for p in home.rglob("*") if p.is_file()}
    changed = {p.name for p in before if after.get(p) != before[p]} | {
        p.name for p in after if p not in before
    }
    assert changed <= {"index.json", ".lock", "window.lock"}
    assert len(read_queue(home / "data" / "queue.json")) == 1

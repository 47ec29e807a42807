"""Puts store, engine and window together and runs them."""

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from typing import NoReturn

# qasync looks for PyQt5 and PyQt6 first, unless it is told.
os.environ["QT_API"] = "pyside6"

from PySide6.QtWidgets import QApplication

from dgn_explorer.engine.engine import Engine
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.collecting import Collector
from dgn_explorer.gui.bridge.engine_bridge import EngineBridge
from dgn_explorer.gui.bridge.engine_port import EnginePort
from dgn_explorer.gui.bridge.excepthooks import ExceptHooks
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.bridge.loop import run_until_done
from dgn_explorer.gui.bridge.one_window import OneWindow
from dgn_explorer.gui.bridge.preferences import Preferences, set_aside
from dgn_explorer.gui.bridge.qt_messages import follow_qt
from dgn_explorer.gui.bridge.signals import SystemSignals
from dgn_explorer.gui.frame.open_dialog import recent
from dgn_explorer.gui.frame.second_dialog import Choice
from dgn_explorer.gui.look.icons import program_icon
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.second_start import choose
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.window import MainWindow
from dgn_explorer.paths import data_folder
from dgn_explorer.results.store import Store

EngineMaker = Callable[[Store, EngineBridge], EnginePort]
_CLOSE_S = 5.0
_FIRST = ("lite0", "default")  # network and prior of the first start


def run(
    fail: Callable[[DgnError], NoReturn],
    network: str | None = None,
    prior: str | None = None,
    unit: str | None = None,
    device: str | None = None,
    theme: str = "system",
    safe: bool = False,
    reset: bool = False,
) -> int:
    """Open the window and return the exit code when it is closed.

    Without ``network``, ``prior`` and ``unit`` the pair of the last time is opened again.
    ``theme`` is ``system``, ``light`` or ``dark``; ``system`` keeps the choice made in the window.
    ``safe`` starts as for the first time and remembers nothing; ``reset`` puts what is remembered
    aside. Results, notes and priors stay in both cases.
    ``fail`` ends the program when Qt cannot start (see `follow_qt`).
    """

    def make_engine(store: Store, bridge: EngineBridge) -> EnginePort:
        return Engine(store, bridge.listen, device, confirm=bridge.confirm)

    follow_qt(fail)
    app = make_application()
    return run_until_done(
        app, lambda: main(app, make_engine, network, prior, unit or "", theme, safe, reset)
    )


def make_application() -> QApplication:
    """The one `QApplication`, with the names that desktops look for."""
    _name_for_the_taskbar()
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("dgn-explorer")
    app.setApplicationDisplayName("DGN Explorer")
    app.setDesktopFileName("dgn-explorer")
    app.setWindowIcon(program_icon())
    app.setQuitOnLastWindowClosed(False)  # the engine ends first
    return app


def _name_for_the_taskbar() -> None:
    """Windows puts windows together by this name; without one they are Python's, with its icon."""
    if sys.platform == "win32":
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID("dgn-explorer")


async def main(
    app: QApplication,
    make_engine: EngineMaker,
    network: str | None,
    prior: str | None,
    unit: str,
    theme: str,
    safe: bool = False,
    reset: bool = False,
) -> int:
    """Show the window, let the engine load torch behind it, and end both in good order."""
    hooks = ExceptHooks()
    hooks.install()
    collector = Collector()
    flows = Flows(asyncio.get_running_loop(), hooks.report)
    aside = set_aside() if reset else None
    kept = Preferences(safe=safe).get("theme", "system")
    colours = Theme(app, theme if theme != "system" else kept)
    one, read_only = OneWindow(data_folder()), False
    if not one.claim():
        choice = await choose(one)
        if choice not in (Choice.LOOK, Choice.OPEN):
            hooks.remove()
            collector.stop()
            flows.close()
            return 0
        read_only = choice is Choice.LOOK
    preferences = Preferences(read_only, safe)
    store = Store(data_folder() / "results")
    bridge = EngineBridge()
    engine = make_engine(store, bridge)
    session = Session(engine, store, flows, read_only)
    bridge.arrived.connect(session.handle)
    window = MainWindow(session, flows, colours, preferences)
    bridge.asked.connect(window.ask_permission)
    session.opened.connect(collector.settle)
    window.closed.connect(bridge.close)  # before the engine is waited for, which may wait for it
    hooks.caught.connect(window.show_problem)
    signals = SystemSignals(window.close_at_once)
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    window.show()
    if aside is not None:
        session.notice.emit(Notice(f"The settings so far are set aside, in {aside}."))
    if not read_only:
        one.called.connect(window.come_forward)
        one.listen()
    last = recent(preferences)
    if last and not (network or prior or unit):
        session.open(*last[0], fallback=_FIRST)
    else:
        session.open(network or _FIRST[0], prior or _FIRST[1], unit)
    await closed.wait()
    one.release()
    ended = await flows.on_disk(engine.close, _CLOSE_S)
    await flows.settle()
    flows.close()
    window.desk.notes.flush()  # a slow disk may have kept the flows longer than they are waited for
    signals.remove()
    hooks.remove()
    collector.stop()
    window.deleteLater()
    if not ended:
        # A long kernel or a file that is being read cannot be interrupted; results are whole files.
        os._exit(0)
    return 0

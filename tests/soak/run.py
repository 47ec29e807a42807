"""The program with a robot in it: everything as `gui.app.run` does it, in a folder of its own."""

import asyncio
import logging
import os
import traceback
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from dgn_explorer.engine.engine import Engine
from dgn_explorer.gui import app
from dgn_explorer.gui.bridge.engine_bridge import EngineBridge
from dgn_explorer.gui.bridge.excepthooks import ExceptHooks
from dgn_explorer.gui.bridge.loop import run_until_done
from dgn_explorer.gui.state.pictures import thumbnails
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.window import MainWindow
from dgn_explorer.results.store import Store
from tests.soak.robot import Robot
from tests.soak.watch import Report, Watch
from tests.tiny import LABELS, TinyNet, tiny_prior_file

THUMBNAILS = 64  # kept by the window: full soon, so that memory that still grows is lost
STEPS = {"tiny": 25, "lite0": 6}


def soak(home: Path, seconds: float, seed: int, network: str = "tiny") -> Report:
    """Use the window for ``seconds`` in ``home``, where nothing is yet, and close it."""
    os.environ["DGN_EXPLORER_HOME"] = os.environ["HOME"] = str(home)
    files = home / "files"
    files.mkdir()
    os.chdir(files)  # where file dialogs begin
    logging.disable(logging.CRITICAL)  # what goes wrong is in the report
    pairs = _tiny_pairs(home) if network == "tiny" else [("lite0", "default")]
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    application = app.make_application()
    watch = Watch()
    reports: list[Report] = []
    sessions: list[Session] = []
    windows: list[MainWindow] = []

    def make_session(*arguments: Any) -> Session:
        sessions.append(Session(*arguments))
        return sessions[0]

    def make_window(*arguments: Any) -> MainWindow:
        windows.append(MainWindow(*arguments))
        return windows[0]

    def make_hooks() -> ExceptHooks:
        hooks = ExceptHooks()
        hooks.caught.connect(watch.caught)
        return hooks

    def make_engine(store: Store, bridge: EngineBridge) -> Engine:
        return Engine(store, bridge.listen, "cpu", threads=1, confirm=bridge.confirm)

    async def use() -> None:
        while not windows:
            await asyncio.sleep(0.01)
        robot = Robot(windows[0], sessions[0], watch, files, seed, pairs, STEPS[network])
        try:
            await robot.work(seconds)
        except Exception:
            watch.problem(f"the robot stumbled after {watch.doing}\n{traceback.format_exc()}")
        finally:
            reports.append(watch.report(robot.done, robot.finished, robot.rest_s_max))
            windows[0].close_at_once()

    async def main() -> int:
        using = asyncio.ensure_future(use())
        code = await app.main(application, make_engine, *pairs[0], "", "light")
        await using
        return code

    made = {"Session": make_session, "MainWindow": make_window, "ExceptHooks": make_hooks}
    with ExitStack() as stack:
        stack.enter_context(patch.object(thumbnails, "_KEPT", THUMBNAILS))
        for name, make in made.items():
            stack.enter_context(patch.object(app, name, make))
        run_until_done(application, main)
    return reports[0]


def _tiny_pairs(home: Path) -> list[tuple[str, str]]:
    """Two tiny networks as exported files, with a prior."""
    prior = tiny_prior_file(home / "tiny.safetensors")
    paths = []
    for number in range(2):
        torch.manual_seed(number)
        path = home / f"tiny-{number}.pt2"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.export(TinyNet().eval(), (torch.rand(1, 3, 32, 32),))
            torch.export.save(program, path)
        path.with_suffix(".labels.txt").write_text("\n".join(LABELS))
        paths.append(path)
    return [(str(path), str(prior)) for path in paths]

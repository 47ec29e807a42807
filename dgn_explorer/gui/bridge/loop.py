"""The asyncio event loop on Qt's: the only module that imports qasync.

Rules that keep this safe (each is a measured failure otherwise): no ``QDialog.exec`` inside a
coroutine, our own executor, our own strong references to tasks, and no ``asyncClose``.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import qasync
from PySide6.QtWidgets import QApplication


def new_event_loop(app: QApplication) -> asyncio.AbstractEventLoop:
    """An asyncio event loop that runs inside Qt's."""
    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
    return loop


def run_until_done(app: QApplication, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run the coroutine ``main`` on Qt's event loop and return what it returns."""
    with asyncio.Runner(loop_factory=lambda: new_event_loop(app)) as runner:
        return runner.run(main())

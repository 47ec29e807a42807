"""What Qt says goes into the log; its last word before it ends the program becomes a sentence."""

import logging
import os
import sys
from collections.abc import Callable

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.missing import no_window

_log = logging.getLogger("dgn_explorer.qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_KEPT = 20


def follow_qt(tell: Callable[[DgnError], DgnError]) -> None:
    """Take over Qt's messages.

    Qt calls ``abort`` when it finds no screen or lacks a library, so that Python cannot catch it;
    but it says so first. ``tell`` shows the sentence and gives what is written to the terminal.
    """
    warned: list[str] = []

    def said(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        _log.log(_LEVELS[kind], "%s", text)
        warned.append(text)
        del warned[:-_KEPT]
        if kind is QtMsgType.QtFatalMsg:
            problem = tell(no_window(text, " ".join(warned[:-1])))
            if sys.stderr is not None:
                print(f"Error: {problem.message}\n{problem.hint}", file=sys.stderr, flush=True)
            os._exit(2)

    qInstallMessageHandler(said)

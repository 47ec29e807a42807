"""What Qt says goes into the log; its last word before it ends the program becomes a sentence."""

import logging
from collections.abc import Callable
from typing import NoReturn

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


def follow_qt(fail: Callable[[DgnError], NoReturn]) -> None:
    """Take over Qt's messages.

    Qt calls ``abort`` when it finds no screen or lacks a library, so that Python cannot catch it;
    but it says so first. ``fail`` says why and ends the program before that.
    """
    warned: list[str] = []

    def said(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        _log.log(_LEVELS[kind], "%s", text)
        warned.append(text)
        del warned[:-_KEPT]
        if kind is QtMsgType.QtFatalMsg:
            fail(no_window(text, " ".join(warned[:-1])))

    qInstallMessageHandler(said)

"""Unexpected errors become a dialog, wherever they happen."""

import logging
import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal

from dgn_explorer.errors import DgnError

_log = logging.getLogger(__name__)
_HINT = "Nothing that was finished is lost. Please report the details below."


class ExceptHooks(QObject):
    """While installed, uncaught exceptions of all threads are logged and sent as `caught`."""

    _sent = Signal(str, str, str)
    caught = Signal(str, str, str)  # message, hint, details

    def __init__(self) -> None:
        super().__init__()
        # Queued, because an exception may come from any thread.
        self._sent.connect(self.caught, Qt.ConnectionType.QueuedConnection)
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Catch from now on."""
        sys.excepthook = self._main
        threading.excepthook = self._thread

    def remove(self) -> None:
        """Put the hooks back that were there before."""
        sys.excepthook, threading.excepthook = self._before

    def report(self, error: BaseException) -> None:
        """Show one exception."""
        details = "".join(traceback.format_exception(error))
        if isinstance(error, DgnError):
            self._sent.emit(error.message, error.hint, "")
        else:
            self._sent.emit(f"Something unexpected happened: {error!r}.", _HINT, details)

    def _main(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        _log.error("Uncaught", exc_info=(kind, error, trace))
        self.report(error)

    def _thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            _log.error("Uncaught in a thread", exc_info=args.exc_value)
            self.report(args.exc_value)

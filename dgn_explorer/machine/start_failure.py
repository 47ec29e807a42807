"""A start that fails says so where somebody reads it: in the log, and on the desktop."""

import logging
from pathlib import Path

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.native_message import can_be_read, show

_log = logging.getLogger(__name__)


def told(problem: DgnError, log: Path | None, error: BaseException | None = None) -> DgnError:
    """``problem`` with the place of the ``log``; logged, and shown if there is no terminal."""
    _log.error("The window does not start: %s", problem, exc_info=error)
    whole = DgnError(
        problem.message, f"{problem.hint} (log: {log})" if log is not None else problem.hint
    )
    if not can_be_read():
        show("DGN Explorer", f"{whole.message}\n\n{whole.hint}")
    return whole

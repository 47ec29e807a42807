"""The log of the window: what Qt and the program complain of, and where it was when it crashed."""

import faulthandler
import logging
from pathlib import Path

from dgn_explorer.paths import log_folder

_MOST_BYTES = 1 << 20
_LINES = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_file() -> Path:
    """Where the log is; ``.old`` beside it is the one before."""
    return log_folder() / "dgn-explorer.log"


def crash_file() -> Path:
    """Where Python writes the stacks of all threads when the program is ended by a fault."""
    return log_folder() / "crash.log"


def keep_log() -> Path | None:
    """Write a log from now on; None where it cannot be written, which stops nothing.

    Called once, by whoever opens the window.
    """
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            path.replace(path.with_suffix(".old"))
        handler = logging.FileHandler(path, encoding="utf-8", errors="replace")
        crash = crash_file().open("a", encoding="utf-8")  # stays open: a crash cannot open files
    except OSError:
        return None
    handler.setFormatter(logging.Formatter(_LINES))
    logger = logging.getLogger("dgn_explorer")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    faulthandler.enable(crash)
    return path

"""Where the program keeps its files."""

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "DGN_EXPLORER_HOME"


def data_folder() -> Path:
    """Results and everything else that must survive; ``$DGN_EXPLORER_HOME/data`` if that is set."""
    return _folder("data", platformdirs.user_data_path)


def config_folder() -> Path:
    """Settings; ``$DGN_EXPLORER_HOME/config`` if that is set."""
    return _folder("config", platformdirs.user_config_path)


def log_folder() -> Path:
    """Crash logs; ``$DGN_EXPLORER_HOME/log`` if that is set."""
    return _folder("log", platformdirs.user_log_path)


def user_path(text: str) -> Path:
    """The path that ``text`` means, with ``~`` spelled out; an unknown user's stays as it is.

    >>> str(user_path("~nobody-of-that-name/a.pt"))
    '~nobody-of-that-name/a.pt'
    """
    return Path(os.path.expanduser(text))  # noqa: PTH111 - pathlib's raises for an unknown user


def _folder(name: str, default: object) -> Path:
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return user_path(home) / name
    return Path(default("dgn-explorer", appauthor=False))  # type: ignore[operator]

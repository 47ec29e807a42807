"""What the window remembers from one start to the next."""

from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray, QSettings

from dgn_explorer.errors import DgnError
from dgn_explorer.paths import config_folder

T = TypeVar("T", bool, int, str)
LAYOUT_VERSION = 3  # raise it when panels change, so that an old layout is not forced on them


def settings_file() -> Path:
    """Where they are."""
    return config_folder() / "window.ini"


def set_aside() -> Path | None:
    """Begin anew: the file gets the name that is returned, in place of one set aside before."""
    path = settings_file()
    if not path.is_file():
        return None
    return path.replace(path.with_suffix(".before"))


class Preferences:
    """Geometry, panels, theme and answers, in one ini file of the configuration folder."""

    def __init__(self, read_only: bool = False, safe: bool = False) -> None:
        """``read_only`` is for a second window, whose settings are the first one's.

        ``safe`` is for a start without what is remembered, which stays as it is.
        """
        self._read_only = read_only
        self._settings: QSettings | _Unwritten = _Unwritten()
        if safe:
            return
        path = settings_file()
        if path.exists() and not path.is_file():  # to open a pipe would wait for ever
            raise DgnError(f"{path} is no plain file.", "Move it away, and start again.")
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    def get(self, name: str, default: T) -> T:
        """A remembered value of the default's type, or the default."""
        value = self._settings.value(name, default, type(default))
        return value if isinstance(value, type(default)) else default

    def put(self, name: str, value: bool | int | str) -> None:
        """Remember a value."""
        if self._read_only:
            return
        self._settings.setValue(name, value)

    def bytes_of(self, name: str) -> QByteArray | None:
        """A remembered geometry or layout."""
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else None

    def put_bytes(self, name: str, value: QByteArray) -> None:
        """Remember a geometry or layout."""
        if self._read_only:
            return
        self._settings.setValue(name, value)

    def forget(self, name: str) -> None:
        """Go back to the default."""
        self._settings.remove(name)

    def save(self) -> None:
        """Write to the disk now."""
        self._settings.sync()


class _Unwritten:
    """What a safe start remembers, until it ends."""

    def __init__(self) -> None:
        self._values: dict[str, object] = {}

    def value(self, name: str, default: object = None, _type: type | None = None) -> object:
        """A value, or the default."""
        return self._values.get(name, default)

    def setValue(self, name: str, value: object) -> None:
        """Keep a value."""
        self._values[name] = value

    def remove(self, name: str) -> None:
        """Forget a value."""
        self._values.pop(name, None)

    def sync(self) -> None:
        """Nothing goes to the disk."""

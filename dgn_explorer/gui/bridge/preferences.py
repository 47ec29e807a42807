"""What the window remembers from one start to the next."""

from typing import TypeVar

from PySide6.QtCore import QByteArray, QSettings

from dgn_explorer.errors import DgnError
from dgn_explorer.paths import config_folder

T = TypeVar("T", bool, int, str)
LAYOUT_VERSION = 3  # raise it when panels change, so that an old layout is not forced on them


class Preferences:
    """Geometry, panels, theme and answers, in one ini file of the configuration folder."""

    def __init__(self, read_only: bool = False) -> None:
        """``read_only`` is for a second window, whose settings are the first one's."""
        self._read_only = read_only
        path = config_folder() / "window.ini"
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

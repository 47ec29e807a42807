"""A part of the action table: what its rows do, and when they can be done."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, SignalInstance

Slots = dict[str, Callable[[], object]]


class CommandGroup(QObject):
    """Subclasses give `slots` and `enabled`; `stale` asks for a refresh of the table."""

    stale = Signal()

    def slots(self) -> Slots:
        """What each row does."""
        raise NotImplementedError

    def enabled(self) -> dict[str, bool]:
        """Which rows can be used now."""
        raise NotImplementedError

    def checked(self) -> dict[str, bool]:
        """Which checkable rows are on."""
        return {}

    def follow(self, *signals: SignalInstance) -> None:
        """Refresh the table whenever one of ``signals`` is emitted."""
        for signal in signals:
            signal.connect(self.stale)

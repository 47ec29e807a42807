"""From the engine's thread to the window's."""

from PySide6.QtCore import QObject, Qt, Signal

from dgn_explorer.engine.messages import Event


class EngineBridge(QObject):
    """Carries the engine's events to the thread that made the bridge, in order.

    `listen` is called on the engine's thread and touches nothing of Qt but a signal.
    """

    _sent = Signal(object)
    arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._sent.connect(self.arrived, Qt.ConnectionType.QueuedConnection)

    def listen(self, event: Event) -> None:
        """Take one event from the engine; any thread may call this."""
        self._sent.emit(event)

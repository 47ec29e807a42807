"""Between the engine's thread and the window's: events one way, questions and answers both ways."""

import threading

from PySide6.QtCore import QObject, Qt, Signal

from dgn_explorer.engine.messages import Event


class Permission:
    """A yes-or-no question of the engine, which waits until it is answered."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._said = False
        self._answered = threading.Event()

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return self._answered.is_set()

    def answer(self, yes: bool) -> None:
        """Answer; only the first answer counts. Any thread may call this."""
        if not self.answered:
            self._said = yes
            self._answered.set()

    def wait(self) -> bool:
        """The answer, once there is one."""
        self._answered.wait()
        return self._said


class EngineBridge(QObject):
    """Carries the engine's events to the thread that made the bridge, in order.

    `listen` and `confirm` are called on the engine's thread and touch nothing of Qt but a signal.
    """

    _sent = Signal(object)
    _asked = Signal(object)
    arrived = Signal(object)  # Event
    asked = Signal(object)  # Permission

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._open: list[Permission] = []
        self._closed = False
        self._sent.connect(self.arrived, Qt.ConnectionType.QueuedConnection)
        self._asked.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)

    def listen(self, event: Event) -> None:
        """Take one event from the engine; any thread may call this."""
        self._sent.emit(event)

    def confirm(self, question: str) -> bool:
        """Ask the user and wait for the answer; no once `close` has been called.

        Any thread but the window's may call this.
        """
        permission = Permission(question)
        with self._lock:
            if self._closed:
                return False
            self._open.append(permission)
        self._asked.emit(permission)
        said = permission.wait()
        with self._lock:
            self._open.remove(permission)
        return said

    def close(self) -> None:
        """Answer no to everything that is and will be asked, so that the engine can end."""
        with self._lock:
            self._closed = True
            for permission in self._open:
                permission.answer(False)

    def _pass_on(self, permission: Permission) -> None:
        if not permission.answered:  # the window may have closed in between
            self.asked.emit(permission)

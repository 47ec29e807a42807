"""One window for each data folder: a second start finds the first, and can call it forward."""

import hashlib
import os
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from dgn_explorer.locks import Taken, take

_WAIT_MS = 2000
_LOCK = "window.lock"
_COME = b"come forward\n"


class OneWindow(QObject):
    """The claim of this program on ``folder``; it ends with the program, however that dies."""

    called = Signal()  # another start asks this window to come forward

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._descriptor: int | None = None
        self._server: QLocalServer | None = None

    def claim(self) -> bool:
        """Whether this is the first window; it is, too, where nothing can be locked."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return True
        try:
            taken = take(descriptor)
        except OSError:
            taken = Taken.UNSUPPORTED
        if taken is Taken.BUSY:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def listen(self) -> None:
        """Hear other starts from now on; what a killed window has left is taken over."""
        QLocalServer.removeServer(self._name)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._heard)
        self._server.listen(self._name)

    def call(self) -> bool:
        """Ask the first window to come forward; False if it does not answer."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_WAIT_MS):
            return False
        socket.write(_COME)
        heard = socket.waitForReadyRead(_WAIT_MS)
        socket.disconnectFromServer()
        return heard

    def release(self) -> None:
        """Let another window be the first."""
        if self._server is not None:
            self._server.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def _name(self) -> str:
        digest = hashlib.sha256(str(self._folder.absolute()).encode()).hexdigest()
        return f"dgn-explorer-{digest[:16]}"

    def _heard(self) -> None:
        assert self._server is not None
        socket = self._server.nextPendingConnection()
        if socket is None:
            return
        socket.disconnected.connect(socket.deleteLater)
        socket.readyRead.connect(lambda: self._answer(socket))
        if socket.bytesAvailable():
            self._answer(socket)

    def _answer(self, socket: QLocalSocket) -> None:
        if bytes(socket.readAll().data()) == _COME:
            socket.write(b"yes\n")
            socket.flush()
            self.called.emit()

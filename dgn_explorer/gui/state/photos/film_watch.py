"""A video or a webcam before the open network: the newest sight, at the window's own pace."""

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from dgn_explorer.engine.messages import Sight
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.session import Session
from dgn_explorer.photos.film import Film, open_camera, open_film

_LOOK_MS = 33


class FilmWatch(QObject):
    """At most one film; ``sight`` is what the network saw in its newest picture.

    The engine leaves sights in a slot on its own thread, where a newer one replaces one that the
    window had no time for: neither ever waits for the other.
    """

    changed = Signal()  # another sight, or it began or ended

    def __init__(self, session: Session, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows
        self.name = ""
        self.sight: Sight | None = None
        self._layer = ""
        self._film: Film | None = None
        self._number: int | None = None
        self._lock = threading.Lock()
        self._newest: Sight | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        session.opened.connect(lambda *_: self.stop())

    @property
    def running(self) -> bool:
        """Whether pictures come."""
        return self._film is not None

    @property
    def layer(self) -> str:
        """The layer whose maps are shown."""
        return self._layer

    def open(self, path: str) -> None:
        """Show a video file, over and over."""
        self._flows.start(self._open(Path(path).name, lambda: open_film(Path(path), live=True)))

    def open_camera(self, name: str = "0") -> None:
        """Show what a webcam sees."""
        self._flows.start(self._open(f"Camera {name}", lambda: open_camera(name)))

    def show_layer(self, layer: str) -> None:
        """Show the maps of another layer."""
        if layer != self._layer:
            self._layer = layer
            self._ask()

    def stop(self) -> None:
        """End it; the last sight stays on show."""
        self._drop()
        self._timer.stop()
        film, self._film = self._film, None
        if film is not None:
            film.close()
            self.changed.emit()

    async def _open(self, name: str, open_: Callable[[], Film]) -> None:
        try:
            film = await self._flows.on_disk(open_)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        self.stop()
        network = self._session.network
        if network is None:
            film.close()
            return
        self.name, self._film, self.sight = name, film, None
        known = {layer.path for layer in network.layers}
        if self._layer not in known:
            self._layer = network.main_layers[len(network.main_layers) // 2].path
        self._ask()
        self._timer.start()
        self.changed.emit()

    def _ask(self) -> None:
        self._drop()
        network = self._session.network
        if self._film is None or network is None:
            return
        self._number = self._session.questions.sights_of(
            network.fingerprint, self._film, self._layer, self._put, lambda _count: self.stop(),
            self.stop,
        )  # fmt: skip

    def _drop(self) -> None:
        number, self._number = self._number, None
        if number is not None:
            self._session.questions.drop(number, quietly=True)

    def _put(self, sight: Sight) -> None:
        with self._lock:  # on the engine's thread
            self._newest = sight

    def _look(self) -> None:
        with self._lock:
            sight, self._newest = self._newest, None
        if sight is not None and sight.layer == self._layer:
            self.sight = sight
            self.changed.emit()

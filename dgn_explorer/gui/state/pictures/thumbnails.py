"""Small pictures, read on the I/O thread when somebody wants to see them, newest wish first."""

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QPixmap

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.look.pictures import to_pixmap

THUMBNAIL_PX = 96  # the small copy in a result's file; larger ones cost ten times as much
_KEPT = 2000  # 2000 thumbnails of 96 px are 74 MB
_AT_ONCE = 6  # a double-click's look into the store waits behind at most this many
_WANTED = 200  # what scrolled out of sight long ago is not loaded at all


class Thumbnails:
    """Keeps pixmaps by key.

    ``read`` gives the picture (H, W, 3) uint8 of a key with its longer side at most so many pixels,
    None if it is gone; it runs on the I/O thread. ``ready`` is told the keys whose pixmaps came.
    """

    def __init__(
        self,
        flows: Flows,
        read: Callable[[str, int], np.ndarray | None],
        ready: Callable[[str], object],
    ) -> None:
        self._flows, self._read_one, self._ready = flows, read, ready
        self._pixmaps: OrderedDict[str, QPixmap] = OrderedDict()
        self._wanted: OrderedDict[str, None] = OrderedDict()
        self._loading = False
        self._ratio = 1.0

    def get(self, key: str, ratio: float = 1.0) -> QPixmap | None:
        """The thumbnail if it is loaded; else None, and ``ready`` follows."""
        if ratio > self._ratio:  # the window has come to a sharper screen
            self._ratio = ratio
            self._pixmaps.clear()
        pixmap = self._pixmaps.get(key)
        if pixmap is not None:
            self._pixmaps.move_to_end(key)
            return pixmap
        self._wanted[key] = None
        self._wanted.move_to_end(key)
        while len(self._wanted) > _WANTED:
            self._wanted.popitem(last=False)
        if not self._loading:
            self._loading = True
            self._flows.start(self._load())
        return None

    def forget(self, key: str) -> None:
        """Read it again when it is wanted: what it is of has been replaced."""
        self._pixmaps.pop(key, None)

    def clear(self) -> None:
        """Forget all of them, and what is still wanted."""
        self._pixmaps.clear()
        self._wanted.clear()

    async def _load(self) -> None:
        try:
            while self._wanted:
                keys = [self._wanted.popitem()[0] for _ in range(min(_AT_ONCE, len(self._wanted)))]
                edge = round(THUMBNAIL_PX * self._ratio)
                arrays = await self._flows.on_disk(self._read, keys, edge)
                for key, array in arrays:
                    self._pixmaps[key] = to_pixmap(array, self._ratio)
                    self._ready(key)
                while len(self._pixmaps) > _KEPT:
                    self._pixmaps.popitem(last=False)
        finally:
            self._loading = False

    def _read(self, keys: list[str], edge: int) -> list[tuple[str, np.ndarray]]:
        found = ((key, self._read_one(key, edge)) for key in keys)
        return [(key, array) for key, array in found if array is not None]

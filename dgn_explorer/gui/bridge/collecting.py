"""Python's cyclic garbage, collected by the window's thread between two events and nowhere else.

Python collects in whichever thread happens to allocate. In the engine's thread that ends objects of
Qt while the window's thread uses them, which crashes the program sooner or later (see
https://github.com/napari/napari/issues/1029); calibre and others collect by a timer, too.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500


class Collector(QObject):
    """Collects from its creation until `stop`, as often as Python would by its thresholds."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(_EVERY_MS)

    def settle(self) -> None:
        """Leave what is there now out of later collections, after a last one.

        The objects of torch, a network and the window stay for long, and to look through all of
        them takes a quarter of a second.
        """
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _collect(self) -> None:
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (n, most) in enumerate(counts) if n > most > 0]
        if due:
            gc.collect(due[-1])

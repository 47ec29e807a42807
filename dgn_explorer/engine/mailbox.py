"""A mailbox with one slot: a new frame replaces the one that nobody took."""

import threading

from dgn_explorer.engine.messages import Frame


class LatestFrame:
    """Hands the newest frame from the engine's thread to whoever shows it.

    A queue would replay seconds of stale frames after a busy moment.

    >>> LatestFrame().take() is None
    True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame: Frame | None = None

    def put(self, frame: Frame) -> None:
        """Leave ``frame``, dropping the one before."""
        with self._lock:
            self._frame = frame

    def take(self) -> Frame | None:
        """The newest frame, once; None if there is none since the last call."""
        with self._lock:
            frame, self._frame = self._frame, None
            return frame

"""Storing what one ascent has made while the next one runs: a GPU would wait for the disk."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from dgn_explorer.engine.guard import failed
from dgn_explorer.engine.messages import Event, Finished
from dgn_explorer.engine.queue import Ordered
from dgn_explorer.errors import DgnError
from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store


def kept(store: Store, work: Ordered, record: Record) -> Finished:
    """Store ``record``, which ``work`` has come to; the event says if that was not possible."""
    try:
        return Finished(work.number, record, store.put(record))
    except DgnError as error:  # the picture is still shown, and can still be exported
        return Finished(work.number, record, None, notice=str(error))


class Storing:
    """Stores the records of one run at a time, on a thread of its own."""

    def __init__(self, store: Store, tell: Callable[[Event], None]) -> None:
        """``tell`` is called on that thread with the end of each piece of work."""
        self._store, self._tell = store, tell
        self._threads = ThreadPoolExecutor(1, "dgn-storing")
        self._running: Future[None] | None = None

    def start(self, records: Sequence[tuple[Ordered, Record]]) -> None:
        """Store ``records`` as soon as those of the run before are stored, for which this waits."""
        self._wait()
        self._running = self._threads.submit(self._run, records)

    def close(self) -> None:
        """Wait until everything is stored."""
        self._wait()
        self._threads.shutdown()

    def _wait(self) -> None:
        if self._running is not None:
            self._running.result()

    def _run(self, records: Sequence[tuple[Ordered, Record]]) -> None:
        for work, record in records:
            try:
                event: Event = kept(self._store, work, record)
            except Exception as error:
                event = failed(work, error)
            self._tell(event)

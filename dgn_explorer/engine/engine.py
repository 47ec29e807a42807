"""The engine: the one thread that owns torch, the networks and the random numbers.

Everything goes in through a `WorkQueue` and comes out as events (to a listener, called on this
thread) and frames (through a one-slot mailbox). Nothing here knows Qt.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from dgn_explorer.engine.guard import open_guarded, run_guarded
from dgn_explorer.engine.mailbox import LatestFrame
from dgn_explorer.engine.messages import Event, Lane, Opened, Question, Ready
from dgn_explorer.engine.queue import OpenRequest, Work, WorkQueue
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Order

if TYPE_CHECKING:
    import torch

TOGETHER = 64  # batch jobs in one ascent on a GPU, until it is measured how many are fastest


class Engine:
    """Runs orders and questions; interactive orders pre-empt each other and pause all other work.

    ``listener`` is called with every `Event`, on the engine's thread or, with the end of jobs that
    ran together, on the one that stores them. ``device`` is ``cpu``,
    ``cuda`` or ``mps``; None takes the best there is. ``threads`` is the number of CPU threads;
    None takes what was fastest in a short measurement.
    ``together`` is how many batch jobs of a layer go through one ascent; None takes 1 on a CPU,
    where the same recipe shall give the same bytes whatever else is queued, and elsewhere 64 until
    a short measurement, made when more than those wait, says how many are fastest.
    ``confirm`` is asked, on the engine's thread, before a file of the user's code is run for the
    first time; without it none is.
    """

    def __init__(
        self,
        store: Store,
        listener: Callable[[Event], None],
        device: str | None = None,
        threads: int | None = None,
        confirm: Callable[[str], bool] | None = None,
        together: int | None = None,
    ) -> None:
        self.frames = LatestFrame()
        self._store = store
        self._tell = listener
        self._device = device
        self._threads = threads
        self._confirm = confirm
        self._together = together
        self._queue = WorkQueue()
        self._thread = threading.Thread(target=self._main, name="dgn-engine")

    def start(self) -> None:
        """Start the thread; it imports torch and then sends `Ready`."""
        self._thread.start()

    def open(self, network: str, prior: str) -> None:
        """Open a network by spec and a prior by name or path: sends `Opened` or `OpenFailed`."""
        self._queue.open(OpenRequest(network, prior))

    def submit(
        self,
        order: Order,
        lane: Lane = Lane.INTERACTIVE,
        looked: bool = False,
        stop_after: int = 0,
    ) -> int:
        """Queue an order for what is open; returns the job's number.

        ``looked`` says that the caller has just seen that the store does not have its record.
        After ``stop_after`` steps it stops, as by `cancel`; 0 is for all of them.
        """
        return self._queue.submit(order, lane, looked, stop_after).number

    def ask(self, question: Question) -> int:
        """Ask about a network or prior that is open: sends `Answered`; returns the job's number."""
        return self._queue.ask(question).number

    def cancel(self, job: int, keep: bool = True) -> None:
        """Stop a job after its current step.

        What it has made so far comes with `Finished`; it is stored unless ``keep`` is False.
        """
        self._queue.cancel(job, keep)

    def pause_batch(self, on: bool) -> None:
        """Hold batch jobs, the running one after its current step, or let them go on."""
        self._queue.pause(on)

    def hold(self, on: bool) -> None:
        """Hold the interactive job after its current step, or let it go on; not the next one."""
        self._queue.hold(on)

    def first(self, job: int) -> None:
        """Put a waiting batch job in front of the others."""
        self._queue.first(job)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Stop everything and wait for the thread; False if it did not end in time."""
        self._queue.close()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _main(self) -> None:
        try:
            from dgn_explorer.engine.worker import Worker
            from dgn_explorer.machine.device import choose_device, describe

            device = choose_device(self._device)
            self._prepare(device)
            worker = Worker(
                device,
                self._store,
                self.frames,
                self._tell,
                self._queue,
                self._prepare,
                self._confirm,
            )
            self._tell(Ready(describe(device)))
            import h5py  # noqa: F401 - else whoever stops the first run waits for it
        except Exception as error:
            self._serve(_raise(error), _raise(error))  # whoever asks hears why there is no answer
        else:
            self._serve(worker.open, worker.run)
            worker.close()

    def _serve(
        self, open_: Callable[[OpenRequest], Opened], run: Callable[[tuple[Work, ...]], None]
    ) -> None:
        while (item := self._queue.next()) is not None:
            if isinstance(item, OpenRequest):
                open_guarded(open_, item, self._tell)
            elif item:
                run_guarded(run, item, self._tell, self._queue)

    def _prepare(self, device: "torch.device") -> None:
        """Set what was asked for, or else what suits ``device``."""
        from dgn_explorer.machine.memory import keep_memory
        from dgn_explorer.machine.threads import use_threads

        use_threads(device, self._threads)
        on_cpu = device.type == "cpu"
        together = self._together or (1 if on_cpu else TOGETHER)
        self._queue.run_together(together, fits=self._together is None and not on_cpu)
        if self._queue.together > 1:
            keep_memory(device)


def _raise(error: Exception) -> Callable[[object], NoReturn]:
    """For an engine that has not started."""

    def answer(_asked: object) -> NoReturn:
        raise error

    return answer

"""A Dask cluster as an atlas sees it: tasks go out, answers come back, whatever happens between.

Only this module and `worker` know Dask; it is imported when a cluster is opened.
"""

import importlib
import logging
import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dgn_explorer.cluster.atlas import Lost
from dgn_explorer.cluster.task import Answer, Task
from dgn_explorer.cluster.worker import address, facts, run_task
from dgn_explorer.errors import DgnError

PATIENCE_S = 600.0  # how long a scheduler may be away
_LEAST_IN_THE_AIR = 16  # also without any worker: clusters that grow by need count waiting tasks
_A_THREAD = 2  # one runs and one waits, so that no worker waits for us
_LOOK_EVERY_S = 1.0
_CONNECT_S = 10.0
_ANSWER_S = 30.0  # for one question to a scheduler or worker that may hang without being gone
_IMPORT_S = 120.0  # for workers that have to import torch before they answer
_START_S = 300  # a busy machine takes long to start a process that imports torch
_GONE = Lost("the connection to the scheduler was lost", blamed=False)
_INSTALL = "Install it with: pip install 'dgn-explorer[cluster]'."


class DaskConnection:
    """Tasks on the scheduler at ``address``; used by one thread. See `atlas.Connection`."""

    def __init__(self, scheduler: str, patience_s: float = PATIENCE_S) -> None:
        self._scheduler = scheduler
        self._patience_s = patience_s
        self._back: queue.Queue[str] = queue.Queue()
        self._flying: dict[str, tuple[Task, Any]] = {}
        self._left_out: set[str] = set()
        self._threads: dict[str, int] = {}
        self._looked = self._away_since = self._silent_since = 0.0
        self._known_lost: set[str] = set()  # in the air when the scheduler went, and it was said
        self._news: list[str] = []
        self._said_none = False
        self._client = self._connect(_CONNECT_S)
        self._look()

    def close(self) -> None:
        """Take back what is still out there and let the scheduler go."""
        with suppress(Exception):  # a scheduler that is gone has forgotten it all by itself
            if self._client.status == "running":
                self._client.cancel([future for _, future in self._flying.values()])
        with suppress(Exception):
            self._client.close(timeout=_CONNECT_S)

    def on_gpus(self) -> bool:
        """Whether every worker that is there now has a GPU; it imports torch for that."""
        try:
            said = self._ask_workers(facts, _IMPORT_S)
        except TimeoutError:
            self._news.append(
                f"Not every worker answered within {_IMPORT_S:.0f} s; each image goes alone."
            )
            return False
        found = [one for one in said.values() if not isinstance(one, Exception)]
        return bool(found) and all(one.device == "cuda" for one in found)

    def room(self) -> int:
        """See `atlas.Connection`; none while the scheduler is away."""
        if self._client.status != "running":
            return 0
        self._look()
        threads = sum(n for worker, n in self._threads.items() if worker not in self._left_out)
        return max(_LEAST_IN_THE_AIR, _A_THREAD * threads) - len(self._flying)

    def submit(self, task: Task) -> None:
        """See `atlas.Connection`."""
        how: dict[str, Any] = {}
        if self._left_out:
            how = {"workers": self._fit(), "allow_other_workers": False}
        future = self._client.submit(run_task, task, key=task.name, pure=True, **how)
        self._flying[task.name] = task, future
        name = task.name  # the future itself would be kept alive by its own callback
        future.add_done_callback(lambda done: self._back.put(name))

    def next(self, timeout_s: float) -> tuple[Task, Answer | Lost] | None:
        """See `atlas.Connection`; `DgnError` if the scheduler stays away."""
        self._revive()
        if self._client.status == "running":
            self._look()
        try:
            name = self._back.get(timeout=timeout_s)
        except queue.Empty:
            return None
        task, future = self._flying.pop(name, (None, None))
        if task is None:
            return None
        answer = self._outcome(future)
        if answer is _GONE:
            self._was_away(name)
        self._known_lost.discard(name)
        return task, answer

    def leave_out(self, address: str) -> int:
        """See `atlas.Connection`."""
        self._left_out.add(address)
        return len(self._fit())

    def news(self) -> list[str]:
        """See `atlas.Connection`."""
        told, self._news = self._news, []
        return told

    def _fit(self) -> list[str]:
        self._look(at_once=True)
        return [worker for worker in self._threads if worker not in self._left_out]

    def _outcome(self, future: Any) -> Answer | Lost:
        try:
            if future.status == "cancelled":
                return _GONE
            error = future.exception(timeout=_ANSWER_S)
            if error is None:
                answer: Answer = future.result(timeout=_ANSWER_S)
                return answer
        except Exception as lost:  # it went while we asked
            return Lost(f"it could not be fetched ({type(lost).__name__})", blamed=False)
        finally:
            future.release()
        if isinstance(error, _dask().KilledWorker):
            return Lost("every worker that tried it died", blamed=True)
        unfit = self._unfit()
        for worker, why in unfit.items():
            self._left_out.add(worker)
            self._news.append(f"The worker {worker} gets nothing more: {why}.")
        if unfit and not self._fit():
            raise DgnError(
                f"No worker can make this: {next(iter(unfit.values()))}.",
                "Install the same dgn-explorer on every worker.",
            )
        return Lost(f"{type(error).__name__}: {error}", blamed=not unfit)

    def _unfit(self) -> dict[str, str]:
        """The workers that cannot even import what a task runs, with the reason."""
        with suppress(OSError, TimeoutError):
            said = self._ask_workers(address, _ANSWER_S)
            return {
                worker: f"{type(one).__name__}: {one}"
                for worker, one in said.items()
                if isinstance(one, Exception) and worker not in self._left_out
            }
        return {}

    def _ask_workers(self, question: Callable[[], Any], timeout_s: float) -> dict[str, Any]:
        """What each worker answers, or the exception it raised; raises `TimeoutError`."""

        async def ask() -> dict[str, Any]:
            said: dict[str, Any] = await self._client.run(question, on_error="return")
            return said

        answers: dict[str, Any] = self._client.sync(ask, callback_timeout=timeout_s)
        return answers

    def _look(self, at_once: bool = False) -> None:
        """See who is there, now and then, and say who has gone; `DgnError` if it stays silent."""
        now = time.monotonic()
        if not at_once and now < self._looked + _LOOK_EVERY_S:
            return
        self._looked = now
        try:
            there = dict(self._client.nthreads(callback_timeout=_ANSWER_S))
        except TimeoutError:
            self._silent(now)
            return
        except Exception:  # of many types while a scheduler dies; `_revive` says it
            return
        self._silent_since = 0.0
        for worker in self._threads.keys() - there.keys():
            self._news.append(
                f"The worker {worker} has gone; what it had not finished goes to others."
            )
        self._threads = there
        if not there and not self._said_none:
            self._news.append(
                f"No worker is at {self._scheduler}; waiting for one. Start it with: dask worker"
                f" {self._scheduler} --nthreads 1"
            )
        self._said_none = not there

    def _silent(self, asked: float) -> None:
        """The scheduler is connected and does not answer, as one that is stopped does not."""
        if not self._silent_since:
            self._silent_since = asked
            self._news.append(
                f"The scheduler {self._scheduler} has not answered for {_ANSWER_S:.0f} s; still"
                " waiting. What was stored is safe."
            )
        elif time.monotonic() > self._silent_since + self._patience_s:
            raise DgnError(
                f"The scheduler {self._scheduler} has not answered for {self._patience_s:.0f} s.",
                "Restart it, and run the same command again: what is stored is not made again.",
            )

    def _revive(self) -> None:
        """Notice that the scheduler has gone, and come back to it when it is there again."""
        status = self._client.status
        if status == "running":
            if self._away_since:
                self._away_since = 0.0
                self._threads = {}  # its workers are new ones
                self._news.append("The scheduler is back.")
            return
        if not self._away_since:
            self._away_since = time.monotonic()
            self._say_gone()
        if time.monotonic() > self._away_since + self._patience_s:
            raise DgnError(
                f"The scheduler {self._scheduler} has been away for {self._patience_s:.0f} s.",
                "Start it, and run the same command again: what is stored is not made again.",
            )
        if status == "closed":
            for name in self._flying:  # a client that has closed may not say so of its futures
                self._back.put(name)
            with suppress(DgnError):
                self._client = self._connect(_CONNECT_S)

    def _was_away(self, name: str) -> None:
        """Say so, if Dask has come back to a scheduler by itself before we had looked."""
        if name in self._known_lost or self._away_since:
            return
        if self._client.status != "running":
            self._revive()
            return
        self._say_gone()
        self._threads = {}
        self._news.append("The scheduler is back.")

    def _say_gone(self) -> None:
        self._known_lost |= self._flying.keys()
        self._news.append(
            f"The scheduler {self._scheduler} has gone; waiting for it to come back. What was"
            " stored is safe."
        )

    def _connect(self, timeout_s: float) -> Any:
        try:
            return _dask().Client(self._scheduler, timeout=timeout_s, set_as_default=False)
        except (OSError, ValueError) as error:
            raise DgnError(
                f"No scheduler answers at {self._scheduler!r} ({error}).",
                "Give the address that it printed when it started, such as tcp://10.0.0.1:8786.",
            ) from None


@contextmanager
def dask_connection(
    scheduler: str | None, workers: int = 1, patience_s: float = PATIENCE_S
) -> Iterator[DaskConnection]:
    """The cluster of ``scheduler``, or without one ``workers`` processes of this machine.

    Raises `DgnError` without Dask, or if no scheduler answers.
    """
    dask = _dask()
    with _quiet():
        local = None
        if scheduler is None:
            local = dask.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",  # the usual port may be another cluster's
                silence_logs=logging.CRITICAL,
                death_timeout=_START_S,
                # torch's threads would spin while they wait, and slow the other workers down
                env={"OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE")},
            )
            scheduler = local.scheduler_address
        try:
            connection = DaskConnection(scheduler, patience_s)
            try:
                yield connection
            finally:
                connection.close()
        finally:
            if local is not None:
                with suppress(TimeoutError):  # its processes end with this one
                    local.close(timeout=_ANSWER_S)


def _dask() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise DgnError("A cluster needs Dask, which is not installed.", _INSTALL) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask prints a traceback for each connection that ends; what it means is said as `Said`."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)

"""What goes on beside the event loop: user flows as coroutines, and the thread that reads files."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

_log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


class Flows:
    """User flows (coroutines) and the one thread on which they touch the disk."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._loop = loop
        self._on_error = on_error
        self._tasks: set[asyncio.Task[Any]] = set()
        self._io = ThreadPoolExecutor(1, "dgn-io")
        self._closed = False

    def start(self, flow: Coroutine[Any, Any, Any]) -> None:
        """Run ``flow`` beside the others; an exception in it goes to ``on_error``."""
        if self._closed:  # a late timer or event, after the window has gone
            flow.close()
            return
        task = self._loop.create_task(flow)
        self._tasks.add(task)  # asyncio itself holds tasks weakly only
        task.add_done_callback(self._done)

    async def on_disk(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` on the I/O thread."""
        job = self._io.submit(function, *args, **kwargs)
        return await asyncio.wrap_future(job, loop=self._loop)

    async def settle(self) -> None:
        """Wait until every flow but the caller has ended."""
        others = self._tasks - {asyncio.current_task(self._loop)}
        if others:
            await asyncio.wait(others, timeout=5.0)

    def close(self) -> None:
        """Cancel what still runs and end the I/O thread after its current call."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        self._io.shutdown(wait=True, cancel_futures=True)

    @property
    def busy(self) -> bool:
        """Whether a flow is still under way."""
        return bool(self._tasks)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            _log.error("A flow failed", exc_info=error)
            self._on_error(error)

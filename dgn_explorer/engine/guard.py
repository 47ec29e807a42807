"""Running jobs so that whatever goes wrong becomes an event."""

import traceback
from collections.abc import Callable

from dgn_explorer.engine.messages import Event, Failed, Opened, OpenFailed
from dgn_explorer.engine.queue import Asked, OpenRequest, Work, WorkQueue
from dgn_explorer.errors import DgnError
from dgn_explorer.machine.missing import missing_part

REPORT = "Copy the details into a report on the project's issue tracker."


def open_guarded(
    open_: Callable[[OpenRequest], Opened], request: OpenRequest, tell: Callable[[Event], None]
) -> None:
    """Open what ``request`` names; what goes wrong becomes an `OpenFailed`."""
    try:
        tell(open_(request))
    except Exception as error:
        tell(open_failed(error))


def open_failed(error: Exception) -> OpenFailed:
    """The event for an ``error`` while something was opened."""
    if isinstance(error, DgnError):
        return OpenFailed(error.message, error.hint, "")
    details = "".join(traceback.format_exception(error))
    missing = missing_part(error)
    if missing is not None:
        return OpenFailed(missing.message, missing.hint, details)
    return OpenFailed(f"Opening failed: {type(error).__name__}: {error}.", REPORT, details)


def run_guarded(
    run: Callable[[tuple[Work, ...]], None],
    work: tuple[Work, ...],
    tell: Callable[[Event], None],
    queue: WorkQueue,
) -> None:
    """Run a question, or jobs together; what goes wrong becomes a `Failed` and the engine goes on.

    Where several jobs fail together each half is tried by itself; if memory was short, no more
    than that of their kind are taken at once from now on.
    """
    try:
        halves = _run(run, work, tell, queue)
        for half in halves:  # after the failed attempt has let go of its memory
            run_guarded(run, half, tell, queue)
    finally:
        for one in work:
            queue.done(one)


def _run(
    run: Callable[[tuple[Work, ...]], None],
    work: tuple[Work, ...],
    tell: Callable[[Event], None],
    queue: WorkQueue,
) -> list[tuple[Work, ...]]:
    """Run ``work`` and return what has to be tried again, in two parts or none."""
    try:
        run(work)
    except Exception as error:
        left = queue.unfinished(work)
        if len(left) == 1:
            tell(failed(left[0], error))
            return []
        half = len(left) // 2
        if half and _is_out_of_memory(error):
            queue.fit(left[0], half)
        return [left[:half], left[half:]] if half else []
    return []


def failed(work: Work, error: Exception) -> Failed:
    """What is told of ``work`` that ended with ``error``."""
    if isinstance(error, DgnError):
        return Failed(work.number, error.message, error.hint, "")
    details = "".join(traceback.format_exception(error))
    missing = missing_part(error)
    if missing is not None:
        return Failed(work.number, missing.message, missing.hint, details)
    if _is_out_of_memory(error):
        message = "There was not enough memory for this ascent."
        return Failed(work.number, message, "Close other programs, or use the CPU.", details)
    what = "question" if isinstance(work, Asked) else work.order.about.name
    message = f"The {what} failed: {type(error).__name__}: {error}."
    return Failed(work.number, message, REPORT, details)


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()

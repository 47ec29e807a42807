"""Running a job so that whatever goes wrong becomes an event."""

import traceback
from collections.abc import Callable

from dgn_explorer.engine.messages import Event, Failed
from dgn_explorer.engine.queue import Task, Work, WorkQueue
from dgn_explorer.errors import DgnError

REPORT = "Copy the details into a report on the project's issue tracker."


def run_guarded(
    run: Callable[[Work], None], job: Work, tell: Callable[[Event], None], queue: WorkQueue
) -> None:
    """Run one job; whatever goes wrong becomes a `Failed` event and the engine goes on."""
    try:
        run(job)
    except DgnError as error:
        tell(Failed(job.number, error.message, error.hint, ""))
    except MemoryError as error:
        tell(_out_of_memory(job, error))
    except Exception as error:
        if "out of memory" in str(error).lower():
            tell(_out_of_memory(job, error))
        else:
            what = "question" if isinstance(job, Task) else "ascent"
            message = f"The {what} failed: {type(error).__name__}: {error}."
            tell(Failed(job.number, message, REPORT, traceback.format_exc()))
    finally:
        queue.done(job)


def _out_of_memory(job: Work, error: BaseException) -> Failed:
    details = "".join(traceback.format_exception(error))
    message = "There was not enough memory for this ascent."
    return Failed(job.number, message, "Close other programs, or use the CPU.", details)

"""What runs on a worker: it opens what a task needs once, keeps it, and makes recipes.

torch is imported by the first task, in the worker's process.
"""

import functools
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dgn_explorer.cluster.task import Answer, Made, Setup, Task, WorkerFacts
from dgn_explorer.errors import DgnError
from dgn_explorer.version import __version__

if TYPE_CHECKING:
    from dgn_explorer.results.record import Record
    from dgn_explorer.synthesis.bench import Bench
    from dgn_explorer.synthesis.recipe import Recipe

REPORT = "Copy the details into a report on the project's issue tracker."
_ONE_AT_A_TIME = threading.Lock()  # a worker of several threads has one bench, and one random state


def run_task(task: Task) -> Answer:
    """Make the recipes of ``task``; what goes wrong with one is said in its `Made`."""
    if task.setup.version != __version__:
        unfit = f"it has dgn-explorer {__version__} and not {task.setup.version}"
        return Answer(WorkerFacts(address(), __version__, "", "", "", 0), unfit=unfit)
    with _ONE_AT_A_TIME:
        recipes = [_recipe(order) for order in task.orders]
        try:
            keeper = _keeper(task.setup)
            bench = keeper.bench(recipes[0])
        except DgnError as error:
            return Answer(facts(), unfit=f"{error.message} {error.hint}")
        together = keeper.together(len(recipes))
        made: list[Made] = []
        for at in range(0, len(recipes), together):
            made += _make(recipes[at : at + together], bench)
        return Answer(facts(), tuple(made))


def facts() -> WorkerFacts:
    """What decides the last bits here; imports torch."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    cpu, threads = torch.backends.cpu.get_cpu_capability(), torch.get_num_threads()
    return WorkerFacts(address(), __version__, torch.__version__, device, cpu, threads)


def address() -> str:
    """Where Dask finds this worker; empty outside of one."""
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:
        return ""


def _recipe(text: str) -> "Recipe":
    from dgn_explorer.synthesis.recipe import Recipe

    return Recipe.from_json(text)


@functools.lru_cache(maxsize=1)  # another network or prior takes the place of the one before
def _keeper(setup: Setup) -> "_Keeper":
    return _Keeper(setup)


class _Keeper:
    """Network and prior of one setup, opened once."""

    def __init__(self, setup: Setup) -> None:
        from distributed import get_worker

        from dgn_explorer.engine.opened import OpenThings
        from dgn_explorer.engine.queue import OpenRequest
        from dgn_explorer.machine.device import choose_device
        from dgn_explorer.machine.memory import keep_memory
        from dgn_explorer.machine.threads import use_threads
        from dgn_explorer.networks.loaded import refuse
        from dgn_explorer.results.store import Store

        self._together = setup.together
        device = choose_device(setup.device)
        use_threads(device, setup.threads)
        keep_memory(device)
        # An atlas has no inputs and no earlier results, so the store of a worker stays empty.
        try:
            folder = Path(get_worker().local_directory)
        except ValueError:
            folder = Path("no-worker")
        self._open = OpenThings(device, Store(folder / "dgn-explorer"), refuse)
        self._open.open(OpenRequest(setup.network, setup.prior))
        self._is_cpu = device.type == "cpu"

    def bench(self, recipe: "Recipe") -> "Bench":
        """What ``recipe`` needs; raises `DgnError` if other weights were opened than it names."""
        try:
            return self._open.bench(recipe)
        except DgnError:
            raise DgnError(
                f"What it opened as {recipe.network!r} and {recipe.prior!r} has other weights than"
                " the recipe names.",
                "Give every machine the same files.",
            ) from None

    def together(self, count: int) -> int:
        """How many of ``count`` recipes share an ascent here."""
        return self._together or (1 if self._is_cpu else count)


def _make(recipes: "Sequence[Recipe]", bench: "Bench") -> list[Made]:
    """As the engine does: where several fail together each half is tried by itself."""
    from dgn_explorer.synthesis.making import finish, make_together

    alone = len(recipes) > 1 and not recipes[0].about.together
    try:
        if not alone:
            return [_encoded(record) for record in finish(make_together(recipes, bench))]
    except Exception as error:
        if len(recipes) == 1:
            return [_failed(recipes[0], error)]
    half = len(recipes) // 2
    return _make(recipes[:half], bench) + _make(recipes[half:], bench)


def _encoded(record: "Record") -> Made:
    from dgn_explorer.results.hdf5_file import encode
    from dgn_explorer.results.record_file import raw_of

    try:
        data = encode(raw_of(record).datasets)
    except DgnError as error:  # numbers that are not finite
        return Made(record.key, message=error.message, hint=error.hint)
    return Made(record.key, data, seconds=record.provenance.seconds)


def _failed(recipe: "Recipe", error: Exception) -> Made:
    if isinstance(error, DgnError):
        return Made(recipe.key, message=error.message, hint=error.hint)
    details = "".join(traceback.format_exception(error))
    message = f"{recipe.about.name} failed: {type(error).__name__}: {error}."
    return Made(recipe.key, message=message, hint=f"{REPORT}\n{details}")

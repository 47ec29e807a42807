"""What an atlas costs on Dask: beside the plain queue, a task, and simulated on many workers.

Needs the extra ``cluster``. Processes of this machine alone; ``DGN_BENCHMARK_IMAGES`` is how many
images each measured run makes, a few at 40 steps, ``DGN_BENCHMARK_RECIPES`` how many the memory is
measured over.
"""

import dataclasses
import heapq
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer import api
from dgn_explorer.cluster import connection as dask
from dgn_explorer.cluster.atlas import Stored, run_atlas
from dgn_explorer.cluster.opening import Atlas, atlas_of, make_atlas
from dgn_explorer.cluster.task import Answer, Made, Setup, Task, WorkerFacts
from dgn_explorer.engine.messages import Finished
from dgn_explorer.engine.ordering import Wanted
from dgn_explorer.results.hdf5_file import encode
from dgn_explorer.results.record import Provenance, Record
from dgn_explorer.results.record_file import RawRecord, raw_of
from dgn_explorer.results.store import Store
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.version import __version__

IMAGES = int(os.environ.get("DGN_BENCHMARK_IMAGES", "8"))
RECIPES = int(os.environ.get("DGN_BENCHMARK_RECIPES", "100000"))
STEPS, TASKS = 40, 1_000
# Mean seconds of an image in the simulation, 250 steps on an idle core: the spread is replayed as
# it was measured, but a busy machine's mean is no cluster's.
IMAGE_S = 12.5


def measure() -> dict[str, float]:
    """Seconds an image; shares of time; milliseconds of processor a task; simulated efficiency."""
    with api.open(device="cpu", threads=1, progress=False) as explorer:
        wanted = Wanted.of("dgn-am", changes={"steps": STEPS})
        atlas = atlas_of(explorer, ["fc:*"], wanted)
        recipes = [recipe for recipe, _ in zip(atlas.recipes(), range(IMAGES + 1), strict=False)]
        plain_s, plain_busy = _queue(explorer, recipes)
        record = explorer.make(recipes[0])
    figures = {"queue_image_s": plain_s, "queue_busy": plain_busy}
    rates = {}
    for workers in (1, 2):
        rates[workers], busy, seconds = _atlas(atlas, workers)
        figures[f"cluster_image_s_{workers}"] = rates[workers]
        figures[f"cluster_busy_{workers}"] = busy
    figures["cluster_over_queue"] = rates[1] / plain_s
    figures["cluster_2_over_1"] = rates[1] / rates[2]
    costs = _costs(record)
    figures |= costs
    print(figures, file=sys.stderr, flush=True)
    figures["client_growth_mb"] = _growth(record)
    image_s = [second * IMAGE_S / float(np.mean(seconds)) for second in seconds]
    for workers in (10, 100, 1_000, 2_000):
        share, bottleneck = simulate(
            workers, image_s, costs["scheduler_task_ms"] / 1e3, costs["client_task_ms"] / 1e3
        )
        figures[f"simulated_efficiency_{workers}"] = share
        print(f"{workers} workers: {share:.3f}, {bottleneck} is busiest", file=sys.stderr)
    return figures


def simulate(
    workers: int, image_s: list[float], scheduler_s: float, client_s: float
) -> tuple[float, str]:
    """Share of ``workers``' time that is spent on images, and who else is the busiest.

    Every task waits for the one client (submit, decode, store), for the one scheduler, and for a
    worker, which has one more task waiting (as `connection` keeps them). Times are those measured.
    """
    draw = np.random.default_rng(0)
    count = 40 * workers
    client = scheduler = busy = 0.0
    free = [(0.0, n) for n in range(workers)]
    heapq.heapify(free)
    waiting = dict.fromkeys(range(workers), 0.0)  # when the task that waits there arrived
    for n in range(workers):  # the first two tasks of each
        client += client_s / 2
        scheduler = max(scheduler, client) + scheduler_s / 2
        waiting[n] = scheduler
    end = 0.0
    for _ in range(count):
        at, n = heapq.heappop(free)
        seconds = float(draw.choice(image_s))
        done = max(at, waiting[n]) + seconds
        busy += seconds
        heapq.heappush(free, (done, n))
        end = max(end, done)
        # Its answer goes by the scheduler to the client, which stores it and hands out the next,
        # that waits at the worker by the time the task after this one has ended.
        scheduler = max(scheduler, at) + scheduler_s
        client = max(client, scheduler) + client_s
        waiting[n] = client
    costs = {"client": client_s, "scheduler": scheduler_s}
    return busy / (workers * end), max(costs, key=lambda name: costs[name])


def _queue(explorer: api.Explorer, recipes: list[Recipe]) -> tuple[float, float]:
    explorer.make(recipes[0])  # everything is warm
    began = time.perf_counter()
    seconds = [
        event.record.provenance.seconds
        for _, event in explorer.session.run(recipes[1:])
        if isinstance(event, Finished)
    ]
    wall = time.perf_counter() - began
    return wall / len(seconds), sum(seconds) / wall


def _atlas(atlas: Atlas, workers: int) -> tuple[float, float, list[float]]:
    """Seconds an image once every worker has made one; their busy share; each image's seconds."""
    with tempfile.TemporaryDirectory() as folder:
        recipes = _some(atlas, IMAGES * workers + 2 * workers)
        events = make_atlas(
            recipes, Store(Path(folder)), "default", workers=workers, threads=1, device="cpu"
        )
        warm: set[str] = set()
        began, seconds = 0.0, []
        for event in events:
            if not isinstance(event, Stored):
                continue
            if len(warm) < workers:
                warm.add(event.worker)
                began = time.perf_counter()
            else:
                seconds.append(event.seconds)
        wall = time.perf_counter() - began
    return wall / len(seconds), sum(seconds) / (wall * workers), seconds


def _some(atlas: Atlas, count: int) -> Atlas:
    return Atlas(atlas.first, atlas.network, (f"fc:0-{count - 1}",), atlas.seeds)


# ---- costs of a task that takes no time


def replay(task: Task) -> Answer:
    """A task whose images are there at once: runs on a worker."""
    data = (Path(os.environ["DGN_BENCHMARK_RECORD"])).read_bytes()
    facts = WorkerFacts("", __version__, "", "", "", 1)
    return Answer(facts, tuple(Made(key, data, seconds=0.0) for key in task.keys))


class _Unread(Store):
    """Takes one record for all, because only one was made."""

    def __init__(self, folder: Path, raw: RawRecord, key: str) -> None:
        super().__init__(folder)
        self._one = key, raw
        self._count = 0

    def summary(self, key: str) -> Summary | None:
        return None

    def put_raw(self, key: str, raw: RawRecord) -> bool:
        return super().put_raw(*self._one)


def _numbered(recipe: Recipe, count: int) -> Iterator[Recipe]:
    return (dataclasses.replace(recipe, seed=seed) for seed in range(count))


def _costs(record: Record) -> dict[str, float]:
    """Milliseconds of processor that a task costs the scheduler and the client."""
    with tempfile.TemporaryDirectory() as folder:
        raw = raw_of(record)
        path = Path(folder) / "record"
        path.write_bytes(encode(raw.datasets))
        environment = {**os.environ, "DGN_BENCHMARK_RECORD": str(path)}
        program = [sys.executable, "-m", "dask"]
        address = "tcp://127.0.0.1:38786"
        scheduler = subprocess.Popen(
            [*program, "scheduler", "--host", "127.0.0.1", "--port", "38786", "--no-dashboard"],
            stderr=subprocess.DEVNULL,
        )
        worker = subprocess.Popen(
            [*program, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"],
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        patched: Any = dask
        real, patched.run_task = dask.run_task, replay
        try:
            _wait_for(38786)
            with dask.dask_connection(address) as connected:
                store = _Unread(Path(folder) / "store", raw, record.key)
                setup = Setup("lite0", "default", __version__)
                accepted = _Accepting(connected, record.key)
                for _ in run_atlas(_numbered(record.recipe, 50), store, accepted, setup):
                    pass
                before = _cpu_s(scheduler.pid), time.process_time()
                tasks = (one for one in _numbered(record.recipe, TASKS + 50) if one.seed >= 50)
                for _ in run_atlas(tasks, store, accepted, setup):
                    pass
                after = _cpu_s(scheduler.pid), time.process_time()
        finally:
            patched.run_task = real
            for process in (worker, scheduler):
                process.kill()
                process.wait()
    return {
        "scheduler_task_ms": 1e3 * (after[0] - before[0]) / TASKS,
        "client_task_ms": 1e3 * (after[1] - before[1]) / TASKS,
    }


class _Accepting:
    """A connection whose answers all name the one record that there is."""

    def __init__(self, real: dask.DaskConnection, key: str) -> None:
        self._real = real
        self._key = key
        self.room, self.submit, self.news = real.room, real.submit, real.news
        self.leave_out = real.leave_out

    def next(self, timeout_s: float) -> Any:
        back = self._real.next(timeout_s)
        if back is None or not isinstance(back[1], Answer):
            return back
        task, answer = back
        return task, Answer(answer.facts, tuple(Made(self._key, m.data) for m in answer.made))


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the scheduler did not start")


def _cpu_s(process: int) -> float:
    fields = (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- memory


class _Here:
    """A cluster without processes: answers at once."""

    def __init__(self, key: str, data: bytes) -> None:
        self._answer = Answer(WorkerFacts("", "", "", "", "", 1), (Made(key, data),))
        self._waiting: list[Task] = []

    def room(self) -> int:
        return 16 - len(self._waiting)

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

    def next(self, timeout_s: float) -> tuple[Task, Answer]:
        return self._waiting.pop(0), self._answer

    def leave_out(self, address: str) -> int:
        return 1

    def news(self) -> list[str]:
        return []


class _Nowhere(_Unread):
    def put_raw(self, key: str, raw: RawRecord) -> bool:
        return True


def _growth(record: Record) -> float:
    """MB that this process grows by between the first tenth and the last of `RECIPES` recipes."""
    small = Record(
        record.order,
        {**record.parts, "images": record.images[:, :8, :8]},
        record.trace,
        record.state,
        Provenance(1.0, "cpu", record.provenance.created),
        record.label,
    )
    with tempfile.TemporaryDirectory() as folder:
        store = _Nowhere(Path(folder), raw_of(small), small.key)
        here = _Here(small.key, encode(raw_of(small).datasets))
        setup = Setup("lite0", "default", __version__)
        first = 0
        events: Iterable[object] = run_atlas(_numbered(small.recipe, RECIPES), store, here, setup)
        for number, _ in enumerate(events):
            if number == RECIPES // 10:
                first = _resident()
    return (_resident() - first) / 1e6


def _resident() -> int:
    """Bytes of memory that this process has now; from Linux's /proc."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

"""Class units of the built-in pair through the engine's queue: one at a time, and 16 at once.

On a GPU all 1000 are made, on a CPU as many as take a few minutes (``DGN_BENCHMARK_UNITS``).
"""

import os
import queue
import resource
import tempfile
import time
from pathlib import Path

import torch

from dgn_explorer.engine.engine import Engine
from dgn_explorer.engine.messages import Event, Failed, Finished, Lane, Opened, OpenFailed
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

TOGETHER = 16


def measure() -> dict[str, float]:
    """Images a second, from the first in the queue to the last in the store; memory in MiB."""
    gpu = torch.cuda.is_available()
    units = int(os.environ.get("DGN_BENCHMARK_UNITS", "1000" if gpu else "16"))
    alone, _ = images_a_second(max(2, units // 4), 1)
    together, grown = images_a_second(units, TOGETHER)
    return {
        "layer_units": units,
        "layer_images_per_second_batch1": alone,
        f"layer_images_per_second_batch{TOGETHER}": together,
        f"layer_batch{TOGETHER}_over_batch1": together / alone,
        "layer_1000_units_s": 1000 / together,
        "layer_memory_growth_mib": grown,
    }


def images_a_second(
    count: int, together: int, device: str | None = None, steps: int = DgnAmParameters().steps
) -> tuple[float, float]:
    """Images a second, and by how much the second half raised the most memory that was in use."""
    events: queue.Queue[Event] = queue.Queue()
    with tempfile.TemporaryDirectory() as home:
        engine = Engine(Store(Path(home) / "results"), events.put, device, together=together)
        engine.start()
        engine.open("lite0", "default")
        while not isinstance(opened := events.get(), Opened):
            assert not isinstance(opened, OpenFailed), opened
        engine.pause_batch(True)
        for index in range(count):
            engine.submit(_recipe(opened, index, steps), Lane.BATCH)
        engine.pause_batch(False)
        started = time.perf_counter()
        peaks = []
        while len(peaks) < count:
            event = events.get()
            assert not isinstance(event, Failed), event
            if isinstance(event, Finished):
                peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        seconds = time.perf_counter() - started
        engine.close()
    return count / seconds, peaks[-1] - peaks[len(peaks) // 2]


def _recipe(opened: Opened, index: int, steps: int) -> Recipe:
    return Recipe(
        "lite0",
        opened.network.fingerprint,
        "default",
        opened.prior.fingerprint,
        Maximise.of(UnitAddress("fc", index)),
        parameters=DgnAmParameters(steps=steps),
        numeric=opened.numeric,
    )

"""A pass over a photo set, over the bare forward passes of batches of the same size.

``python -m tests.benchmarks --only measuring``. The photographs are made at random, JPEGs of 224
px. In the first pass its batches and bare ones take turns, so that a busy machine is busy for both;
seconds are wall seconds, and the threads that decode may work during either. The second pass counts
them in full: CPU seconds of the whole process, from the first photograph to the last shard.
"""

import io
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.photographs.measuring import BATCH
from dgn_explorer.synthesis.photographs.measuring import measure as measuring

PHOTOS, SIDE = 240, 224
LAYERS = ["blocks.4", "blocks.10", "blocks.13", "blocks.15", "fc"]


def measure() -> dict[str, float]:
    """Ratios of the pass to the bare passes, and photographs a second."""
    network = open_network("lite0")
    size = network.info.working_size
    x = network.preprocessing(torch.rand(BATCH, 3, size, size))
    ours: list[float] = []
    bare: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder, "photos")
        photos.mkdir()
        for number in range(PHOTOS):
            (photos / f"{number}.jpg").write_bytes(_jpeg(number))
        store = Store(Path(folder, "store"))
        collection = store.sets.open(store.sets.put(photos).sha256)
        work = measuring(network, collection, store.sets.measured, LAYERS)
        next(work)
        for _ in range(PHOTOS // BATCH):
            bare.append(_bare(network, x))
            started = time.perf_counter()
            next(work)
            ours.append(time.perf_counter() - started)
        work.close()
        collection.close()
        again = Store(Path(folder, "other"))
        collection = again.sets.open(again.sets.put(photos).sha256)
        began, clock = time.process_time(), time.perf_counter()
        for _ in measuring(network, collection, again.sets.measured, LAYERS):
            pass
        cpu_s, wall_s = time.process_time() - began, time.perf_counter() - clock
        began = time.process_time()
        for _ in range(PHOTOS // BATCH):
            _bare(network, x)
        bare_s = time.process_time() - began
    return {
        "photos_over_bare": statistics.median(ours[1:]) / statistics.median(bare[1:]),
        "photos_over_bare_cpu": cpu_s / bare_s,
        "photos_a_second": PHOTOS / wall_s,
    }


@torch.no_grad()
def _bare(network: Network, x: torch.Tensor) -> float:
    started = time.perf_counter()
    network.module(x)
    return time.perf_counter() - started


def _jpeg(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (28, 28, 3), np.uint8))
    out = io.BytesIO()
    coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(out, "jpeg", quality=90)
    return out.getvalue()

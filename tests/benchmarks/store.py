"""A store with many results: 10,000, or ``DGN_BENCHMARK_RESULTS`` (100,000 take 6 GB a while)."""

import dataclasses
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.hdf5_file import encode
from dgn_explorer.results.index import INDEX
from dgn_explorer.results.record import Provenance, Record
from dgn_explorer.results.record_file import read_raw
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

RESULTS = int(os.environ.get("DGN_BENCHMARK_RESULTS", "10000"))
PAGE, ROUNDS = 60, 7


def measure() -> dict[str, float]:
    """Seconds to open and list the store, first without and then with its index; ms of the rest.

    ``store_list_new_ms`` is a list in the same program after one new result.
    """
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "results"
        _fill(folder)
        cold_s = _seconds(lambda: _list(folder))
        assert (folder / INDEX).is_file(), "too few results for an index"
        warm_s = [_seconds(lambda: _list(folder)) for _ in range(3)]
        store = Store(folder)
        keys = [item.key for item in store.list()]
        pages_s, puts_s, news_s = [], [], []
        for turn in range(ROUNDS):
            page = keys[turn * PAGE : (turn + 1) * PAGE]
            pages_s.append(_seconds(lambda page=page: [store.thumbnail(k, 96) for k in page]))
            result = _result(RESULTS + turn, 224)
            puts_s.append(_seconds(lambda result=result: store.put(result)))
            news_s.append(_seconds(store.list))
    return {
        "store_results": RESULTS,
        "store_list_cold_s": cold_s,
        "store_list_warm_s": min(warm_s),
        "store_list_new_ms": 1000 * statistics.median(news_s),
        "store_thumbnails_ms": 1000 * statistics.median(pages_s),
        "store_put_ms": 1000 * statistics.median(puts_s),
    }


def _fill(folder: Path) -> None:
    """Copies of one real file under other recipes, written without waiting for the disk."""
    first = Store(folder).put(_result(0, 112)).path
    datasets = read_raw(first, first.stem).datasets
    metadata = json.loads(str(datasets["metadata"]))
    recipe = Recipe.from_json(json.dumps(metadata["recipe"]))
    for seed in range(1, RESULTS):
        other = dataclasses.replace(recipe, seed=seed)
        text = json.dumps(metadata | {"recipe": other.to_dict()}, sort_keys=True)
        path = folder / other.key[:2] / f"{other.key}.h5"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode(datasets | {"metadata": text}))


def _result(seed: int, size: int) -> Record:
    rng = np.random.default_rng(seed)
    return Record(
        order=Recipe(
            "lite0", "a" * 64, "default", "b" * 64, Maximise.of(UnitAddress("fc", 980)), seed=seed
        ),
        parts={
            "images": rng.integers(0, 256, (1, size, size, 3), np.uint8),
            "codes": rng.normal(size=(1, 1024)).astype(np.float32),
        },
        trace=rng.normal(size=200).astype(np.float32),
        state="done",
        provenance=Provenance(5.0, "CPU, 2 threads", "2026-01-01T00:00:00+00:00"),
        label="volcano",
    )


def _list(folder: Path) -> None:
    assert len(Store(folder).list()) >= RESULTS


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started

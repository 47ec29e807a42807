"""Memory of a very long chain: ``python -m tests.benchmarks.long_chain [--samples 10000]``.

Network and prior are the tests' tiny ones (32 px), so that what is measured is all the rest: the
chain with a draft in a store, its record, and how long the store takes to list it beside one of two
samples. A line for every tenth of the samples as soon as it is there.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from dgn_explorer.results.record import where_made
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.making import finish, make, versions
from tests.synthesis.ppgn_setup import Chains

ROUNDS = 9


def measure(samples: int, folder: Path) -> Iterator[dict[str, float]]:
    """MB in use after so many samples, then of the record and of what follows."""
    chains, store = Chains(folder), Store(folder / "store")
    bench = chains.bench()
    where = where_made(str(bench.device), versions())
    bench = replace(bench, draft=partial(store.draft, where=where))
    store.put(finish(make(chains.recipe("ant", samples=2), bench)))
    before = _listing(folder)
    order = chains.recipe("bee", samples=samples, warm=1, cycle=1)
    work, began = make(order, bench), time.perf_counter()
    while True:
        try:
            done = next(work).done
        except StopIteration as end:
            record = end.value
            break
        if done % (samples // 10) == 0:
            yield {"samples": done, "mb": _now_mb(), "s": time.perf_counter() - began}
    yield {"record_mb": record.images.nbytes / 1e6, "mb": _now_mb(), "most_mb": _most_mb()}
    store.put(record)
    del record
    yield {
        "mb": _now_mb(),
        "most_mb": _most_mb(),
        "list_ms": _listing(folder),
        "list_before_ms": before,
    }


def _listing(folder: Path) -> float:
    def seconds() -> float:
        began = time.perf_counter()
        Store(folder / "store").list()
        return time.perf_counter() - began

    return 1000 * statistics.median(seconds() for _ in range(ROUNDS))


def _now_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> None:
    """Print a JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.long_chain")
    parser.add_argument("--samples", type=int, default=10_000)
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(parser.parse_args().samples, Path(folder)):
            print(json.dumps({name: round(value, 1) for name, value in row.items()}), flush=True)


if __name__ == "__main__":
    main()

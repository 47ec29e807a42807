"""What the end of a job costs the window when its store holds many results."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import asyncio
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QApplication

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.features.results.results_model import ResultModel
from dgn_explorer.gui.state.library import Library
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.store import Store
from dgn_explorer.results.summary import Summary

RESULTS = int(os.environ.get("DGN_BENCHMARK_RESULTS", "100000"))
ROUNDS = 50


class _NoEngine:
    """Nothing runs here."""

    frames = None


def measure() -> dict[str, float]:
    """Median milliseconds that a stored result takes to reach a list of `RESULTS`."""
    QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as home:
        os.environ["DGN_EXPLORER_HOME"] = home
        loop = asyncio.new_event_loop()
        flows = Flows(loop, print)
        session = Session(_NoEngine(), Store(Path(home) / "results"), flows)  # type: ignore[arg-type]
        library = session.library
        model = ResultModel(library, Notes(session, flows))
        _fill(library)
        assert model.rowCount() == RESULTS
        taken = []
        for number in range(ROUNDS):
            item = _summary(RESULTS + number)
            started = time.perf_counter()
            library.add(item)
            taken.append(time.perf_counter() - started)
        assert model.rowCount() == RESULTS + ROUNDS
        loop.run_until_complete(flows.settle())
        loop.close()
    return {"job_end_ms": 1000 * statistics.median(taken), "job_end_results": RESULTS}


def _fill(library: Library) -> None:
    library._all = [_summary(number) for number in range(RESULTS)]
    library._index()


def _summary(number: int) -> Summary:
    unit = UnitAddress("fc", number)
    first = Summary(
        f"{number:064x}",
        Path(),
        "images",
        "lite0",
        "f" * 64,
        "default",
        (unit,),
        str(unit),
        "volcano",
        0,
        "dgn-am",
        "done",
        1,
        250,
        1.0,
        1.0,
        "2026-01-01T00:00:00+00:00",
        100_000,
    )
    return replace(first, seed=number)

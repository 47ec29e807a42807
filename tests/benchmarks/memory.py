"""An ascent step of 16 images that asks the system for its memory, over one that has kept it."""

import statistics
import subprocess
import sys

import torch

from dgn_explorer.machine.memory import keep_memory
from tests.benchmarks.ascent import times

BATCH, ROUNDS = 16, 3
KEPT, ASKED = "kept", "asked"


def measure() -> dict[str, float]:
    """Ratio of median step times, in processes that take turns."""
    rounds = [(_step_s(ASKED), _step_s(KEPT)) for _ in range(ROUNDS)]
    return {"step_asked_over_kept_batch16": statistics.median(a / k for a, k in rounds)}


def _step_s(how: str) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.memory", how]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    if sys.argv[1] == KEPT:
        keep_memory(torch.device("cpu"))
    print(times(BATCH)[0])

"""Use the window at random: ``python -m tests.soak [--minutes 60] [--seed 0] [--json]``.

The engine, the event loop and the window are the real ones; network and prior are tiny, so that
jobs are fast, or the embedded pair with ``--network lite0``. All files go to a folder of its own.
The exit code is 1 if anything went wrong.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import argparse
import faulthandler
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.soak.run import soak
from tests.soak.watch import Report


def main() -> int:
    """Run the robot and print its report."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--network", choices=("tiny", "lite0"), default="tiny")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    faulthandler.enable()
    with tempfile.TemporaryDirectory(prefix="dgn-soak-") as home:
        report = soak(Path(home), 60 * chosen.minutes, chosen.seed, chosen.network)
    if chosen.json:
        print(json.dumps(asdict(report)))
    else:
        print_report(report)
    return int(bool(report.problems))


def print_report(report: Report) -> None:
    """One line a figure, then what was done, then what went wrong."""
    for name, value in asdict(report).items():
        if not isinstance(value, dict):
            print(f"{name:22} {value:.4g}" if isinstance(value, float) else f"{name:22} {value}")
    print("done: " + ", ".join(f"{name} {count}" for name, count in report.done.items()))
    for problem, count in report.problems.items():
        print(f"\n{count} times: {problem}")


if __name__ == "__main__":
    sys.exit(main())

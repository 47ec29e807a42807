"""Run the benchmarks: ``python -m tests.benchmarks [--json] [--only NAME]``."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import importlib
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

BENCHMARKS = {
    "ascent": "one step of an ascent over the bare passes through generator and network",
    "busy": "one step of an ascent beside busy processes, over one without them",
    "layer": "class units from the queue, one at a time and several in one ascent",
    "memory": "one step of 16 images that asks for its memory anew, over one that has kept it",
    "lucent": "seconds for an image in Lucent over ours (needs the extra `benchmark`)",
    "training": "a training step of the default preset over its parts, each done alone",
    "window": "start, first preview, smoothness and Stop of the real window",
    "command": "start of the command line and of an answer from the store",
    "store": "a store with many results: open, list, one page of thumbnails",
}


def main() -> None:
    """Run what is asked for and print one figure a line, or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="run only this one")
    chosen = parser.parse_args()
    figures: dict[str, object] = dict(machine())
    for name in chosen.only or BENCHMARKS:
        print(f"{name}: {BENCHMARKS[name]}", file=sys.stderr)
        figures |= importlib.import_module(f"tests.benchmarks.{name}").measure()
    if chosen.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:34} {value:.4g}" if isinstance(value, float) else f"{name:34} {value}")


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    cpu = platform.processor() or platform.machine()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            cpu = next(line.partition(":")[2].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        pass
    packages = ("torch", "PySide6-Essentials", "h5py", "numpy")
    return {
        "cpu": cpu,
        "cores": os.cpu_count() or 0,
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


if __name__ == "__main__":
    main()

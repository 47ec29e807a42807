"""Run the benchmarks: ``python -m tests.benchmarks [--json] [--only NAME | --gpu]``."""

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
    "glances": "the map of one more unit of a layer over the bare backward pass",
    "busy": "one step of an ascent beside busy processes, over one without them",
    "layer": "class units from the queue, one at a time and several in one ascent",
    "memory": "one step of 16 images that asks for its memory anew, over one that has kept it",
    "lucent": "seconds for an image in Lucent over ours (needs the extra `benchmark`)",
    "measuring": "a pass over a photo set, over the bare forward passes of its batches",
    "training": "a training step of the default preset over its parts, each done alone",
    "window": "start, first preview, smoothness and Stop of the real window",
    "command": "start of the command line and of an answer from the store",
    "cluster": "an atlas on Dask beside the plain queue, and on 1,000 workers (needs `cluster`)",
    "site": "a site of 10,000 units: writing it, scrolling it in Chromium (needs `test-site`)",
    "library": "the end of a job in a window whose store holds many results",
    "dissection": "processor seconds for the labels of a layer, a thousand pictures",
    "store": "a store with many results: open, list, one page of thumbnails",
}


def main() -> None:
    """Run what is asked for and print one figure a line, or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="run only this one")
    parser.add_argument("--gpu", action="store_true", help="the table of an ascent on a GPU")
    parser.add_argument("--device", default="cuda", help="for --gpu; a CPU takes small sizes")
    chosen = parser.parse_args()
    if chosen.gpu:
        table(chosen.device, chosen.json)
        return
    figures: dict[str, object] = dict(machine())
    for name in chosen.only or BENCHMARKS:
        print(f"{name}: {BENCHMARKS[name]}", file=sys.stderr)
        figures |= importlib.import_module(f"tests.benchmarks.{name}").measure()
    if chosen.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(line(name, value))


def line(name: str, value: object) -> str:
    """A row for people."""
    return f"{name:34} {value:.4g}" if isinstance(value, float) else f"{name:34} {value}"


def table(device: str, as_json: bool) -> None:
    """Print what an ascent takes on ``device``, each row as soon as it is measured."""
    gpu = importlib.import_module("tests.benchmarks.gpu")
    figures = {}
    for name, value in gpu.measure(device):
        figures[name] = value
        print(line(name, value), file=sys.stderr if as_json else sys.stdout, flush=True)
    if as_json:
        print(json.dumps(figures))


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

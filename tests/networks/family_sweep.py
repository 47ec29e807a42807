"""What every family of torchvision and timm reads, one network after the other, as a table.

``OMP_NUM_THREADS=1 python -m tests.networks.family_sweep FILE`` adds a line of JSON for each
network that FILE does not have yet, so that it may be stopped at any time; ``--table`` prints what
FILE has.
Each network has a process of its own, since some take gigabytes. Its smallest size is tried first
(timm: ``SMALL``), then its own.
"""

import argparse
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.weights.torchvision_import import torchvision_models
from tests.networks.making import image, wrongly_read
from tests.networks.test_families import TIMM, TORCHVISION

SMALL = 128  # pixels; what has a fixed grid of patches refuses them
ALONE_S = 12.0  # how long layers of one network are read alone
LEAST_ALONE = 8
LIMIT_S = 900
LAST = (  # those that take longest
    *("deepseek", "gemma4", "mobilenetv5", "naflexvit", "nasnetalarge", "pnasnet5large"),
    *("qwen3", "samvit", "sam2_hiera", "sequencer2d", "swinv2_cr", "hiera_tiny", "focalnet"),
)


def some(network: Network, count: list[int]) -> Iterator[int]:
    """Layers in an order drawn by chance, until the time for them is over; ``count`` is raised."""
    order = list(range(len(network.info.layers)))
    random.Random(0).shuffle(order)
    start = time.monotonic()
    for done, i in enumerate(order):
        if done >= LEAST_ALONE and time.monotonic() - start > ALONE_S:
            return
        count[0] += 1
        yield i


def measured(spec: str, size: int) -> dict[str, Any]:
    """What one network reads, as a line of the file."""
    start = time.monotonic()
    options = NetworkOptions(weights="random", size=size or None)
    if not size:
        try:
            network = open_network(spec, options=NetworkOptions(weights="random", size=SMALL))
        except DgnError:
            network = open_network(spec, options=options)
    else:
        network = open_network(spec, options=options)
    x = network.preprocessing(image(network.info.working_size) / 2 + 0.5)
    alone = [0]
    wrong = wrongly_read(network, x, some(network, alone))
    return {
        "spec": spec,
        "size": network.info.working_size,
        "layers": len(network.info.layers),
        "alone": alone[0],
        "wrong": wrong,
        "unreadable": Counter(layer.unreadable for layer in network.info.unreadable),
        "notices": list(network.info.notices),
        "seconds": round(time.monotonic() - start),
    }


def write(path: Path, spec: str, size: int) -> None:
    """Add the line of one network; an error is a line too."""
    try:
        line = measured(spec, size)
    except Exception as error:  # the table shows it
        line = {"spec": spec, "error": f"{type(error).__name__}: {error}"}
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def table(path: Path) -> None:
    """Print one row a library, and what is wrong, said or not readable."""
    print("| | networks | layers | read alone | read wrongly | not readable, with the reason |")
    print("|---|---|---|---|---|---|")
    reasons: Counter[str] = Counter()
    for library in ("torchvision", "timm"):
        own = [x for x in lines(path) if x["spec"].startswith(library)]
        read = [x for x in own if "error" not in x]
        unreadable = Counter({x["spec"]: sum(x["unreadable"].values()) for x in read})
        for x in read:
            reasons.update(x["unreadable"])
        sums = [sum(x[key] for x in read) for key in ("layers", "alone")]
        wrong = sum(len(x["wrong"]) for x in read)
        shown = " | ".join(map(str, (len(read), *sums, wrong, unreadable.total())))
        print(f"| {library} | {shown} |")
        print(f"  most unreadable: {unreadable.most_common(8)}", file=sys.stderr)
        whole = [x["spec"] for x in read if x["alone"] == x["layers"]]
        print(f"  every layer alone: {len(whole)} networks", file=sys.stderr)
        for x in own:
            if "error" in x or x["wrong"] or x["notices"]:
                print(f"  {x}", file=sys.stderr)
    print(reasons.most_common(), file=sys.stderr)


def go_on(path: Path, jobs: int, first: Sequence[str]) -> None:
    """Measure the networks that the file does not have yet."""
    torch.set_num_threads(1)
    torchvision_models()  # imported once, for all processes
    import timm  # noqa: F401

    todo = [(f"torchvision:{name}", size) for name, size in TORCHVISION.items()]
    todo += [(f"timm:{name}", size) for name, size in TIMM.items()]
    todo.sort(key=lambda pair: pair[0].startswith(tuple(f"timm:{name}" for name in LAST)))
    todo.sort(key=lambda pair: pair[0].partition(":")[2] not in first)
    done = {line["spec"] for line in lines(path)}
    left = [pair for pair in todo if pair[0] not in done]
    with ThreadPool(jobs) as pool:  # each waits for a process
        pool.map(lambda pair: apart(path, *pair), left, chunksize=1)


def apart(path: Path, spec: str, size: int) -> None:
    """Measure one network in a process of its own."""
    process = multiprocessing.get_context("fork").Process(target=write, args=(path, spec, size))
    process.start()
    process.join(LIMIT_S)
    if process.is_alive():
        process.kill()
        process.join()
    if spec not in {line["spec"] for line in lines(path)}:
        ended = f"ended with {process.exitcode} (limit {LIMIT_S} s)"
        with path.open("a") as file:
            file.write(json.dumps({"spec": spec, "error": ended}) + "\n")


def main() -> None:
    """Go on, in so many processes, or show what there is."""
    parser = argparse.ArgumentParser(prog="python -m tests.networks.family_sweep")
    parser.add_argument("file", type=Path)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--first", nargs="*", default=(), help="names that go before the others")
    given = parser.parse_args()
    if given.table:
        table(given.file)
    else:
        go_on(given.file, given.jobs, given.first)


if __name__ == "__main__":
    main()

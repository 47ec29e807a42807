"""Sets of images of one class: chains of PPGN beside seeds of DGN-AM, judged by another network.

``python -m tests.benchmarks.chains [--classes 8] [--samples 8] [--json]``: half of the classes
are picked (four at most), the others drawn with a fixed seed. A line a class and method as soon as
it is measured, then the means.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from dgn_explorer.evaluation.distances import mean_pairwise
from dgn_explorer.evaluation.judge import Judge
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import finish, make_together
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.methods.ppgn.about import PPGN
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

PICKED = ("volcano", "strawberry", "church", "golden retriever")
DRAWN_BY = 7  # seed of the other classes
JUDGE = "lite2"


def measure(classes: int, samples: int) -> Iterator[dict[str, object]]:
    """A row for every class and method as soon as it is measured, then the means of each."""
    device = torch.device("cpu")
    network, prior = open_network("lite0", device), open_prior("default", device)
    own, judge = Judge(network), Judge(open_network(JUDGE, device))
    bench = Bench(network, prior, _none, lambda key: None, lambda: network)
    drawn = np.random.default_rng(DRAWN_BY).permutation(len(network.info.labels))
    others = [network.info.labels[int(index)] for index in drawn[: classes // 2]]
    names = [name for pair in zip(PICKED, others, strict=False) for name in pair]
    rows: list[dict[str, object]] = []
    for name in names:
        unit = network.info.resolve(name)
        base = Recipe(
            network.info.name,
            network.info.fingerprint,
            prior.info.name,
            prior.info.fingerprint,
            Maximise.of(unit),
            numeric=best_numeric(device),
        )
        chain = replace(base, method=PPGN.name, parameters=replace(PPGN.default, samples=samples))
        seeds = [replace(base, seed=seed, parameters=DGN_AM.default) for seed in range(samples)]
        for method, orders in ((PPGN.name, [chain]), (DGN_AM.name, seeds)):
            began = time.process_time()
            records: tuple[Record, ...] = finish(make_together(orders, bench))
            seconds = (time.process_time() - began) / samples
            images = np.concatenate([record.images for record in records])
            wanted = torch.full((samples,), unit.index)
            seen = judge.look_at_images(images)
            reached = [r.activation_of(n) for r in records for n in range(r.count)]
            rows.append(
                {
                    "class": name,
                    "method": method,
                    "images": samples,
                    "own_top1": own.look_at_images(images).right(wanted, 1),
                    "judge_top1": seen.right(wanted, 1),
                    "judge_top5": seen.right(wanted, 5),
                    "diversity": mean_pairwise(seen.features),
                    "activation": float(np.mean(reached)),
                    "cpu_s": seconds,
                }
            )
            yield rows[-1]
    for method in (PPGN.name, DGN_AM.name):
        yield _mean([row for row in rows if row["method"] == method])


def _mean(rows: list[dict[str, object]]) -> dict[str, object]:
    means: dict[str, object] = {"class": "mean", "method": rows[0]["method"]}
    means["images"] = sum(int(str(row["images"])) for row in rows)
    for key in list(rows[0])[3:]:
        means[key] = float(np.mean([float(str(row[key])) for row in rows]))
    return means


def _none(sha256: str) -> bytes:
    raise KeyError(sha256)


def main() -> None:
    """Print the rows as columns, or as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.chains")
    parser.add_argument("--classes", type=int, default=8)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    chosen = parser.parse_args()
    for row in measure(chosen.classes, chosen.samples):
        cells = (f"{x:10.3f}" if isinstance(x, float) else f"{x!s:>16}" for x in row.values())
        print(json.dumps(row) if chosen.json else " ".join(cells), flush=True)


if __name__ == "__main__":
    main()

"""Whether an ascent should see its image as it will be kept: cut off at black and white.

``python -m tests.benchmarks.clamped FILE [--classes 200] [--arms raw clamped] [--batch 8]`` makes
the evaluation's classes, in its order, once for each arm: same class, seed and random cuts. FILE
gets a line of JSON for every image as soon as it is there, and what it holds is not made again, so
a run may be stopped and go on, and every beginning of it is a fair draw. Then, or alone with
``--report``, prints the means of each arm and its paired differences from ``raw``, with 95 %
intervals.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.evaluation.judge import Judge, Seen
from dgn_explorer.evaluation.plan import Plan
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import finish, make_together
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

RAW, CLAMPED, STRAIGHT = "raw", "clamped", "straight"
JUDGES = ("lite1", "lite2")
MEASURES = ("activation", "own_top1", "judge_top1")


class _Clamped(Prior):
    """Shows the network images cut off at black and white; no gradient comes from beyond."""

    def seen(self, image: Tensor, size: int) -> Tensor:
        return super().seen(image.clamp(0, 1), size)


class _Straight(Prior):
    """The same image, with a gradient as if nothing had been cut off."""

    def seen(self, image: Tensor, size: int) -> Tensor:
        return super().seen(image + (image.clamp(0, 1) - image).detach(), size)


ARMS: dict[str, type[Prior]] = {RAW: Prior, CLAMPED: _Clamped, STRAIGHT: _Straight}


@dataclass(frozen=True)
class Row:
    """What is kept of an image. ``judge_top1`` is the share of the judges that name its class."""

    place: int  # among the evaluation's classes
    unit: str
    arm: str
    activation: float
    own_top1: float
    judge_top1: float


def read(file: Path) -> list[Row]:
    """The rows of ``file``; none if it is not there yet."""
    if not file.exists():
        return []
    return [Row(**json.loads(line)) for line in file.read_text().splitlines()]


def measure(done: Sequence[Row], classes: int, arms: Sequence[str], batch: int) -> Iterator[Row]:
    """The rows that are not ``done`` yet, ``batch`` classes at a time, all arms beside each other.

    Batches are the same whatever is done, because the last bits of an image depend on them.
    """
    device = torch.device("cpu")
    network, prior = open_network("lite0", device), open_prior("default", device)
    judges = [Judge(open_network(name, device)) for name in JUDGES]
    own = Judge(network)
    units = Plan(classes=classes).class_units(network.info)
    base = Recipe(
        network.info.name,
        network.info.fingerprint,
        prior.info.name,
        prior.info.fingerprint,
        Maximise.of(units[0]),
        numeric=best_numeric(device),
    )
    priors = {
        arm: kind(**{f.name: getattr(prior, f.name) for f in fields(Prior)})
        for arm, kind in ARMS.items()
    }
    kept = {(row.place, row.arm) for row in done}
    for at in range(0, len(units), batch):
        places = range(at, min(at + batch, len(units)))
        for arm in arms:
            if all((place, arm) in kept for place in places):
                continue
            orders = [replace(base, target=Maximise.of(units[place])) for place in places]
            bench = Bench(network, priors[arm], _none, lambda key: None, lambda: network)
            records: tuple[Record, ...] = finish(make_together(orders, bench))
            images = np.concatenate([record.images for record in records])
            wanted = torch.tensor([units[place].index for place in places])
            seen = own.look_at_images(images)
            told = torch.stack([_right(x.look_at_images(images), wanted) for x in judges]).mean(0)
            for i, place in enumerate(places):
                reached = records[i].activation_of(0)
                right = float(_right(seen, wanted)[i])
                yield Row(place, str(units[place]), arm, reached, right, float(told[i]))


def report(rows: Sequence[Row]) -> Iterator[str]:
    """A line for each measure: of the arms, and of each arm's difference from ``raw``."""
    found = {(row.place, row.arm): row for row in rows}
    for arm in ARMS:
        places = [place for place, of in found if of == arm and (place, RAW) in found]
        if arm == RAW or not places:
            continue
        yield f"{arm} against {RAW}, n = {len(places)} classes, one seed"
        for name in MEASURES:
            here = np.array([getattr(found[place, arm], name) for place in places])
            there = np.array([getattr(found[place, RAW], name) for place in places])
            mean, half = interval(here - there)
            yield (
                f"  {name:12} {there.mean():8.3f} -> {here.mean():8.3f}"
                f"   difference {mean:+.3f} +/- {half:.3f}"
            )


def interval(differences: np.ndarray) -> tuple[float, float]:
    """Mean of paired ``differences`` (N,), and half the width of its 95 % interval."""
    if len(differences) < 2:
        return float(differences.mean()), float("nan")
    spread = differences.std(ddof=1) / len(differences) ** 0.5
    return float(differences.mean()), float(1.96 * spread)


def _right(seen: Seen, wanted: Tensor) -> Tensor:
    return (seen.logits.argmax(1) == wanted).float()


def _none(sha256: str) -> bytes:
    raise KeyError(sha256)


def main() -> None:
    """Make what is missing, then print the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.clamped")
    parser.add_argument("file", type=Path, help="results, a line of JSON each; is added to")
    parser.add_argument("--classes", type=int, default=200)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=[RAW, CLAMPED])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--report", action="store_true", help="only print what is there")
    chosen = parser.parse_args()
    if not chosen.report:
        done = read(chosen.file)
        with chosen.file.open("a") as file:
            for row in measure(done, chosen.classes, chosen.arms, chosen.batch):
                file.write(json.dumps(row.__dict__) + "\n")
                file.flush()
    for line in report(read(chosen.file)):
        print(line)


if __name__ == "__main__":
    main()

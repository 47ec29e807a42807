"""How good images are for what they cost: settings of an ascent against each other, by judges.

``python -m tests.benchmarks.quality FILE ARM...`` makes the evaluation's classes, in its order,
once for each ARM: same class, seed and random cuts. An arm is the name of a preset, settings such
as ``steps=100,sees=clamped``, or both: ``best,starts=2``; ``numeric=float32`` names an arithmetic,
``hard`` gives no gradient to pixels beyond black and white, and ``straight`` shows clamped images
with a gradient as if they were not. FILE gets a line of JSON for every image as soon as it is
there, and what it holds is not made again, so that a run may be stopped and go on. Then, or alone
with ``--report``, prints the means of each arm, with its paired differences from the first and
their 95 % intervals.

``--tuning`` takes other classes, which no evaluation uses: settings are chosen there.
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
from PIL import Image
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
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.parameters import parsed
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

STRAIGHT, HARD = "straight", "hard"
JUDGES = ("lite1", "lite2")
MEASURES = ("activation", "own_top1", "judge_top1", "judge_top5")
TUNING = 200  # classes that come before those for tuning: the evaluation's own
EVERY = 10  # steps of which a row keeps the mean activation
SHEET = 48  # images on a sheet


class _Straight(Prior):
    """Shows images cut off at black and white, with a gradient as if they were not."""

    def seen(self, image: Tensor, size: int) -> Tensor:
        return super().seen(image + (image.clamp(0, 1) - image).detach(), size)


class _Hard(Prior):
    """Shows images cut off at black and white; no gradient at all comes from beyond."""

    def seen(self, image: Tensor, size: int) -> Tensor:
        return super().seen(image.clamp(0, 1), size)


SHOWN: dict[str, type[Prior]] = {STRAIGHT: _Straight, HARD: _Hard}


@dataclass(frozen=True)
class Row:
    """What is kept of an image. ``judge_top1`` is the share of the judges that name its class.

    ``trace`` are means over every ten steps of the activation as the ascent saw it.
    """

    place: int  # among the classes
    unit: str
    seed: int
    arm: str
    activation: float
    own_top1: float
    judge_top1: float
    judge_top5: float
    seconds: float
    trace: tuple[float, ...] = ()


@dataclass(frozen=True)
class Job:
    """What is asked for."""

    arms: tuple[str, ...]
    classes: int
    seeds: int
    batch: int
    device: str
    tuning: bool
    traces: bool
    sheets: Path | None

    def orders(self, base: Recipe, units: Sequence[object], arm: str) -> list[Recipe]:
        """A recipe for each class and seed of ``arm``."""
        words = [word for word in arm.split(",") if word and word not in SHOWN]
        names = [word for word in words if "=" not in word]
        given = dict(word.split("=", 1) for word in words if "=" in word)
        numeric = given.pop("numeric", base.numeric)
        specs = {spec.name: spec for spec in DGN_AM.parameters.specs()}
        parameters = DGN_AM.presets[names[0] if names else "default"]
        values = {name: parsed(specs[name], text) for name, text in given.items()}
        parameters = parameters.changed(**values)
        base = replace(base, parameters=parameters, numeric=numeric)
        return [
            replace(base, target=Maximise.of(unit), seed=seed)  # type: ignore[arg-type]
            for seed in range(self.seeds)
            for unit in units
        ]


def read(file: Path) -> list[Row]:
    """The rows of ``file``; none if it is not there yet."""
    if not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [Row(**{**row, "trace": tuple(row.get("trace", ()))}) for row in rows]


def measure(done: Sequence[Row], job: Job) -> Iterator[list[Row]]:
    """The rows that are not ``done`` yet, a batch at a time.

    Batches are the same whatever is done, because the last bits of an image depend on them.
    """
    device = torch.device(job.device)
    network, prior = open_network("lite0", device), open_prior("default", device)
    own, *judges = (Judge(x) for x in (network, *(open_network(n, device) for n in JUDGES)))
    skipped = TUNING if job.tuning else 0
    units = Plan(classes=skipped + job.classes).class_units(network.info)[skipped:]
    base = Recipe(
        network.info.name,
        network.info.fingerprint,
        prior.info.name,
        prior.info.fingerprint,
        Maximise.of(units[0]),
        numeric=best_numeric(device),
    )
    kept = {(row.place, row.seed, row.arm) for row in done}
    parts = {f.name: getattr(prior, f.name) for f in fields(Prior)}
    for arm in job.arms:
        shown = next((SHOWN[x](**parts) for x in arm.split(",") if x in SHOWN), prior)
        bench = Bench(network, shown, _none, lambda key: None, lambda: network)
        orders, sheet = job.orders(base, units, arm), list[np.ndarray]()
        for at in range(0, len(orders), job.batch):
            part = range(at, min(at + job.batch, len(orders)))
            places = [(i % len(units), i // len(units), arm) for i in part]
            if all(place in kept for place in places):
                continue
            records: tuple[Record, ...] = finish(make_together([orders[i] for i in part], bench))
            images = np.concatenate([record.images for record in records])
            sheet.extend(images[: max(0, SHEET - len(sheet))])
            wanted = torch.tensor([units[place].index for place, _, _ in places])
            told = [judge.look_at_images(images) for judge in judges]
            yield [
                Row(place, str(units[place]), seed, arm, *numbers)
                for (place, seed, _), numbers in zip(
                    places, _numbers(records, own.look_at_images(images), told, wanted), strict=True
                )
            ]
        if job.sheets is not None and sheet:
            _save_sheet(sheet, job.sheets / f"{arm or 'default'}.jpg")


def _numbers(
    records: Sequence[Record], own: Seen, told: Sequence[Seen], wanted: Tensor
) -> Iterator[tuple[float, float, float, float, float, tuple[float, ...]]]:
    right = _right(own, wanted, 1)
    top1, top5 = (torch.stack([_right(x, wanted, k) for x in told]).mean(0) for k in (1, 5))
    for i, record in enumerate(records):
        trace = record.trace[: len(record.trace) // EVERY * EVERY].reshape(-1, EVERY).mean(1)
        yield (
            record.activation_of(0),
            float(right[i]),
            float(top1[i]),
            float(top5[i]),
            round(record.provenance.seconds, 3),
            tuple(round(float(value), 3) for value in trace),
        )


def _right(seen: Seen, wanted: Tensor, top: int) -> Tensor:
    best = seen.logits.topk(top).indices
    return (best == wanted[:, None]).any(1).float()


def _save_sheet(images: Sequence[np.ndarray], path: Path) -> None:
    across = 8
    blank = np.zeros_like(images[0])
    tiles = [*images, *[blank] * (-len(images) % across)]
    rows = [np.concatenate(tiles[i : i + across], 1) for i in range(0, len(tiles), across)]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(rows)).save(path, quality=88)


def report(rows: Sequence[Row], arms: Sequence[str]) -> Iterator[str]:
    """A line for each measure of each arm, and of its difference from the first one."""
    found = {(row.place, row.seed, row.arm): row for row in rows}
    first = arms[0] if arms else ""
    for arm in arms or tuple(dict.fromkeys(row.arm for row in rows)):
        places = [
            (place, seed)
            for place, seed, of in found
            if of == arm and (place, seed, first) in found
        ]
        if not places:
            continue
        here = [found[place, seed, arm] for place, seed in places]
        there = [found[place, seed, first] for place, seed in places]
        seconds = np.mean([row.seconds for row in here])
        yield f"{arm or 'default'}: n = {len(places)} images, {seconds:.2f} s each"
        for name in MEASURES:
            values = np.array([getattr(row, name) for row in here])
            mean, half = interval(values - np.array([getattr(row, name) for row in there]))
            yield f"  {name:12} {values.mean():8.3f}   {mean:+.3f} +/- {half:.3f}"


def interval(differences: np.ndarray) -> tuple[float, float]:
    """Mean of paired ``differences`` (N,), and half the width of its 95 % interval."""
    if len(differences) < 2:
        return float(differences.mean()), float("nan")
    spread = differences.std(ddof=1) / len(differences) ** 0.5
    return float(differences.mean()), float(1.96 * spread)


def _none(sha256: str) -> bytes:
    raise KeyError(sha256)


def main() -> None:
    """Make what is missing, then print the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.quality")
    parser.add_argument("file", type=Path, help="results, a line of JSON each; is added to")
    parser.add_argument("arms", nargs="*", default=["default"], help="presets and settings")
    parser.add_argument("--classes", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8, help="images of one ascent")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tuning", action="store_true", help="classes for choosing settings")
    parser.add_argument("--traces", action="store_true", help="keep the activation's course")
    parser.add_argument("--sheets", type=Path, help="a folder for a sheet of each arm")
    parser.add_argument("--report", action="store_true", help="only print what is there")
    chosen = parser.parse_args()
    job = Job(
        tuple(chosen.arms),
        chosen.classes,
        chosen.seeds,
        chosen.batch,
        chosen.device,
        chosen.tuning,
        chosen.traces,
        chosen.sheets,
    )
    if not chosen.report:
        done = read(chosen.file)
        with chosen.file.open("a") as file:
            for rows in measure(done, job):
                for row in rows:
                    kept = row if job.traces else replace(row, trace=())
                    values = {k: v for k, v in kept.__dict__.items() if v != ()}
                    file.write(json.dumps(values) + "\n")
                file.flush()
    for line in report(read(chosen.file), job.arms):
        print(line)


if __name__ == "__main__":
    main()

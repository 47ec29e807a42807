"""Sets of images of one class: chains of PPGN beside seeds of DGN-AM, judged by another network.

``python -m tests.benchmarks.chains [--classes 8] [--samples 8] [--chains 1] [--device cuda]``: half
of the classes are picked (four at most), the others drawn with a fixed seed. ``--tuning`` takes
others, which have none in common with them: settings are chosen there. ``--with kick=1.4,cycle=45``
adds chains with other parameters, and may be given several times. The chains of all classes run as
one batch, and so do the seeds.

A line a class and method as soon as it is measured, then the means; ``--out`` keeps the rows and a
sheet of images a method. ``steps`` and ``encoded`` are passes an image: of generator and network
and back, and of the prior's encoder. ``over_*`` are ratios to DGN-AM: ``over_steps`` that of the
steps alone, ``over_cost`` that of the steps times how long one takes, measured at the same batch.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from dgn_explorer.evaluation.distances import mean_pairwise
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.methods.ppgn.about import PPGN, PpgnParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise
from tests.benchmarks.sets import PLAIN, Field, keep_row, keep_sheet

PICKED = ("volcano", "strawberry", "church", "golden retriever")
DRAWN_BY = 7  # seed of the other classes
TUNED = ("tennis ball", "lakeside", "castle", "lemon")  # in the place of the picked ones
TUNED_BY = 11
TOGETHER = 64  # images of one batch
TIMED = 12  # steps

Row = dict[str, object]


def names(field: Field, count: int, tuning: bool) -> list[str]:
    """The classes, half of them picked and half drawn; those for tuning are none of the others."""
    labels = field.network.info.labels
    evaluated = [*PICKED, *_drawn(labels, DRAWN_BY, len(labels))[: count // 2]]
    if not tuning:
        return evaluated[: count // 2] + evaluated[len(PICKED) :]
    others = [x for x in _drawn(labels, TUNED_BY, len(labels)) if x not in (*evaluated, *TUNED)]
    return [*TUNED[: count // 2], *others[: count // 2]]


def _drawn(labels: Sequence[str], seed: int, count: int) -> list[str]:
    order = np.random.default_rng(seed).permutation(len(labels))
    return [labels[int(index)] for index in order[:count]]


def measure(
    field: Field, classes: Sequence[str], chains: int, variants: Sequence[PpgnParameters]
) -> Iterator[tuple[Row, list[Record]]]:
    """Rows with the records behind them: the seeds of DGN-AM, then the chains of each variant."""
    base = [_order(field, name) for name in classes]
    samples = variants[0].samples
    seeds = [replace(o, seed=seed) for o in base for seed in range(samples * chains)]
    step = {DGN_AM.name: field.step_seconds([_short(order) for order in base])}
    known: dict[str, Row] = {}
    for row, records in _rows(field, classes, DGN_AM.name, seeds, step[DGN_AM.name]):
        known[str(row["class"])] = row
        yield _beside(row, row), records
    for p in variants:
        chain = [replace(order, method=PPGN.name, parameters=p) for order in base]
        seconds = field.step_seconds([_short(order) for order in chain])
        orders = [replace(order, seed=seed) for order in chain for seed in range(chains)]
        for row, records in _rows(field, classes, _name(p), orders, seconds):
            yield _beside(row, known[str(row["class"])]), records


def _rows(
    field: Field, classes: Sequence[str], method: str, orders: Sequence[Recipe], step_s: float
) -> Iterator[tuple[Row, list[Record]]]:
    """A row a class, whose ``orders`` follow each other, and one of their means."""
    records: list[Record] = []
    seconds = 0.0
    for at in range(0, len(orders), TOGETHER):
        ran = field.run(orders[at : at + TOGETHER])
        records += ran.records
        seconds += ran.seconds
    of_each = len(orders) // len(classes)
    rows = []
    for number, name in enumerate(classes):
        own = records[number * of_each : (number + 1) * of_each]
        rows.append({"class": name, "method": method, **_figures(field, own)})
        rows[-1] |= {"step_s": step_s, "seconds": seconds / sum(r.count for r in records)}
        yield rows[-1], own
    means: Row = {"class": "mean", "method": method}
    for key in list(rows[0])[2:]:
        means[key] = float(np.mean([float(str(row[key])) for row in rows]))
    means["images"] = sum(record.count for record in records)
    yield means, records


def _figures(field: Field, records: Sequence[Record]) -> Row:
    """Of one class: shares over all images, diversity within each chain, or of all seeds."""
    images = np.concatenate([record.images for record in records])
    order = records[0].recipe
    wanted = torch.full((len(images),), order.units[0].index)
    seen = field.judged(images)
    groups = [seen.features]
    if order.method == PPGN.name:
        groups = list(seen.features.split([record.count for record in records]))
    encoded = [len(r.array("distance")) for r in records if "distance" in r.parts]
    return {
        "images": len(images),
        "own_top1": field.own(images).right(wanted, 1),
        "judge_top1": seen.right(wanted, 1),
        "judge_top5": seen.right(wanted, 5),
        "diversity": float(np.mean([mean_pairwise(group) for group in groups])),
        "activation": float(
            np.mean([record.activation_of(n) for record in records for n in range(record.count)])
        ),
        "steps": sum(len(record.trace) for record in records) / len(images),
        "encoded": sum(encoded) / len(images),
    }


def _beside(row: Row, seeds: Row) -> Row:
    """``row`` with its ratios to the row of DGN-AM's ``seeds``."""

    def over(key: str) -> float:
        return float(str(row[key])) / max(float(str(seeds[key])), 1e-9)

    ratios: Mapping[str, float] = {
        "over_diversity": over("diversity"),
        "over_judge": over("judge_top1"),
        "over_steps": over("steps"),
        "over_cost": over("steps") * over("step_s"),
    }
    return {**row, **ratios}


def _order(field: Field, name: str) -> Recipe:
    unit = field.network.info.resolve(name)
    return field.recipe(Maximise.of(unit), DGN_AM.name, PLAIN)


def _short(order: Recipe) -> Recipe:
    p = order.parameters
    if isinstance(p, PpgnParameters):
        return replace(order, parameters=replace(p, samples=1, warm=TIMED))
    return replace(order, parameters=replace(PLAIN, steps=TIMED))


def _variant(text: str, samples: int) -> PpgnParameters:
    """The default with what a text such as ``kick=1.4,cycle=45`` says."""
    found = PPGN.default
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        found = replace(found, **{name: type(getattr(found, name))(float(value))})
    return replace(found, samples=samples)


def _name(p: PpgnParameters) -> str:
    usual = replace(PPGN.default, samples=p.samples)
    said = [f"{k}={v:g}" for k, v in vars(p).items() if v != getattr(usual, k)]
    return " ".join([PPGN.name, *said])


def main() -> None:
    """Print the rows as columns, or as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.chains")
    parser.add_argument("--classes", type=int, default=8)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--chains", type=int, default=1, help="chains of each class and variant")
    parser.add_argument("--tuning", action="store_true", help="other classes, to choose settings")
    parser.add_argument("--with", dest="variants", action="append", default=[])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, help="folder for the rows and sheets of images")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    chosen = parser.parse_args()
    field = Field(chosen.device)
    classes = names(field, chosen.classes, chosen.tuning)
    variants = [_variant(text, chosen.samples) for text in ["", *chosen.variants]]
    for row, records in measure(field, classes, chosen.chains, variants):
        cells = (f"{x:10.3f}" if isinstance(x, float) else f"{x!s:>16}" for x in row.values())
        print(json.dumps(row) if chosen.json else " ".join(cells), flush=True)
        if chosen.out:
            kind = "tuning" if chosen.tuning else "chains"
            keep_row(chosen.out / f"{kind}.jsonl", row)
            if row["class"] == "mean":
                of_each = len(records) // len(classes)
                few = [records[i * of_each : (i + 1) * of_each] for i in range(len(classes))]
                sheet = [np.concatenate([r.images for r in own])[: chosen.samples] for own in few]
                method = re.sub(r"[^a-z0-9._]+", "-", str(row["method"]))
                keep_sheet(chosen.out / f"{kind}-{method}.jpg", sheet, classes)


if __name__ == "__main__":
    main()

"""The table of inverse sets: ``python -m tests.benchmarks.inverse_set [--json] [--device cuda]``.

Every set goes through a store, and what is inside is asked of the images as they are read back.
Times are seconds of the processor on a CPU and of the clock on a GPU. ``joint_steps`` and
``grown_steps`` count the steps that an image takes: the passes through generator and network, each
with the way back for every unit of the target. DGN-AM's images have 250, with one way back.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.methods.inverse_set.about import GROWN, InverseSetParameters
from dgn_explorer.synthesis.ranges import are_inside
from dgn_explorer.synthesis.targets import Band, InRange, Term
from dgn_explorer.synthesis.verdict import readings_of_images
from tests.benchmarks.sets import Field, Ran, keep_row, keep_sheet


@dataclass(frozen=True)
class Case:
    """Units with ranges, units that are lowered, and how many images."""

    ranges: tuple[tuple[str, float, float], ...]
    lowered: tuple[str, ...] = ()
    count: int = 8


# the first three on any machine; with --all four fixed pairs, in range together and one lowered
FEW = (
    Case((("strawberry", 8, 10),), count=16),
    Case((("golden retriever", 8, 10), ("tennis ball", 8, 10))),
    Case((("golden retriever", 8, 10),), ("tennis ball",)),
)
PAIRS = (
    ("golden retriever", "tennis ball"),
    ("strawberry", "lemon"),
    ("volcano", "lakeside"),
    ("church", "castle"),
)
ALL = (
    Case((("strawberry", 8, 10),), count=64),
    Case((("strawberry", 14, 16),), count=16),
    *(Case(((a, 8, 10), (b, 8, 10)), count=16) for a, b in PAIRS),
    *(Case(((a, 8, 10),), (b,), count=16) for a, b in PAIRS),
)


def rows(field: Field, cases: tuple[Case, ...]) -> Iterator[tuple[dict[str, object], np.ndarray]]:
    """One row a case, with the seeds of its first unit for comparison, and the set's images."""
    seeds: dict[str, Ran] = {}
    resolve = field.network.info.resolve
    for case in cases:
        unit = case.ranges[0][0]
        if unit not in seeds:
            seeds[unit] = field.seeds(unit)
        target = InRange(
            tuple(Band(resolve(name), low, high) for name, low, high in case.ranges),
            tuple(Term(resolve(name), -1.0) for name in case.lowered),
        )
        order = field.recipe(target, "inverse-set", InverseSetParameters(count=case.count))
        ran = field.run([order])
        yield row(field, case, ran, seeds[unit]), ran.records[0].images


def row(field: Field, case: Case, ran: Ran, seeds: Ran) -> dict[str, object]:
    """The figures of one set."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.put(ran.records[0])
        record = store.get(ran.records[0].key)
    assert record is not None
    target = record.recipe.target
    assert isinstance(target, InRange)
    values, _ = readings_of_images(field.network, field.prior, target.units, record.images)
    grown = record.parts["phases"].count(GROWN)  # type: ignore[union-attr]
    parameters = record.recipe.parameters
    assert isinstance(parameters, InverseSetParameters)
    first, together = ran.steps_until_first, parameters.together
    image = seeds.seconds / len(seeds.records)
    joint = ran.until_first / max(1, record.count - grown)
    later = (ran.seconds - ran.until_first) / grown if grown else float("nan")
    own = field.diversity(record.images)
    theirs = field.diversity(np.concatenate([one.images for one in seeds.records]))
    return {
        "ranges": target.text([field.network.info.label(unit) for unit in target.units]),
        "images": record.count,
        "asked": case.count,
        "inside": float(are_inside(target, values).mean()),
        "tries": float(record.array("tries").mean()),
        "activations": [round(float(v), 2) for v in values.mean(0)],
        "diversity": own,
        "over_seeds": own / theirs,
        "joint_steps": first * min(together, case.count) / max(1, record.count - grown),
        # at most: the last round may be of fewer
        "grown_steps": (len(record.trace) - first) * together / grown if grown else float("nan"),
        "joint_s": joint,
        "joint_over_dgn_am": joint / image,
        "grown_s": later,
        "grown_over_dgn_am": later / image,
        "dgn_am_s": image,
        "dgn_am_activation": float(np.mean([one.activation for one in seeds.records])),
        "dgn_am_diversity": theirs,
    }


def main() -> None:
    """Print a row as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.inverse_set")
    parser.add_argument("--json", action="store_true", help="print one JSON object a row")
    parser.add_argument("--all", action="store_true", help="four fixed pairs and larger sets")
    parser.add_argument("--case", type=int, action="append", help="that one of --all, from 1")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, help="folder for the rows and a sheet of images")
    chosen = parser.parse_args()
    sheet: list[tuple[str, np.ndarray]] = []
    cases = ALL if chosen.all else FEW
    if chosen.case:
        cases = tuple(ALL[number - 1] for number in chosen.case)
    for found, images in rows(Field(chosen.device), cases):
        if chosen.out:
            keep_row(chosen.out / "inverse-sets.jsonl", found)
            sheet.append((str(found["ranges"]), images[:8]))
            keep_sheet(
                chosen.out / "inverse-sets.jpg", [x for _, x in sheet], [x for x, _ in sheet]
            )
        if chosen.json:
            print(json.dumps(found), flush=True)
            continue
        for name, value in found.items():
            print(f"{name:20} {value:.3g}" if isinstance(value, float) else f"{name:20} {value}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""What the methods for one photograph come to, over several photographs.

``python -m tests.benchmarks.photographs FOLDER_OR_ZIP --part saliency`` prints the tables of
docs/methods.md, for photographs in class-index order: the deletion curves of saliency maps against
a random order, or how near inversions come. Photographs are drawn by a fixed seed, and never from
those that a parameter's default was chosen on.
"""

import argparse
import random
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

import dgn_explorer as dgn
from dgn_explorer.api import Explorer
from dgn_explorer.results.record import Record
from dgn_explorer.studies.saliency.about import HOWS

LAYERS = ("blocks.4", "blocks.10", "blocks.15", "head")
SEED = 21
TUNED_ON = 10  # as many, evenly spread, were looked at while defaults were chosen


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="folder or zip, one photograph a class, in order")
    parser.add_argument("--count", type=int, default=10, help="photographs to measure")
    parser.add_argument("--layer", nargs="*", default=LAYERS, help="layers of inversion")
    parser.add_argument("--set", nargs="*", default=(), help="parameters, NAME=VALUE")
    parser.add_argument(
        "--tuning", action="store_true", help="measure those that defaults are chosen on instead"
    )
    parser.add_argument("--how", nargs="*", default=HOWS, help="families of saliency")
    parser.add_argument("--part", choices=("saliency", "inversion", "prior"), required=True)
    given = parser.parse_args()
    photos = list(drawn(given.photos, given.count, given.tuning))
    changes = dict(one.split("=", 1) for one in given.set)
    with dgn.open(progress=False) as explorer:
        if given.part == "saliency":
            print_deletion(explorer, photos, given.how, changes)
        else:
            through = "pixels" if given.part == "inversion" else "prior"
            print_inversion(explorer, photos, through, given.layer, changes)


def drawn(path: Path, count: int, tuning: bool) -> Iterator[tuple[int, bytes]]:
    """Class indices and bytes of ``count`` photographs of the folder or zip."""
    with ExitStack() as stack:
        names: Sequence[str | Path]
        if path.is_dir():
            names = sorted(one for one in path.rglob("*") if one.is_file())
            read: Callable[[Any], bytes] = Path.read_bytes
        else:
            archive = stack.enter_context(zipfile.ZipFile(path))
            names = sorted(name for name in archive.namelist() if not name.endswith("/"))
            read = archive.read
        for place in places(len(names), count, tuning):
            yield place, read(names[place])


def places(of: int, count: int, tuning: bool = False) -> list[int]:
    """Which ``count`` of ``of`` photographs are measured, in the order in which they were drawn."""
    tuned = [round(place) for place in np.linspace(0, of - 1, TUNED_ON)]
    if tuning:
        return tuned[:count]
    left = sorted(set(range(of)) - set(tuned))
    return random.Random(SEED).sample(left, count)


def print_deletion(
    explorer: Explorer,
    photos: Sequence[tuple[int, bytes]],
    hows: Sequence[str],
    changes: Mapping[str, str],
) -> None:
    """The share of the probability that is left, for each family."""
    print(
        "| family | top 5 % blurred | top 20 % | random 5 % | random 20 % | beats random | error |"
    )
    print("|---|---|---|---|---|---|---|")
    for how in hows:
        if how == "deconvnet":
            continue  # refused: no max-pooling
        made = [
            explorer.explain(photo, f"class:{index}", how, parameters={"deletion": True, **changes})
            for index, photo in photos
        ]
        print(_row(how, made), flush=True)


def _row(how: str, made: Sequence[Record]) -> str:
    shares = made[0].array("deleted")
    low, high = (int(np.abs(shares - share).argmin()) for share in (0.05, 0.2))
    left = np.stack([one.array("left")[0] for one in made])
    random = np.stack([one.array("left_at_random")[0] for one in made])
    better = int((left[:, 1:-1].mean(1) < random[:, 1:-1].mean(1)).sum())
    errors = [float(e) for one in made for e in one.parts.get("completeness_error", ())]
    error = f"{np.median(errors):.3f}" if errors else ""
    numbers = (left[:, low], left[:, high], random[:, low], random[:, high])
    # of the mean probability: shares of single photographs explode where it is next to nothing
    cells = " | ".join(f"{x.mean() / left[:, 0].mean():.2f}" for x in numbers)
    return f"| {how} | {cells} | {better} of {len(made)} | {error} |"


def print_inversion(
    explorer: Explorer,
    photos: Sequence[tuple[int, bytes]],
    through: str,
    layers: Sequence[str],
    changes: Mapping[str, str],
) -> None:
    """Relative error, cosine and the plain image's error at each layer: mean, and the worst."""
    print("| layer | relative error | worst | cosine | worst | plain image | seconds |")
    print("|---|---|---|---|---|---|---|")
    for layer in layers:
        made = []
        for index, photo in photos:
            one = explorer.invert(photo, layer, through=through, parameters=changes)
            numbers = (float(one.array(name)[0]) for name in ("relative_error", "cosine"))
            print(layer, index, *(f"{x:.3f}" for x in numbers), file=sys.stderr, flush=True)
            made.append(one)
        errors, cosines, plain = (
            np.array([one.array(name)[0] for one in made])
            for name in ("relative_error", "cosine", "plain_error")
        )
        seconds = np.mean([one.provenance.seconds for one in made])
        print(
            f"| {layer} | {errors.mean():.2f} | {errors.max():.2f} | {cosines.mean():.2f} |"
            f" {cosines.min():.2f} | {plain.mean():.2f} | {seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""Three ways to several images of one unit, beside each other in figures.

``python -m tests.benchmarks.comparison strawberry --out folder [--count 8] [--range 8..10]``: as
many seeds of DGN-AM, samples of a PPGN chain, and images of an inverse set. Three pictures: the
activations, the distances of every two images, and the images. ``--store`` takes what it has from
a store, and keeps what is new there.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import normalize

from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.methods.inverse_set.about import INVERSE_SET, InverseSetParameters
from dgn_explorer.synthesis.methods.ppgn.about import PPGN
from dgn_explorer.synthesis.ranges import parse_range
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Band, InRange, Maximise
from tests.benchmarks.sets import PLAIN, Field, keep_row, keep_sheet
from tests.benchmarks.spread_figure import spread_figure

Sets = dict[str, list[Recipe]]


def orders(field: Field, name: str, count: int, band: tuple[float, float]) -> Sets:
    """The recipes of each set, by what it is called."""
    unit = field.network.info.resolve(name)
    seeds = field.recipe(Maximise.of(unit), DGN_AM.name, PLAIN)
    chain = replace(PPGN.default, samples=count)
    inside = InverseSetParameters(count=count)
    return {
        f"DGN-AM, {count} seeds": [replace(seeds, seed=seed) for seed in range(count)],
        "PPGN, one chain": [field.recipe(Maximise.of(unit), PPGN.name, chain)],
        "Inverse set": [field.recipe(InRange((Band(unit, *band),)), INVERSE_SET.name, inside)],
    }


def made(field: Field, recipes: list[Recipe], store: Store | None) -> list[Record]:
    """Their records, from the store where it has them."""
    known = {}
    for recipe in recipes if store is not None else ():
        record = store.get(recipe.key)  # type: ignore[union-attr]
        if record is not None and record.state == DONE:
            known[recipe.key] = record
    new = [recipe for recipe in recipes if recipe.key not in known]
    for record in field.run(new).records if new else ():
        known[record.key] = record
        if store is not None:
            store.put(record)
    return [known[recipe.key] for recipe in recipes]


def main() -> None:
    """Make the three figures, and print a row of numbers a set."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.comparison")
    parser.add_argument("unit")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--range", default="8..10", help="activations of the inverse set")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--store", type=Path, help="folder of results to take from and add to")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    chosen = parser.parse_args()
    field = Field(chosen.device)
    _, *band = parse_range(f"{chosen.unit}={chosen.range}")
    store = Store(chosen.store) if chosen.store else None
    reached, apart, sheet = [], [], []
    for name, recipes in orders(field, chosen.unit, chosen.count, (band[0], band[1])).items():
        records = made(field, recipes, store)
        images = np.concatenate([record.images for record in records])
        values = np.array([r.activation_of(n) for r in records for n in range(r.count)])
        features = normalize(field.judged(images).features, dim=1)
        rows, columns = torch.triu_indices(len(features), len(features), 1)
        distances = (1 - (features[rows] * features[columns]).sum(1)).numpy()
        reached.append((name, values))
        apart.append((name, distances))
        sheet.append(images)
        row = {
            "set": name,
            "images": len(images),
            "activation": float(values.mean()),
            "activation_std": float(values.std()),
            "diversity": float(distances.mean()),
            "seconds": sum(r.provenance.seconds for r in records) / len(images),
        }
        keep_row(chosen.out / "comparison.jsonl", row)
        print(json.dumps(row), flush=True)
    figures = {
        "activations": spread_figure(f"Activation of {chosen.unit}", reached, (band[0], band[1])),
        "distances": spread_figure("Distance of every two images, as a judge sees them", apart),
    }
    for name, figure in figures.items():
        Image.fromarray(figure).save(chosen.out / f"{name}.png")
    keep_sheet(chosen.out / "images.jpg", sheet, [name for name, _ in reached])


if __name__ == "__main__":
    main()

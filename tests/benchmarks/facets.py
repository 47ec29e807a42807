"""Whether the images of facets are of their facets, by a network that had no part in making them.

``python -m tests.benchmarks.facets SET UNIT[::FOLDER]... [-k 6]`` makes the facets of each unit and
as many images of plain seeds, and prints a row of docs/photo-sets.md each:

* **own**: of how many facets the judge finds the image nearest to its own facet, among all of the
  unit; a facet's place is the mean of the judge's features, of unit length, over the photographs
  nearest to its middle. In brackets: of the single photographs, each left out of its own mean; the
  seeds, matched in order, are the control;
* **diversity**: mean cosine distance of the images in the judge's features, over that of the seeds;
* **activation**: of the images over that of the seeds, means;
* what stability chose k, if it was not given, and seconds an image (of CPU, or of a GPU's clock).

The photographs of a unit are looked at and grouped once, whatever settings are tried (``--try``).
``--json FILE`` adds a line a row, ``--sheet FOLDER`` a JPEG a unit and setting: photographs, mean
images and images.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dgn_explorer.evaluation.distances import mean_pairwise
from dgn_explorer.evaluation.judge import Judge
from dgn_explorer.photos.collection import Collection
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.choosing import changed
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.methods.facets.about import FACETS, FLAGGED, FacetsParameters
from dgn_explorer.synthesis.methods.facets.gathering import Gathered, gather
from dgn_explorer.synthesis.methods.facets.grouping import Facets, group
from dgn_explorer.synthesis.methods.facets.making import images_of
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.photographs.measuring import measure
from dgn_explorer.synthesis.progress import Made
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise
from tests.benchmarks.pictures import settings
from tests.benchmarks.sets import Field, keep_row, keep_sheet

SEEDS = 3  # images without facets, to compare with
HEAD = (
    "| unit | setting | n | k | own by the judge | diversity | activation | stability | flagged"
    " | s |\n|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Case:
    """A unit with its groups, and what the judge makes of their photographs and of the seeds."""

    name: str
    recipe: Recipe
    gathered: Gathered
    facets: Facets
    near: Sequence[np.ndarray]
    seeds: np.ndarray
    seeds_reached: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("units", nargs="+", help="UNIT or UNIT::FOLDER")
    parser.add_argument("-k", type=int, default=6, help="facets; 0: found")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--set", nargs="*", default=(), help="parameters, NAME=VALUE")
    parser.add_argument(
        "--try", action="append", dest="tried", help='a row for "NAME=VALUE ..."; several times'
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="add a JSON line a row to this file")
    parser.add_argument("--sheet", type=Path, help="a folder for JPEGs of what came out")
    given = parser.parse_args()
    print(HEAD, flush=True)
    field = Field(given.device)
    tried = settings(given.tried or (), given.set)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        kept = store.sets.put(given.photos).sha256
        with closing(store.sets.open(kept)) as photos:
            for text in given.units:
                unit, _, only = text.partition("::")
                which = {"facets": given.k, "folder": only}
                parameters = changed(FACETS, FACETS.presets[given.preset], which)
                case = opened(field, photos, store.sets.measured, unit, parameters)
                for name, changes in tried.items():
                    row, made = rows_of(field, case, name, changes)
                    print(_line(row), flush=True)
                    _keep(given, case, made, row)


def opened(
    field: Field, photos: Collection, measured: Path, unit: str, parameters: Parameters
) -> Case:
    """Group a unit's photographs, and make the seeds."""
    target = Maximise.of(field.network.info.resolve(unit))
    inputs = (Input("photos", photos.sha256),)
    recipe = field.recipe(target, FACETS.name, parameters, inputs=inputs)
    address, parameters = recipe.units[0], recipe.parameters
    assert isinstance(parameters, FacetsParameters)
    found = finish(measure(field.network, photos, measured, [address.layer]))
    gathered = finish(gather(field.network, found, address, parameters))
    facets = finish(group(gathered, parameters, field.prior.info.image_size, recipe.seed))
    near, size = [], field.judge.network.info.input_size
    for numbers in facets.near:
        pictures = np.stack([gathered.picture(number, size) for number in numbers])
        near.append(_features(field.judge, pictures))
    seeds = field.seeds(unit, SEEDS).records
    plain = _features(field.judge, np.concatenate([seed.images for seed in seeds]))
    reached = float(np.mean([seed.activation for seed in seeds]))
    name = field.network.info.label(address) or str(address)
    return Case(name, recipe, gathered, facets, near, plain, reached)


def rows_of(
    field: Field, case: Case, setting: str, changes: Mapping[str, str]
) -> tuple[dict[str, Any], Made]:
    """The images of one setting, and what they come to."""
    parameters = changed(FACETS, case.recipe.parameters, changes)
    recipe = replace(case.recipe, parameters=parameters)
    began = field.now()
    steps, finisher = finish(images_of(field.bench(), recipe, case.gathered, case.facets))
    for step in steps:
        finisher.add(step)
    made = finisher.made()
    seconds = (field.now() - began) / case.facets.count
    seen = _features(field.judge, np.asarray(made.parts["images"]))
    middles = np.stack([_unit(one.mean(0)) for one in case.near])
    own = (seen @ middles.T).argmax(1) == np.arange(len(seen))
    control = (case.seeds @ middles.T).argmax(1) == np.arange(len(case.seeds))
    single = [
        _left_out(case.near, middles, facet, n)
        for facet in range(len(case.near))
        for n in range(len(case.near[facet]))
    ]
    values = np.asarray(made.parts["activations"])[:, 0]
    numbers = {
        "own": own.mean(),
        "own_photographs": np.mean(single),
        "own_seeds": control.mean(),
        "own_network": np.mean(np.asarray(made.parts["nearest_facet"]) == np.arange(len(seen))),
        "diversity": _spread(seen),
        "diversity_seeds": _spread(case.seeds),
        "diversity_ratio": _spread(seen) / _spread(case.seeds),
        "activation": values.mean(),
        "activation_seeds": case.seeds_reached,
        "activation_ratio": values.mean() / case.seeds_reached,
        "lowest_ratio": values.min() / case.seeds_reached,
        "seconds": seconds,
    }
    return {
        "unit": case.name,
        "setting": setting,
        "photographs": len(case.gathered.names),
        "facets": len(seen),
        **{name: round(float(value), 3) for name, value in numbers.items()},
        "flagged": int((values < FLAGGED * values.max()).sum()),
        "stability": [round(float(score), 2) for score in case.facets.scores],
    }, made


def _line(row: Mapping[str, Any]) -> str:
    scores = ", ".join(f"{score:.2f}" for score in row["stability"])
    return (
        f"| {row['unit']} | {row['setting']} | {row['photographs']} | {row['facets']}"
        f" | {row['own']:.2f} (photographs {row['own_photographs']:.2f},"
        f" seeds {row['own_seeds']:.2f})"
        f" | {row['diversity']:.3f} / {row['diversity_seeds']:.3f} = {row['diversity_ratio']:.2f}"
        f" | {row['activation']:.1f} / {row['activation_seeds']:.1f} ="
        f" {row['activation_ratio']:.2f}"
        f" | {scores} | {row['flagged']} | {row['seconds']:.1f} |"
    )


def _keep(given: argparse.Namespace, case: Case, made: Made, row: Mapping[str, Any]) -> None:
    if given.json:
        keep_row(given.json, row)
    if given.sheet:
        text = f"{case.name} {row['setting']}"
        name = "".join(x if x.isalnum() else "-" for x in text)
        rows = [case.facets.examples[:, 0], case.facets.means, np.asarray(made.parts["images"])]
        names = ["a photograph", "mean", f"{row['activation']:.1f}"]
        keep_sheet(given.sheet / f"{name}.jpg", rows, names)


def _left_out(near: Sequence[np.ndarray], middles: np.ndarray, facet: int, number: int) -> bool:
    others = np.delete(near[facet], number, 0)
    mine = middles.copy()
    mine[facet] = _unit(others.mean(0)) if len(others) else 0
    return int((near[facet][number] @ mine.T).argmax()) == facet


def _features(judge: Judge, images: np.ndarray) -> np.ndarray:
    return _unit(judge.look_at_images(images).features.numpy())


def _spread(features: np.ndarray) -> float:
    return float(mean_pairwise(torch.from_numpy(features)))


def _unit(vectors: np.ndarray) -> np.ndarray:
    found: np.ndarray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-12)
    return found


if __name__ == "__main__":
    main()

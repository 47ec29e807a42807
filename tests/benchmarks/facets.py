"""Whether the images of facets are of their facets, by a network that had no part in making them.

``python -m tests.benchmarks.facets SET UNIT[@FOLDER]... [-k 6]`` makes the facets of each unit and
as many images of plain seeds, and prints a row of docs/methods.md each:

* **own**: of how many facets the judge finds the image nearest to its own facet, among all of the
  unit; a facet's place is the mean of the judge's features, of unit length, over the photographs
  nearest to its middle. In brackets: of the single photographs, each left out of its own mean; the
  seeds, matched in order, are the control;
* **diversity**: mean cosine distance of the images in the judge's features, over that of the seeds;
* **activation**: of the images over that of the seeds, means;
* what stability chose k, if it was not given, and seconds of CPU an image.
"""

import argparse
import time
from pathlib import Path

import numpy as np

import dgn_explorer as dgn
from dgn_explorer.api import Explorer
from dgn_explorer.evaluation.distances import mean_pairwise
from dgn_explorer.evaluation.judge import Judge
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.methods.facets.about import FacetsParameters
from dgn_explorer.synthesis.methods.facets.gathering import gather
from dgn_explorer.synthesis.photographs.measuring import measure

SEEDS = 3  # images without facets, to compare with
HEAD = "| unit | n | k | own by the judge | diversity | activation | stability | flagged | CPU s |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("units", nargs="+", help="UNIT or UNIT@FOLDER, written as UNIT::FOLDER")
    parser.add_argument("-k", type=int, default=6, help="facets; 0: found")
    parser.add_argument("--preset", default="default")
    given = parser.parse_args()
    print(HEAD, flush=True)
    network = open_network("lite0")
    judge = Judge(open_network("lite2"))
    with dgn.open(progress=False) as explorer:
        for text in given.units:
            unit, _, folder = text.partition("::")
            how = {"preset": given.preset, "parameters": {"folder": folder} if folder else {}}
            print(row(explorer, network, judge, given.photos, unit, given.k, how), flush=True)


def row(
    explorer: Explorer,
    network: Network,
    judge: Judge,
    photos: Path,
    unit: str,
    k: int,
    how: dict[str, object],
) -> str:
    """One unit's row."""
    began = time.process_time()
    record = explorer.facets(unit, photos, k, **how)
    cpu_s = (time.process_time() - began) / record.count
    seeds = [explorer.visualize(unit, seed=seed) for seed in range(SEEDS)]
    made = _features(judge, record.images)
    plain = _features(judge, np.stack([seed.image for seed in seeds]))
    near = _photographs(explorer, network, judge, record)
    middles = np.stack([_unit(one.mean(0)) for one in near])
    own = (made @ middles.T).argmax(1) == np.arange(record.count)
    control = (plain @ middles.T).argmax(1) == np.arange(len(plain))
    single = [_left_out(near, middles, facet, n) for facet in range(len(near)) for n in
              range(len(near[facet]))]  # fmt: skip
    values = record.array("activations")[:, 0]
    reached = np.mean([seed.activation for seed in seeds])
    apart = [_spread(made), _spread(plain)]
    scores = ", ".join(f"{score:.2f}" for score in record.array("scores"))
    return (
        f"| {record.label or unit} | {len(record.parts['names'])} | {record.count}"
        f" | {own.mean():.2f} (photographs {np.mean(single):.2f}, seeds {control.mean():.2f})"
        f" | {apart[0]:.3f} / {apart[1]:.3f} = {apart[0] / apart[1]:.2f}"
        f" | {values.mean():.1f} / {reached:.1f} = {values.mean() / reached:.2f}"
        f" | {scores} | {(values < 0.5 * values.max()).sum()} | {cpu_s:.1f} |"
    )


def _photographs(
    explorer: Explorer, network: Network, judge: Judge, record: Record
) -> list[np.ndarray]:
    """The judge's features of the photographs nearest to the middle of each facet."""
    recipe = record.recipe
    parameters, given = recipe.parameters, recipe.input("photos")
    assert isinstance(parameters, FacetsParameters) and given is not None
    sets = explorer.store.sets
    collection = sets.open(given.sha256)
    unit, size = recipe.units[0], judge.network.info.input_size
    found = finish(measure(network, collection, sets.measured, [unit.layer]))
    gathered = finish(gather(network, found, unit, parameters))
    assert gathered.names == record.parts["names"]
    rows = []
    for numbers in record.array("nearest"):
        pictures = np.stack([gathered.picture(int(n), size) for n in numbers if n >= 0])
        rows.append(_features(judge, pictures))
    collection.close()
    return rows


def _left_out(near: list[np.ndarray], middles: np.ndarray, facet: int, number: int) -> bool:
    others = np.delete(near[facet], number, 0)
    mine = middles.copy()
    mine[facet] = _unit(others.mean(0)) if len(others) else 0
    return int((near[facet][number] @ mine.T).argmax()) == facet


def _features(judge: Judge, images: np.ndarray) -> np.ndarray:
    return _unit(judge.look_at_images(images).features.numpy())


def _spread(features: np.ndarray) -> float:
    import torch

    return float(mean_pairwise(torch.from_numpy(features)))


def _unit(vectors: np.ndarray) -> np.ndarray:
    found: np.ndarray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-12)
    return found


if __name__ == "__main__":
    main()

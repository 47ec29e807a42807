"""From photographs to facets: which there are, how sure they are, and what each looks like."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dgn_explorer.synthesis.methods.facets.about import EXAMPLES, NEAREST, FacetsParameters
from dgn_explorer.synthesis.methods.facets.clustering import (
    Groups,
    components,
    most_stable,
    squares,
    stability,
)
from dgn_explorer.synthesis.methods.facets.drawing import forming
from dgn_explorer.synthesis.methods.facets.gathering import A_FACET, LEAST_FACETS, Gathered
from dgn_explorer.synthesis.methods.facets.tsne import STEPS, mapped
from dgn_explorer.synthesis.progress import Progress

MOST_TRIED = 10


@dataclass(frozen=True)
class Facets:
    """k facets of n photographs, the largest first.

    ``labels`` (n,) says which facet a photograph is of, ``near`` the photographs nearest to the
    middle of each, ``features`` (k, D) the mean of their features, of unit length before; ``means``
    (k, S, S, 3) uint8 their mean image, and ``examples`` (k, 3, S, S, 3) the first of them.
    ``tried`` and ``scores`` are the numbers of facets that were tried, and how stable each is.
    """

    labels: np.ndarray
    near: list[list[int]]
    features: np.ndarray
    stability: np.ndarray
    means: np.ndarray
    examples: np.ndarray
    map: np.ndarray
    tried: np.ndarray
    scores: np.ndarray

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.near)

    def shares(self) -> np.ndarray:
        """How many of the photographs are of each, (k,), in sum 1."""
        found: np.ndarray = np.bincount(self.labels, minlength=self.count) / len(self.labels)
        return found

    def mean_values(self, values: np.ndarray) -> np.ndarray:
        """The mean of ``values`` (n,) over the photographs of each, (k,)."""
        return np.array([values[self.labels == k].mean() for k in range(self.count)])


def group(
    gathered: Gathered, p: FacetsParameters, size: int, seed: int
) -> Generator[Progress[Any], None, Facets]:
    """The facets of photographs; their pictures have ``size`` px. Yields between tries and maps."""
    features = gathered.features.astype(np.float64)
    features /= np.linalg.norm(features, axis=1, keepdims=True).clip(1e-12)
    points = components(features, p.components)
    groups, tried, scores = yield from _groups(points, p.facets, seed)
    distances = squares(points, groups.centres)
    near = []
    for k in range(groups.count):
        members = np.flatnonzero(groups.labels == k)
        near.append(members[np.argsort(distances[members, k], kind="stable")[:NEAREST]].tolist())
    means, examples = _pictures(gathered, near, size)
    shares = np.bincount(groups.labels, minlength=groups.count) / len(groups.labels)
    said = [f"{share:.0%}" for share in shares]
    mapping = mapped(points)
    while True:
        try:
            done, so_far = next(mapping)

            def picture(_place: int, so_far: np.ndarray = so_far) -> np.ndarray:
                return forming(examples, means, None, said, so_far, groups.labels)

            yield Progress(len(tried) + done, len(tried) + STEPS + 1, picture)
        except StopIteration as end:
            places: np.ndarray = end.value
            break
    return Facets(
        groups.labels,
        near,
        np.stack([features[numbers].mean(0) for numbers in near]),
        stability(points, groups, seed).groups,
        means,
        examples,
        places,
        tried,
        scores,
    )


def _groups(
    points: np.ndarray, wanted: int, seed: int
) -> Generator[Progress[Any], None, tuple[Groups, np.ndarray, np.ndarray]]:
    most = max(min(MOST_TRIED, len(points) // A_FACET), LEAST_FACETS)
    tried = np.array([wanted]) if wanted else np.arange(LEAST_FACETS, most + 1)
    trying = most_stable(points, tried.tolist(), seed)
    while True:
        try:
            yield Progress(next(trying), len(tried) + STEPS + 1)
        except StopIteration as end:
            found, scores = end.value
            return found, tried, scores


def _pictures(
    gathered: Gathered, near: list[list[int]], size: int
) -> tuple[np.ndarray, np.ndarray]:
    means, examples = [], []
    for numbers in near:
        pictures = np.stack([gathered.picture(number, size) for number in numbers])
        means.append(pictures.mean(0).round().astype(np.uint8))
        shown = pictures[[min(place, len(pictures) - 1) for place in range(EXAMPLES)]]
        examples.append(shown)
    return np.stack(means), np.stack(examples)

"""Principal components and k-means, and how surely groups are found again.

Written out, because this is all that is needed of scikit-learn, which with SciPy would be larger
than the program and its prior. Results depend on the seed alone, but for the rounding of a machine.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

STARTS = 10
ROUNDS = 100  # of k-means; it ends by itself long before
RESAMPLES = 6
PART = 0.8  # of the points in each resample
ABOUT = 0.02  # scores that differ by less are about the same


@dataclass(frozen=True)
class Groups:
    """Groups of points: ``labels`` (n,), ``centres`` (k, d), the largest group first."""

    labels: np.ndarray
    centres: np.ndarray

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.centres)


def components(points: np.ndarray, count: int) -> np.ndarray:
    """The first ``count`` principal components of ``points`` (n, d): (n, at most ``count``).

    >>> components(np.array([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]]), 1).round(6).ravel().tolist()
    [-2.0, 0.0, 2.0]
    """
    centred = points.astype(np.float64) - points.mean(0, dtype=np.float64)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(1)])  # a sign is arbitrary
    found: np.ndarray = (left * sizes * np.where(signs == 0, 1, signs))[:, :count]
    return found


def grouped(points: np.ndarray, k: int, seed: int, starts: int = STARTS) -> Groups:
    """``points`` (n, d) in ``k`` groups: the best of ``starts`` runs of k-means++.

    >>> points = np.array([[0.0], [0.1], [0.2], [5.0], [5.1]])
    >>> grouped(points, 2, seed=0).labels.tolist()
    [0, 0, 0, 1, 1]
    """
    rng = np.random.default_rng(seed)
    best, least = None, np.inf
    for _ in range(starts):
        centres, cost = _lloyd(points, _first_centres(points, k, rng))
        if cost < least * (1 - 1e-9):
            best, least = centres, cost
    assert best is not None
    labels = nearest(points, best)
    order = np.argsort(-np.bincount(labels, minlength=k), kind="stable")
    rank = np.empty(k, np.int64)
    rank[order] = np.arange(k)
    return Groups(rank[labels], best[order])


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The nearest of ``centres`` (k, d) of each point (n,)."""
    found: np.ndarray = squares(points, centres).argmin(1)
    return found


def squares(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Squared distances (n, k)."""
    cross = points @ centres.T
    sizes = (points**2).sum(1)[:, None] + (centres**2).sum(1)[None]
    found: np.ndarray = np.maximum(sizes - 2 * cross, 0)
    return found


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """The adjusted Rand index of two groupings (n,) of the same points: 1 alike, 0 by chance.

    >>> likeness(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    counts = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(counts, (a, b), 1)
    together, rows, columns = (
        (x * (x - 1) / 2).sum() for x in (counts, counts.sum(1), counts.sum(0))
    )
    pairs = len(a) * (len(a) - 1) / 2
    chance = rows * columns / pairs if pairs else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == chance else float((together - chance) / (most - chance))


@dataclass(frozen=True)
class Stability:
    """How surely groups are found again in parts of the points, from 0 to 1.

    ``score`` is the mean likeness of the groupings that two parts give of all points; ``groups``
    (k,) how much of each group is in the group of a part that is most like it (mean Jaccard index;
    Hennig, "Cluster-wise assessment of cluster stability", 2007).
    """

    score: float
    groups: np.ndarray


def stability(points: np.ndarray, found: Groups, seed: int) -> Stability:
    """Group parts of ``points`` again and compare."""
    rng = np.random.default_rng([seed, 1])
    size = max(found.count, round(PART * len(points)))
    others = []
    for number in range(RESAMPLES):
        chosen = rng.permutation(len(points))[:size]
        part = grouped(points[chosen], found.count, seed + number + 1)
        others.append(nearest(points, part.centres))
    pairs = [likeness(a, b) for place, a in enumerate(others) for b in others[place + 1 :]]
    alike = [_alike(found.labels, other, found.count) for other in others]
    return Stability(float(np.mean(pairs)), np.mean(alike, 0))


def most_stable(
    points: np.ndarray, counts: Sequence[int], seed: int
) -> Generator[int, None, tuple[Groups, np.ndarray]]:
    """The groups of the number among ``counts`` that is most stable, and every number's score.

    Of numbers that are about as stable it is the largest: it parts what the others lump together.
    Yields how many numbers have been tried.
    """
    found, scores = [], []
    for k in counts:
        found.append(grouped(points, k, seed))
        scores.append(stability(points, found[-1], seed).score)
        yield len(found)
    about = np.flatnonzero(np.array(scores) >= max(scores) - ABOUT)
    return found[int(about[-1])], np.array(scores)


def _alike(labels: np.ndarray, other: np.ndarray, k: int) -> np.ndarray:
    """The largest Jaccard index of each group with a group of ``other``: (k,)."""
    counts = np.zeros((k, k))
    np.add.at(counts, (labels, other), 1)
    union = counts.sum(1)[:, None] + counts.sum(0)[None] - counts
    found: np.ndarray = (counts / np.maximum(union, 1)).max(1)
    return found


def _first_centres(points: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Far from each other by chance (Arthur & Vassilvitskii, 2007)."""
    chosen = [points[rng.integers(len(points))]]
    for _ in range(k - 1):
        far = squares(points, np.stack(chosen)).min(1)
        total = far.sum()
        share = far / total if total > 0 else np.full(len(points), 1 / len(points))
        chosen.append(points[rng.choice(len(points), p=share)])
    return np.stack(chosen)


def _lloyd(points: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, float]:
    labels = np.full(len(points), -1)
    for _ in range(ROUNDS):
        distances = squares(points, centres)
        now = distances.argmin(1)
        if (now == labels).all():
            break
        labels = now
        for group in range(len(centres)):
            members = points[labels == group]
            # an empty one begins anew where the points are served worst
            centres[group] = members.mean(0) if len(members) else points[distances.min(1).argmax()]
    return centres, float(squares(points, centres).min(1).sum())

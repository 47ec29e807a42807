"""t-SNE (van der Maaten & Hinton, 2008), exact, for up to some thousand points.

For the map alone: groups are found in principal components, as those that are found on a map change
with the map's seed.
"""

from collections.abc import Generator

import numpy as np

from dgn_explorer.synthesis.methods.facets.clustering import squares

STEPS = 400
EVERY = 10  # steps between two yields
_EARLY = 100  # steps with exaggerated attraction
_EXAGGERATION = 12.0
_PERPLEXITY = 30.0
_TRIES = 50  # halvings of the range in which a point's width lies
_TINY = 1e-12


def mapped(points: np.ndarray) -> Generator[tuple[int, np.ndarray], None, np.ndarray]:
    """Places (n, 2) float32 for ``points`` (n, d), in which like lies near like.

    Begins with the first two columns, which should be principal components. Every `EVERY`
    steps it yields how many are done, and the places so far.
    """
    count = len(points)
    if count < 4:
        row: np.ndarray = np.arange(count, dtype=np.float32)[:, None].repeat(2, 1)
        return row
    alike = _attraction(squares(points, points))
    first = points[:, :2] if points.shape[1] > 1 else np.pad(points, ((0, 0), (0, 1)))
    place = (first / max(first[:, 0].std(), _TINY) * 1e-4).astype(np.float32)
    speed, gain = np.zeros_like(place), np.ones_like(place)
    rate = max(count / _EXAGGERATION / 4, 50.0)
    for step in range(STEPS):
        gradient = _gradient(place, alike * (_EXAGGERATION if step < _EARLY else 1.0))
        gain = np.where((gradient > 0) != (speed > 0), gain + 0.2, gain * 0.8).clip(0.01)
        speed = (0.5 if step < _EARLY else 0.8) * speed - rate * gain * gradient
        place = place + speed
        place -= place.mean(0)
        if step % EVERY == EVERY - 1:
            yield step + 1, place
    placed: np.ndarray = place.astype(np.float32)
    return placed


def _attraction(distances: np.ndarray) -> np.ndarray:
    """How alike each two points are, (n, n) float32, in sum 1."""
    count = len(distances)
    wanted = np.log(min(_PERPLEXITY, (count - 1) / 3))
    low, high = np.zeros(count), np.full(count, np.inf)
    sharp = 1 / np.maximum(np.median(distances, 1), _TINY)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.min(1, keepdims=True)
    for _ in range(_TRIES):
        weight = np.exp(-sharp[:, None] * (distances - nearest))
        share = weight / weight.sum(1, keepdims=True)
        entropy = -(share * np.log(np.maximum(share, _TINY))).sum(1)
        low, high = np.where(entropy > wanted, sharp, low), np.where(entropy > wanted, high, sharp)
        sharp = np.where(np.isinf(high), sharp * 2, (low + np.minimum(high, 1e300)) / 2)
    both = share + share.T
    found: np.ndarray = np.maximum(both / both.sum(), _TINY).astype(np.float32)
    return found


def _gradient(place: np.ndarray, alike: np.ndarray) -> np.ndarray:
    near = 1 / (1 + squares(place, place))
    np.fill_diagonal(near, 0)
    force = (alike - near / near.sum()) * near
    found: np.ndarray = 4 * (force.sum(1)[:, None] * place - force @ place)
    return found

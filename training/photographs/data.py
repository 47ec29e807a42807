"""Photographs, drawn at random from several caches with weights.

Drawing depends on (seed, step) alone, which makes resuming exact, and each process of several can
draw its own rows of the same batch.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.training.photographs.cache import PhotoCache, padded_size


class Batch(NamedTuple):
    """Photographs (n, 3, S, S) uint8, and their own shorter sides in pixels (n,), at most S.

    Smaller than S are those that had to be enlarged, so that they are soft.
    """

    pixels: Tensor
    sides: Tensor


class TrainingPhotos:
    """Several sources from which batches are drawn.

    A photograph of a source of weight 2 is drawn twice as often as one of a source of weight 1.
    """

    def __init__(self, caches: list[PhotoCache], weights: list[float], image_size: int) -> None:
        self.caches = caches
        sizes = np.array([len(cache.train) for cache in caches], float)
        share = np.array(weights, float) * sizes
        if share.sum() <= 0:
            raise DgnError(
                "No photograph is left to train on.",
                "Give more photographs, or weights above 0.",
            )
        self.share = share / share.sum()
        self.image_size = image_size
        self.count = int(sizes.sum())
        self.held_out_count = sum(len(cache.held_out) for cache in caches)
        self.skipped = sum(cache.skipped for cache in caches)
        soft = [cache.sides[cache.train] < image_size for cache in caches]
        self.some_soft = any(x.any() for x in soft)
        self.all_soft = all(x.all() for x in soft)

    def batch(self, size: int, seed: int, step: int, rows: np.ndarray | None = None) -> Batch:
        """Draw ``size`` photographs, flipped and cropped at random.

        The draw is a pure function of ``seed`` and ``step``; ``rows`` picks some of the ``size``,
        so that only those are read.
        """
        rng = np.random.default_rng((seed, step))
        sources = rng.choice(len(self.caches), size, p=self.share)
        which = rng.random(size)
        side = padded_size(self.image_size)
        margin = side - self.image_size
        corners = rng.integers(margin + 1, size=(size, 2))
        flips = rng.integers(2, size=size)
        wanted = np.arange(size) if rows is None else rows
        out = np.empty((len(wanted), self.image_size, self.image_size, 3), np.uint8)
        sides = np.empty(len(wanted), np.int64)
        for place, i in enumerate(wanted):
            cache = self.caches[sources[i]]
            row = cache.train[int(which[i] * len(cache.train))]
            shown = max(int(cache.sides[row]), self.image_size)
            room = shown - self.image_size
            top, left = (side - shown) // 2 + corners[i] * (room + 1) // (margin + 1)
            crop = cache.pixels[row, top:, left:][: self.image_size, : self.image_size]
            out[place] = crop[:, ::-1] if flips[i] else crop
            sides[place] = min(cache.sides[row], self.image_size)
        return Batch(torch.from_numpy(out).permute(0, 3, 1, 2), torch.from_numpy(sides))

    def held_out(self, most: int) -> Tensor:
        """Up to ``most`` held-out photographs, centre crops, (n, 3, S, S) uint8."""
        margin = (padded_size(self.image_size) - self.image_size) // 2
        rows = [(c, r) for c in self.caches for r in c.held_out]
        rows = rows[:: max(1, len(rows) // most)][:most]
        end = margin + self.image_size
        crops = [c.pixels[r, margin:end, margin:end] for c, r in rows]
        if not crops:
            return torch.empty(0, 3, self.image_size, self.image_size, dtype=torch.uint8)
        return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)


@contextmanager
def prefetch(
    photos: TrainingPhotos, size: int, seed: int, first: int, rows: np.ndarray, pin: bool
) -> Iterator[Iterator[Batch]]:
    """Batches from step ``first`` on, each drawn in a thread while the one before is trained on.

    ``pin`` puts them into page-locked memory, from which a copy to a GPU need not be waited for.
    """

    def draw(step: int) -> Batch:
        batch = photos.batch(size, seed, step, rows)
        return Batch(*(x.pin_memory() for x in batch)) if pin else batch

    def batches(pool: ThreadPoolExecutor) -> Iterator[Batch]:
        step = first
        waiting = pool.submit(draw, step)
        while True:
            step += 1
            ready, waiting = waiting.result(), pool.submit(draw, step)
            yield ready

    with ThreadPoolExecutor(1) as pool:
        yield batches(pool)

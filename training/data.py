"""Photographs, drawn at random from several caches with weights.

Drawing depends on (seed, step) alone, which makes resuming exact, and each process of several can
draw its own rows of the same batch.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.training.cache import PhotoCache, padded_size


class PhotoSet:
    """Several sources from which batches are drawn.

    A photograph of a source of weight 2 is drawn twice as often as one of a source of weight 1.
    """

    def __init__(self, caches: list[PhotoCache], weights: list[float], image_size: int) -> None:
        self._caches = caches
        sizes = np.array([len(cache.train) for cache in caches], float)
        share = np.array(weights, float) * sizes
        if share.sum() <= 0:
            raise DgnError(
                "No photograph is left to train on.",
                "Give more photographs, or weights above 0.",
            )
        self._share = share / share.sum()
        self._image_size = image_size
        self.count = int(sizes.sum())
        self.held_out_count = sum(len(cache.held_out) for cache in caches)
        self.skipped = sum(cache.skipped for cache in caches)

    def batch(self, size: int, seed: int, step: int, rows: np.ndarray | None = None) -> Tensor:
        """Draw ``size`` photographs: (size, 3, S, S) uint8, flipped and cropped at random.

        The draw is a pure function of ``seed`` and ``step``; ``rows`` picks some of the ``size``,
        so that only those are read.
        """
        rng = np.random.default_rng((seed, step))
        sources = rng.choice(len(self._caches), size, p=self._share)
        which = rng.random(size)
        margin = padded_size(self._image_size) - self._image_size
        corners = rng.integers(margin + 1, size=(size, 2))
        flips = rng.integers(2, size=size)
        wanted = np.arange(size) if rows is None else rows
        out = np.empty((len(wanted), self._image_size, self._image_size, 3), np.uint8)
        for place, i in enumerate(wanted):
            cache = self._caches[sources[i]]
            row = cache.train[int(which[i] * len(cache.train))]
            top, left = corners[i]
            crop = cache.pixels[row, top:, left:][: self._image_size, : self._image_size]
            out[place] = crop[:, ::-1] if flips[i] else crop
        return torch.from_numpy(out).permute(0, 3, 1, 2)

    def held_out(self, most: int) -> Tensor:
        """Up to ``most`` held-out photographs, centre crops, (n, 3, S, S) uint8."""
        margin = (padded_size(self._image_size) - self._image_size) // 2
        rows = [(c, r) for c in self._caches for r in c.held_out]
        rows = rows[:: max(1, len(rows) // most)][:most]
        end = margin + self._image_size
        crops = [c.pixels[r, margin:end, margin:end] for c, r in rows]
        if not crops:
            return torch.empty(0, 3, self._image_size, self._image_size, dtype=torch.uint8)
        return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)


@contextmanager
def prefetch(
    photos: PhotoSet, size: int, seed: int, first: int, rows: np.ndarray, pin: bool
) -> Iterator[Iterator[Tensor]]:
    """Batches from step ``first`` on, each drawn in a thread while the one before is trained on.

    ``pin`` puts them into page-locked memory, from which a copy to a GPU need not be waited for.
    """

    def draw(step: int) -> Tensor:
        batch = photos.batch(size, seed, step, rows)
        return batch.contiguous().pin_memory() if pin else batch

    def batches(pool: ThreadPoolExecutor) -> Iterator[Tensor]:
        step = first
        waiting = pool.submit(draw, step)
        while True:
            step += 1
            ready, waiting = waiting.result(), pool.submit(draw, step)
            yield ready

    with ThreadPoolExecutor(1) as pool:
        yield batches(pool)

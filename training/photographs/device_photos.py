"""Photographs in the memory of the device, drawn from there without waiting for the CPU."""

import torch
from torch import Tensor

from dgn_explorer.training.photographs.cache import OnStage, padded_size
from dgn_explorer.training.photographs.data import Batch, TrainingPhotos

SHARE = 0.5  # of the free memory, at most, for photographs
_CHUNK = 2048  # photographs copied at a time


def fits(photos: TrainingPhotos, device: torch.device) -> bool:
    """Whether ``device`` is a GPU with room for all photographs."""
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return photos.count * 3 * padded_size(photos.image_size) ** 2 <= SHARE * free


class DevicePhotos:
    """The photographs to train on, uint8, with their sources' shares of the draws."""

    def __init__(self, photos: TrainingPhotos, device: torch.device, progress: OnStage) -> None:
        self._size, self._side = photos.image_size, padded_size(photos.image_size)
        self.some_soft = photos.some_soft
        shape = (photos.count, self._side, self._side, 3)
        self._pixels = torch.empty(shape, dtype=torch.uint8, device=device)
        self._at = torch.arange(self._size, device=device)
        done, sides, firsts = 0, [], []
        for cache in photos.caches:
            firsts.append(done)
            sides.append(torch.from_numpy(cache.sides[cache.train]))
            for rows in torch.split(torch.from_numpy(cache.train), _CHUNK):
                part = torch.from_numpy(cache.pixels[rows.numpy()])
                self._pixels[done : done + len(part)].copy_(part)
                done += len(part)
                progress("Photographs to the device", done, photos.count)
        self._sides = torch.cat(sides).to(device)
        self._first = torch.tensor(firsts, device=device)
        self._count = torch.tensor([len(c.train) for c in photos.caches], device=device)
        share = torch.from_numpy(photos.share).cumsum(0)
        self._limits = (share / share[-1])[:-1].float().to(device)

    def draw(self, count: int) -> Batch:
        """Draw ``count`` photographs, flipped and cropped at random, with torch's generator.

        ``pixels`` are in the memory format channels_last.
        """
        device, size = self._pixels.device, self._size
        source = torch.bucketize(torch.rand(count, device=device), self._limits, right=True)
        inside = (torch.rand(count, device=device) * self._count[source]).long()
        rows = self._first[source] + inside.minimum(self._count[source] - 1)
        own = self._sides[rows]
        shown = own.clamp_min(size)
        corner = torch.rand(count, 2, device=device) * (shown - size + 1)[:, None]
        corner = (self._side - shown)[:, None] // 2 + corner.long()
        y, x = corner[:, :1] + self._at, corner[:, 1:] + self._at
        x = torch.where(torch.rand(count, 1, device=device) < 0.5, x.flip(1), x)
        flat: Tensor = (rows[:, None, None] * self._side + y[:, :, None]) * self._side + x[:, None]
        pixels = self._pixels.view(-1, 3)[flat]
        return Batch(pixels.permute(0, 3, 1, 2), own.clamp_max(size))

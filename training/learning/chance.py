"""The random numbers of one step: drawn on the CPU for all processes, or where the step runs.

Numbers from the CPU are a function of seed, step and pass alone, so that several processes see
those of one. Numbers drawn on a GPU never make it wait for the CPU; they depend on the GPU, and on
the seed that torch was given before the step.
"""

from typing import Protocol

import torch
from torch import Tensor

from dgn_explorer.training.learning.world import World


class Chance(Protocol):
    """Where a step's random numbers come from."""

    def noise(self, code: Tensor, spread: float) -> Tensor:
        """Gaussian noise for codes (N, K), each row as wide as a number up to ``spread``."""
        ...

    def cut(self, images: list[Tensor], side: int) -> list[Tensor]:
        """The same random square of ``side`` px of all ``images`` (N, C, S, S)."""
        ...


class HostChance:
    """Numbers from the CPU, of which each process takes its own rows."""

    def __init__(self, seed: int, world: World | None = None) -> None:
        self._rng = torch.Generator().manual_seed(seed)
        self._world = world or World()

    def noise(self, code: Tensor, spread: float) -> Tensor:
        """See `Chance`."""
        n, world = len(code), self._world
        wide = torch.rand(n * world.size, 1, generator=self._rng) * spread
        noise = wide * torch.randn(n * world.size, code.shape[1], generator=self._rng)
        return noise[n * world.rank : n * (world.rank + 1)].to(code.device)

    def cut(self, images: list[Tensor], side: int) -> list[Tensor]:
        """See `Chance`."""
        room = images[0].shape[-1] - side + 1
        top, left = (int(torch.randint(room, (), generator=self._rng)) for _ in range(2))
        return [x[..., top : top + side, left : left + side] for x in images]


class DeviceChance:
    """Numbers from the device's own generator; nothing is read back."""

    def noise(self, code: Tensor, spread: float) -> Tensor:
        """See `Chance`."""
        wide = torch.rand(len(code), 1, device=code.device) * spread
        return wide * torch.randn_like(code)

    def cut(self, images: list[Tensor], side: int) -> list[Tensor]:
        """See `Chance`."""
        device = images[0].device
        at = torch.arange(side, device=device)
        room = images[0].shape[-1] - side + 1
        top, left = torch.randint(room, (2, 1), device=device)
        return [x.index_select(2, top + at).index_select(3, left + at) for x in images]

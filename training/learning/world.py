"""One training process or several: averages over all of them, and batch-norm over all of them.

Gradients are averaged in one flat all-reduce after the backward pass. That is what
DistributedDataParallel computes; its hooks do not fit a discriminator that runs three times a step
and is paused at times.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class World:
    """This process's ``rank`` among ``size``; a lone process is rank 0 of 1 and sends nothing."""

    rank: int = 0
    size: int = 1

    def mean(self, values: Tensor) -> Tensor:
        """The mean of ``values`` (any shape) over all processes."""
        if self.size > 1:
            values = values.clone()
            dist.all_reduce(values)
            values /= self.size
        return values

    def agree(self, values: list[float], device: torch.device) -> list[float]:
        """``values`` as rank 0 has them: clocks and stop requests must not differ."""
        if self.size == 1:
            return values
        sent = torch.tensor(values, dtype=torch.float64, device=device)
        dist.broadcast(sent, 0)
        agreed: list[float] = sent.tolist()
        return agreed

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            dist.barrier()

    @torch.no_grad()
    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over all processes."""
        if self.size == 1:
            return
        grads = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.reshape(-1) for g in grads])
        dist.all_reduce(flat)
        flat /= self.size
        for grad, part in zip(grads, torch.split(flat, [g.numel() for g in grads]), strict=True):
            grad.copy_(part.view(grad.shape))


@contextmanager
def open_world(device: torch.device) -> Iterator[World]:
    """Join the processes that torchrun started, over nccl on GPUs and gloo elsewhere."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World()
        return
    backend = "nccl" if device.type == "cuda" else "gloo"
    # the others wait while rank 0 decodes the photographs, which may take hours
    dist.init_process_group(backend, timeout=timedelta(days=2))
    try:
        yield World(dist.get_rank(), size)
    finally:
        dist.destroy_process_group()


class _SumOverAll(torch.autograd.Function):
    """An all-reduce whose gradient is an all-reduce."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        values = values.clone()
        dist.all_reduce(values)
        return values

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        grad = grad.contiguous().clone()
        dist.all_reduce(grad)
        return grad


class SharedBatchNorm2d(nn.BatchNorm2d):
    """Batch-norm with the statistics of all processes' batches, which must be of one size.

    torch's own SyncBatchNorm refuses to run on CPUs.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H, W)."""
        if not self.training:
            return super().forward(x)
        size = dist.get_world_size()
        wide = x.float()
        own = torch.stack([wide.mean((0, 2, 3)), wide.square().mean((0, 2, 3))])
        total: Tensor = _SumOverAll.apply(own)  # type: ignore[no-untyped-call]
        mean, square = (total / size).unbind()
        variance = (square - mean.square()).clamp_min(0)
        with torch.no_grad():
            assert self.running_mean is not None and self.running_var is not None
            count = x.numel() // x.shape[1] * size
            self.running_mean.lerp_(mean, self.momentum or 0.1)
            self.running_var.lerp_(variance * (count / max(1, count - 1)), self.momentum or 0.1)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - mean * scale
        return torch.addcmul(shift.view(1, -1, 1, 1), wide, scale.view(1, -1, 1, 1)).to(x.dtype)


def share_batch_norms(module: nn.Module, world: World) -> None:
    """Make every batch-norm in ``module`` take its statistics over all processes."""
    if world.size > 1:
        for child in module.modules():
            if type(child) is nn.BatchNorm2d:
                child.__class__ = SharedBatchNorm2d  # same parameters, buffers and names

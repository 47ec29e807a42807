"""Steps at a GPU's own pace: nothing in a step waits for the CPU.

Photographs lie in the device's memory, random numbers are made there, losses are added up there and
read once in `EVERY` steps. After a few plain steps one step is recorded as a CUDA graph, which then
takes the place of some thousand launches; where recording fails, plain steps go on. A step of which
a loss is not finite moves no weight, and the run ends when the losses are read.
"""

import warnings

import torch
from torch import Tensor

from dgn_explorer.training.learning.chance import DeviceChance
from dgn_explorer.training.learning.optimisers import skip
from dgn_explorer.training.learning.trainer import Losses, Trainer, checked
from dgn_explorer.training.photographs.device_photos import DevicePhotos

EVERY = 50  # steps between two readings of the losses
_PLAIN = 3  # steps that torch needs before one can be recorded


class Pace:
    """Takes steps of ``trainer``, a lone process, over photographs on its device.

    ``graphs`` allows recording. The losses, rates and weights are those of `Trainer.step`, but for
    the random numbers, which are the device's; they too depend on seed and step alone.
    """

    def __init__(self, trainer: Trainer, photos: DevicePhotos, graphs: bool = True) -> None:
        self._trainer, self._photos = trainer, photos
        self._chance = DeviceChance()
        self._sums = torch.zeros(5, device=trainer.device)
        self._graphs: dict[bool, torch.cuda.CUDAGraph] = {}
        self._plain = {False: 0, True: 0}
        self._record = graphs and trainer.device.type == "cuda"

    def take(self, steps: int, progress: float) -> Losses:
        """Take ``steps`` at this share of the run; the means of their losses.

        Raises `DgnError` if one of them was not finite.
        """
        trainer = self._trainer
        adversarial = trainer.prepare(progress)
        for _ in range(steps):
            trainer.sow()
            self._one(adversarial)
            trainer.index += 1
        mean = self._sums / steps
        found = checked(mean, adversarial, trainer.index)
        self._sums.zero_()
        return found

    def _one(self, adversarial: bool) -> None:
        if adversarial in self._graphs:
            self._graphs[adversarial].replay()
            return
        if not self._record:
            self._update(adversarial)
            return
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            self._update(adversarial)
        torch.cuda.current_stream().wait_stream(side)
        self._plain[adversarial] += 1
        if self._plain[adversarial] == _PLAIN:
            self._graph(adversarial)

    def _graph(self, adversarial: bool) -> None:
        """Record a step without taking it."""
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                self._update(adversarial)
            self._graphs[adversarial] = graph
        except RuntimeError as error:  # an operator that waits or copies; plain steps do the same
            self._record = False
            warnings.warn(f"Steps are not recorded: {error}", stacklevel=2)

    def _update(self, adversarial: bool) -> None:
        t = self._trainer
        batch = self._photos.draw(t.settings.batch)
        t.adam.zero_grad(set_to_none=True)
        t.adam_d.zero_grad(set_to_none=True)
        sides = batch.sides if self._photos.some_soft else None
        losses = t.objective.backward(batch.pixels, sides, self._chance, adversarial, True)
        broken = ~losses.isfinite().all()
        resting = t.pausing.generator_rests | broken
        if adversarial:
            skip(t.adam_d, t.pausing.discriminator_rests | broken)
            t.adam_d.step()
        skip(t.adam, resting)
        t.adam.step()
        t.update_ema(self._share(resting))
        if adversarial:
            t.pausing.update(losses[3], losses[2])
        self._sums.add_(losses)

    def _share(self, resting: Tensor) -> Tensor:
        return self._trainer.ema_share * (~resting).float()

"""Judges: networks that look at finished 8-bit images and at photographs."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.networks.network import Network, resize
from dgn_explorer.networks.reading import ActivationReader, ReadPoint
from dgn_explorer.synthesis.step import from_uint8

BATCH = 16


@dataclass(frozen=True)
class Seen:
    """What a judge makes of N images: ``logits`` (N, classes), ``features`` (N, D) on the CPU.

    The features are those that its last layer, the classifier, gets.
    """

    logits: Tensor
    features: Tensor

    def right(self, classes: Tensor, top: int) -> float:
        """Share of images whose class (N,) is among the judge's first ``top``."""
        best = self.logits.topk(min(top, self.logits.shape[1])).indices
        return (best == classes[:, None]).any(1).float().mean().item()


class Judge:
    """A network at its native input size."""

    def __init__(self, network: Network) -> None:
        self.network = network
        info = network.info
        before = ReadPoint(info.feature_reader, 0, "input")
        points = [before, ReadPoint(info.output_layer, 0, "output")]
        self._read = ActivationReader(network.module, points)

    @torch.no_grad()
    def look(self, images: Iterable[Tensor]) -> Seen:
        """Judge batches (N, 3, H, W) in [0, 1]."""
        logits, features = [], []
        for batch in images:
            x = resize(batch.to(self.network.device), self.network.info.input_size)
            before, after = self._read(self.network.preprocessing(x))
            features.append(_pooled(before).cpu())
            logits.append(_pooled(after).cpu())
        return Seen(torch.cat(logits), torch.cat(features))

    def look_at_images(self, images: np.ndarray) -> Seen:
        """Judge images (N, H, W, 3) uint8."""
        device = self.network.device
        starts = range(0, len(images), BATCH)
        return self.look(from_uint8(images[i : i + BATCH], device) for i in starts)


def _pooled(x: Tensor) -> Tensor:
    return x.float().mean((2, 3)) if x.ndim == 4 else x.float()

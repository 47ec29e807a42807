"""`Trace`: the activations of an ascent, kept where they are computed."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class Trace:
    """Activations of N images, step by step, in one block on the ascent's device.

    Only what is asked for is copied, so that a preview of one image waits for little.

    >>> trace = Trace(steps=3, count=2, device=torch.device("cpu"))
    >>> trace.add(torch.tensor([1.0, 2.0]))
    >>> trace.add(torch.tensor([3.0, 4.0]))
    >>> trace.of(1).tolist()
    [2.0, 4.0]
    """

    def __init__(self, steps: int, count: int, device: torch.device) -> None:
        self._values = torch.zeros(count, steps, device=device)
        self._done = 0

    def add(self, activations: Tensor) -> None:
        """Append one step's ``activations`` (N,)."""
        self._values[:, self._done] = activations
        self._done += 1

    def take_up(self, rows: Sequence[np.ndarray]) -> None:
        """Begin with the values (done,) of each image that an earlier run had."""
        for row, values in enumerate(rows):
            self._values[row, : len(values)] = torch.from_numpy(values)
            self._done = len(values)

    def of(self, row: int, since: int = 0) -> np.ndarray:
        """The steps so far (done - since,) float32 of one image, without the first ``since``."""
        values: np.ndarray = self._values[row, since : self._done].cpu().numpy()
        return values.copy()

"""The highest activations that chains have reached, by which hidden units open the gate."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.methods.ppgn.condition import Read
from dgn_explorer.synthesis.targets import Caption, Maximise


class Heights:
    """The highest activation of every unit in every chain of a batch.

    Within a unit's first cycle nothing is known of it: every step would be the highest, and the
    gate would stand open while the image still shows nothing. So it counts from the end of that
    cycle on.
    """

    def __init__(self, device: torch.device, given: float) -> None:
        """``given`` above 0 is the height of all units, known from photographs say."""
        self._given = torch.tensor(given, device=device) if given > 0 else None
        self._none = torch.zeros((), device=device)
        self._highest: dict[tuple[int, UnitAddress], Tensor] = {}

    def add(self, targets: Sequence[Maximise | Caption], read: Read, settled: bool) -> None:
        """Take in a step's activations; ``settled`` at the end of a cycle."""
        for row, target in enumerate(targets):
            for k, unit in enumerate(target.units):
                known = self._highest.get((row, unit))
                if known is not None:
                    self._highest[row, unit] = torch.maximum(known, read.terms[k][row])
                elif settled:
                    self._highest[row, unit] = read.terms[k][row]

    def known(self, targets: Sequence[Maximise | Caption]) -> Tensor:
        """The heights (K, N) of the targets' units, 0 where nothing is known."""
        most = max(len(target.terms) for target in targets)
        if not most:  # captions have no units
            return self._none.new_zeros(0, len(targets))
        rows = [
            torch.stack([self._height(row, target, k) for row, target in enumerate(targets)])
            for k in range(most)
        ]
        return torch.stack(rows)

    def of(self, row: int) -> np.ndarray:
        """The heights (U,) float32 of one chain's units, in the order in which they were met."""
        known = [float(height) for (place, _), height in self._highest.items() if place == row]
        return np.array(known, np.float32)

    def take_up(self, row: int, targets: Sequence[Maximise | Caption], heights: np.ndarray) -> None:
        """Take up again what `of` gave after a chain's first samples, of ``targets``."""
        units = dict.fromkeys(unit for target in targets for unit in target.units)
        for unit, height in zip(units, heights.tolist(), strict=True):
            self._highest[row, unit] = torch.tensor(height, device=self._none.device)

    def _height(self, row: int, target: Maximise | Caption, k: int) -> Tensor:
        if k >= len(target.terms):
            return self._none
        if self._given is not None:
            return self._given
        return self._highest.get((row, target.units[k]), self._none)

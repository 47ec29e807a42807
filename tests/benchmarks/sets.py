"""What sets of images are compared by: how different they look to a judge, and what they cost."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from dgn_explorer.evaluation.distances import mean_pairwise
from dgn_explorer.evaluation.judge import Judge
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import make_together
from dgn_explorer.synthesis.methods.table import method_named
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise, Target

JUDGE = "lite2"  # used neither in training the built-in prior nor in an ascent


@dataclass(frozen=True)
class Ran:
    """Records of one run, its seconds, and those until there was something to keep.

    Seconds are the processor's on a CPU (other programs do not count) and the clock's on a GPU.
    """

    records: tuple[Record, ...]
    seconds: float
    until_first: float


class Field:
    """The built-in pair on one device, and a judge."""

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)
        self.network: Network = open_network("lite0", self.device)
        self.prior: Prior = open_prior("default", self.device)
        self._judge = Judge(open_network(JUDGE, self.device))

    def recipe(
        self, target: Target, method: str, parameters: Parameters | None = None, seed: int = 0
    ) -> Recipe:
        """A recipe for the built-in pair, in the arithmetic that is fastest here."""
        return Recipe(
            self.network.info.name,
            self.network.info.fingerprint,
            self.prior.info.name,
            self.prior.info.fingerprint,
            target,
            method,
            parameters or method_named(method).default,
            seed=seed,
            numeric=best_numeric(self.device),
        )

    def run(self, orders: Sequence[Recipe]) -> Ran:
        """Make ``orders`` together and take the time."""
        bench = Bench(self.network, self.prior, _none, lambda key: None, lambda: self.network)
        began, first = self._now(), None
        work = make_together(orders, bench)
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                total = self._now() - began
                return Ran(end.value, total, total if first is None else first)
            if first is None and progress.partial is not None:
                first = self._now() - began

    def seeds(self, unit: str, count: int = 8) -> Ran:
        """As many DGN-AM images of a unit, from seeds 0, 1, ..."""
        order = self.recipe(Maximise.of(self.network.info.resolve(unit)), "dgn-am")
        return self.run([replace(order, seed=seed) for seed in range(count)])

    def diversity(self, images: np.ndarray) -> float:
        """Mean cosine distance of the judge's pooled features over pairs of (N, H, W, 3) uint8."""
        return mean_pairwise(self._judge.look_at_images(images).features)

    def _now(self) -> float:
        if self.device.type == "cpu":
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()


def _none(sha256: str) -> bytes:
    raise KeyError(sha256)

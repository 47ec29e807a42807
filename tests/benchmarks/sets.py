"""What sets of images are compared by: how different they look to a judge, and what they cost."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dgn_explorer.evaluation.distances import mean_pairwise
from dgn_explorer.evaluation.judge import Judge, Seen
from dgn_explorer.export.grid import Cell, make_grid
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.info import FLOAT32
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import make_together
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.methods.table import method_named
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise, Target

PLAIN = DGN_AM.presets["plain"]  # an ascent of 250 steps, which sets are compared with
JUDGE = "lite2"  # used neither in training the built-in prior nor in an ascent


@dataclass(frozen=True)
class Ran:
    """Records of one run, its seconds, and those and the steps until there was something to keep.

    Seconds are the processor's on a CPU (other programs do not count) and the clock's on a GPU.
    """

    records: tuple[Record, ...]
    seconds: float
    until_first: float
    steps_until_first: int


class Field:
    """The built-in pair on one device, and a judge."""

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)
        self.network: Network = open_network("lite0", self.device)
        self.prior: Prior = open_prior("default", self.device)
        self.judge = Judge(open_network(JUDGE, self.device))
        self._own = Judge(self.network)

    def recipe(
        self,
        target: Target,
        method: str,
        parameters: Parameters | None = None,
        seed: int = 0,
        inputs: tuple[Input, ...] = (),
    ) -> Recipe:
        """A recipe for the built-in pair, in the arithmetic that is fastest here."""
        about = method_named(method)
        return Recipe(
            self.network.info.name,
            self.network.info.fingerprint,
            self.prior.info.name if about.with_prior else "",
            self.prior.info.fingerprint if about.with_prior else "",
            target,
            method,
            parameters or about.default,
            seed=seed,
            inputs=inputs,
            numeric=best_numeric(self.device) if about.with_prior else FLOAT32,
        )

    def run(self, orders: Sequence[Recipe]) -> Ran:
        """Make ``orders`` together and take the time."""
        began, first, steps = self.now(), None, 0
        work = make_together(orders, self.bench())
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                total = self.now() - began
                return Ran(end.value, total, total if first is None else first, steps)
            if first is None:
                steps = progress.done
                if progress.partial is not None:
                    first = self.now() - began

    def seeds(self, unit: str, count: int = 8) -> Ran:
        """As many DGN-AM images of a unit, from seeds 0, 1, ..."""
        order = self.recipe(Maximise.of(self.network.info.resolve(unit)), DGN_AM.name, PLAIN)
        return self.run([replace(order, seed=seed) for seed in range(count)])

    def diversity(self, images: np.ndarray) -> float:
        """Mean cosine distance of the judge's pooled features over pairs of (N, H, W, 3) uint8."""
        return mean_pairwise(self.judged(images).features)

    def judged(self, images: np.ndarray) -> Seen:
        """What the judge makes of (N, H, W, 3) uint8."""
        return self.judge.look_at_images(images)

    def own(self, images: np.ndarray) -> Seen:
        """What the network itself makes of (N, H, W, 3) uint8, at its native size."""
        return self._own.look_at_images(images)

    def step_seconds(self, orders: Sequence[Recipe]) -> float:
        """How long a step takes an image, when ``orders`` run together: without the first three."""
        began, begun = 0.0, 3
        with closing(make_together(orders, self.bench())) as work:
            for progress in work:
                if progress.done == begun:
                    began = self.now()
                if progress.done == progress.total:
                    break
        return (self.now() - began) / (progress.total - begun) / len(orders)

    def bench(self) -> Bench:
        """The pair as methods want it, without a store."""
        return Bench(self.network, self.prior, _none, lambda key: None, lambda: self.network)

    def now(self) -> float:
        """Seconds to take differences of, once the device has done everything."""
        if self.device.type == "cpu":
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()


def keep_row(path: Path, row: Mapping[str, object]) -> None:
    """Append ``row`` to a file of JSON lines, whose folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")


def keep_sheet(path: Path, rows: Sequence[np.ndarray], names: Sequence[str]) -> None:
    """Write a JPEG with a row for each of (N, S, S, 3) uint8, its name below the first image."""
    most = max(len(row) for row in rows)
    cells = [
        Cell(image, name if at == 0 else "")
        for row, name in zip(rows, names, strict=True)
        for at, image in enumerate([*row, *[np.full_like(row[0], 255)] * (most - len(row))])
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet = make_grid(cells, most, gap_px=2, scale=min(1.0, 1024 / most / rows[0].shape[1]))
    Image.fromarray(sheet).save(path, quality=85)


def _none(sha256: str) -> bytes:
    raise KeyError(sha256)

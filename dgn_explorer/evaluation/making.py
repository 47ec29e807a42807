"""The images of an evaluation: made in batches and kept in a store, so that it can go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import finish, make_together
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.verdict import activations_of_images

Report = Callable[[str, int, int], None]  # what, done, total


@dataclass(frozen=True)
class Maker:
    """Makes images with one network and one prior; finished ones are taken from ``store``."""

    network: Network
    prior: Prior | None
    store: Store
    batch: int
    progress: Report

    def images(self, what: str, recipes: Sequence[Recipe]) -> np.ndarray:
        """The images (N, S, S, 3) uint8 of ``recipes``; as `records`."""
        return np.stack([record.image for record in self.records(what, recipes)])

    def records(self, what: str, recipes: Sequence[Recipe]) -> list[Record]:
        """The records of ``recipes``, which share method and parameters.

        Raises `DgnError` if one cannot be made or stored.
        """
        kept: dict[str, Record | None] = {r.key: self._stored(r) for r in recipes}
        missing = [recipe for recipe in recipes if kept[recipe.key] is None]
        total = len(recipes)
        self.progress(what, total - len(missing), total)
        for i in range(0, len(missing), self.batch):
            part = missing[i : i + self.batch]
            for made in self._make(part):
                self.store.put(made)
                kept[made.key] = made
            self.progress(what, total - len(missing) + i + len(part), total)
        return [record for recipe in recipes if (record := kept[recipe.key]) is not None]

    def _make(self, recipes: Sequence[Recipe]) -> tuple[Record, ...]:
        prior = self.prior if recipes[0].about.with_prior else None
        bench = Bench(
            self.network,
            prior,
            self.store.inputs.get,
            self.store.code,
            lambda: self.network,
            self.store.sets,
        )
        records: tuple[Record, ...] = finish(make_together(recipes, bench))
        return records

    def _stored(self, recipe: Recipe) -> Record | None:
        try:
            record = self.store.get(recipe.key)
        except DgnError:  # a damaged file: it is made again
            return None
        return record if record is not None and record.state == DONE else None

    def reached(self, recipes: Sequence[Recipe], images: np.ndarray) -> torch.Tensor:
        """Activations (N,) of each recipe's target for its finished image."""
        values = []
        for i in range(0, len(recipes), self.batch):
            part = slice(i, i + self.batch)
            values.append(
                activations_of_images(self.network, self.prior, recipes[part], images[part])
            )
        return torch.cat(values).cpu()

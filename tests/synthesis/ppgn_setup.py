"""A tiny network and prior for chains: the prior inverts the network, as the prior term needs."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.methods.ppgn.about import PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.making import make
from dgn_explorer.synthesis.progress import Made
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import RANDOM, Start
from dgn_explorer.synthesis.targets import Maximise, Target
from tests.tiny import tiny_network, tiny_prior

ENCODED_PX = (
    8  # relu2 of the tiny network then has the 64 features that the prior's codes stand for
)


class Chains:
    """Runs chains of the tiny network."""

    def __init__(self, folder: Path) -> None:
        self.network: Network = tiny_network()
        prior = tiny_prior(folder)
        encoder = dataclasses.replace(
            prior.info.encoder,
            fingerprint=self.network.info.fingerprint,
            layer="conv2",
            input_size=ENCODED_PX,
        )
        info = dataclasses.replace(prior.info, encoder=encoder)
        self.prior: Prior = dataclasses.replace(prior, info=info)
        self.inputs: dict[str, bytes] = {}
        self.encoder: Callable[[], Network | None] = lambda: self.network

    def target(self, *units: str) -> Maximise:
        return Maximise.of(*(self.network.info.resolve(unit) for unit in units))

    def recipe(
        self,
        target: Target | str,
        seed: int = 0,
        start: Start = RANDOM,
        inputs: tuple[Input, ...] = (),
        numeric: str = "float32",
        **parameters: Any,
    ) -> Recipe:
        short = {"samples": 3, "warm": 6, "cycle": 4, **parameters}
        return Recipe(
            self.network.info.name,
            self.network.info.fingerprint,
            self.prior.info.name,
            self.prior.info.fingerprint,
            self.target(target) if isinstance(target, str) else target,
            method="ppgn",
            parameters=PpgnParameters(**short),
            seed=seed,
            start=start,
            inputs=inputs,
            numeric=numeric,
        )

    def bench(self) -> Bench:
        return Bench(
            self.network, self.prior, self.inputs.__getitem__, lambda key: None, self.encoder
        )

    def make(self, *recipes: Recipe) -> tuple[Made, ...]:
        made: tuple[Made, ...] = finish(make(self.bench(), recipes))
        return made

    def one(self, recipe: Recipe) -> Made:
        return self.make(recipe)[0]


def array(made: Made, name: str) -> np.ndarray:
    part = made.parts[name]
    assert isinstance(part, np.ndarray)
    return part

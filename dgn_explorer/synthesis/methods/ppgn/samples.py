"""What is kept of chains: their samples and three numbers a step, and nothing else of a step."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.ppgn.about import PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.chain import ChainStep, target_at
from dgn_explorer.synthesis.methods.ppgn.looking import Looker
from dgn_explorer.synthesis.progress import Made
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import to_uint8
from dgn_explorer.synthesis.trace import Trace
from dgn_explorer.synthesis.verdict import activations_of_images


class Samples:
    """The samples so far of the chains of ``recipes``."""

    def __init__(
        self, network: Network, prior: Prior, recipes: Sequence[Recipe], looker: Looker
    ) -> None:
        p = recipes[0].parameters
        assert isinstance(p, PpgnParameters)
        self._network, self._prior, self._recipes = network, prior, recipes
        self._looker = looker
        self._activation, self._p, self._distance = (
            Trace(p.steps, len(recipes), prior.device) for _ in range(3)
        )
        self._images: list[np.ndarray] = []  # (N, S, S, 3) uint8 each
        self._codes: list[np.ndarray] = []  # (N, K)
        self._reached: list[np.ndarray] = []  # (N,)
        self._context: list[np.ndarray] = []  # (N,)
        self._steps: list[int] = []
        self._with_distance = False

    @property
    def count(self) -> int:
        """How many samples each chain has."""
        return len(self._images)

    def add(self, step: ChainStep) -> None:
        """Take in a step, and its sample if it is one."""
        self._activation.add(step.seen.activation)
        self._p.add(step.seen.p)
        if step.seen.prior is not None:
            self._distance.add(step.seen.prior.abs().mean(1))
            self._with_distance = True
        if step.taken:
            self._take(step)

    def _take(self, step: ChainStep) -> None:
        drawn, context = self._looker.drawn(step.code)
        images = to_uint8(drawn)
        asked = [replace(recipe, target=target_at(recipe, step.number)) for recipe in self._recipes]
        reached = activations_of_images(self._network, self._prior, asked, images)
        self._images.append(images)
        self._codes.append(step.code.float().cpu().numpy())
        self._reached.append(reached.cpu().numpy())
        self._steps.append(step.index + 1)
        if context is not None:
            self._context.append(context.float().cpu().numpy())

    def trace(self, place: int) -> np.ndarray:
        """The activation in every step so far (steps,) of one chain."""
        return self._activation.of(place)

    def made(self, place: int) -> Made:
        """What one chain has come to: its samples and the steps up to now."""
        parts = {
            "images": np.stack([images[place] for images in self._images]),
            "codes": np.stack([codes[place] for codes in self._codes]),
            "activations": np.array([[row[place]] for row in self._reached], np.float32),
            "sample_steps": np.array(self._steps, np.int32),
            "p": self._p.of(place),
        }
        if self._with_distance:
            parts["distance"] = self._distance.of(place)
        if self._context:
            parts["context"] = np.array([row[place] for row in self._context], np.float32)
        return Made(parts, self.trace(place))
